import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { exec } from '@actions/exec'

export type Certificates = {
  /** The file with the certificate of the authority. */
  readonly authority: string
  /** For a TLS server of that name, signed by the authority. */
  readonly server: { readonly key: Buffer; readonly cert: Buffer }
  readonly remove: () => void
}

/** A certificate for some names, issued by an authority of a company that nobody else trusts. */
export async function makeCertificates(
  names: readonly string[],
  authorityName = 'Corp Root CA',
): Promise<Certificates> {
  const folder = mkdtempSync(path.join(tmpdir(), 'certificates-'))
  const openssl = (...args: string[]): Promise<number> => exec('openssl', args, { cwd: folder, silent: true })
  const fresh = ['-newkey', 'rsa:2048', '-nodes', '-days', '2']
  const subjects = names.map((name) => `${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`).join(',')
  await openssl(
    'req',
    '-x509',
    ...fresh,
    '-subj',
    `/CN=${authorityName}/O=Corp`,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  )
  await openssl(
    ...['req', '-x509', ...fresh, '-subj', `/CN=${names[0] ?? ''}`, '-addext', `subjectAltName=${subjects}`],
    ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-keyout', 'key.pem', '-out', 'cert.pem'],
  )
  return {
    authority: path.join(folder, 'ca.pem'),
    server: {
      key: readFileSync(path.join(folder, 'key.pem')),
      cert: readFileSync(path.join(folder, 'cert.pem')),
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
