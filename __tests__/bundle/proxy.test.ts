import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { useGround } from './ground.ts'

const HOST = 'astro.test'
const ground = useGround({ uploads: true })

const opened: Server[] = []
let folder = ''
let port = 0
let proxy = ''
/** Where the proxy was asked to connect to. */
const tunnels: string[] = []

/** Astro behind TLS under a name that only the proxy can reach. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'proxy-'))
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
  const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`]
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', cert],
    {
      stdio: 'ignore',
    },
  )
  const front = createTlsServer(
    { key: await readFile(key), cert: await readFile(cert) },
    (incoming, answer) => {
      const { method, url = '/' } = incoming
      // The local Astro names itself by the host that it was asked at, which must be one that the blob store answers to.
      const headers = { ...incoming.headers, host: new URL(ground.astro.origin).host }
      const inner = request(new URL(url, ground.astro.origin), { ...(method ? { method } : {}), headers })
      inner.on('response', (response) => {
        answer.writeHead(response.statusCode ?? 500, response.headers)
        response.pipe(answer)
      })
      inner.on('error', () => answer.destroy())
      incoming.pipe(inner)
    },
  )
  port = await listen(front)

  const tunnel = createServer()
  tunnel.on('connect', ({ url }, client) => {
    tunnels.push(url ?? '')
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      client.pipe(target).pipe(client)
    })
    target.on('error', () => client.destroy())
    client.on('error', () => target.destroy())
  })
  proxy = `http://127.0.0.1:${await listen(tunnel)}`
})

afterAll(async () => {
  for (const server of opened) {
    server.closeAllConnections()
    server.close()
  }
  await rm(folder, { recursive: true, force: true })
})

async function listen(server: Server): Promise<number> {
  opened.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const through = (env: Record<string, string>) => {
  tunnels.length = 0
  return ground.deploy(
    { domain: `https://${HOST}:${port}` },
    { env: { NODE_EXTRA_CA_CERTS: path.join(folder, 'cert.pem'), ...env } },
  )
}

describe('a runner behind a proxy', () => {
  test.each(['https_proxy', 'HTTPS_PROXY'])('%s carries every request to Astro', async (name) => {
    const { exitCode, outputs, errors } = await through({ [name]: proxy })
    expect(errors).toEqual([])
    expect(exitCode).toBe(0)
    expect(new Set(tunnels)).toEqual(new Set([`${HOST}:${port}`]))
    expect(ground.astro.deployments.get(ground.astro.deploymentId).dagTarballVersion).toBe(
      outputs['dag-version'],
    )
  })

  test('the blob store on loopback is reached directly', async () => {
    await through({ https_proxy: proxy, http_proxy: 'http://127.0.0.1:9' })
    expect(ground.steps()).toContain('upload')
  })

  test.each(['no_proxy', 'NO_PROXY'])('%s excepts a host, which then cannot be found', async (name) => {
    const result = await through({ https_proxy: proxy, [name]: HOST })
    expect(tunnels).toEqual([])
    ground.expectRefused(result, 'ASTRO-AUTH-UNREACHABLE', HOST)
  })

  test('a proxy that is not there is told', async () => {
    const result = await through({ https_proxy: 'http://127.0.0.1:9' })
    ground.expectRefused(result, 'ASTRO-AUTH-UNREACHABLE', 'ECONNREFUSED')
  })
})
