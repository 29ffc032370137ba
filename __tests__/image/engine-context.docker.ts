import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { DockerResult } from '../../src/image/docker.ts'
import { createDocker } from '../../src/image/docker.ts'
import { createPrograms } from '../../src/program.ts'
import { engineOfContext } from '../../src/image/engine-context.ts'
import { makeFolder } from '../make/folder.ts'

const { DOCKER_HOST = '', PATH = '' } = JSON.parse(process.env.IMAGE_SUITE_PLAIN ?? '{}') as Record<
  string,
  string
>

/** A client whose configuration has a context for this endpoint in use, and one with ours, which got that context. */
async function handOver(folder: string, endpoint: string) {
  const env = { PATH, HOME: folder, DOCKER_CONFIG: join(folder, 'theirs') }
  const docker = createDocker(createPrograms(new AbortController().signal).run, env)
  for (const args of [
    ['context', 'create', 'remote', '--docker', endpoint],
    ['context', 'use', 'remote'],
  ]) {
    expect(await docker(args)).toMatchObject({ exitCode: 0 })
  }
  const config = join(folder, 'ours')
  const added = await engineOfContext(docker, env, { config, scratch: join(folder, 'scratch') })
  return (...args: string[]): Promise<DockerResult> => docker(['--config', config, ...args], { env: added })
}

const FOLDER = { 'theirs/': '', 'scratch/': '', 'ours/config.json': '{"auths":{}}' }

test('an engine that only a context names is reached with our configuration', async () => {
  const ours = await handOver(makeFolder(FOLDER), `host=${DOCKER_HOST}`)
  const { exitCode, stdout } = await ours('version', '--format', '{{.Server.Os}}')
  expect([exitCode, stdout.trim()]).toEqual([0, 'linux'])
})

test('the keys of a context for TLS come along', async () => {
  const folder = makeFolder(FOLDER)
  const names = ['ca.pem', 'cert.pem', 'key.pem']
  const [ca = '', cert = '', key = ''] = names.map((name) => join(folder, name))
  const subject = ['-subj', '/CN=engine', '-days', '2']
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, '-keyout', key, '-out', ca],
    {
      stdio: 'ignore',
    },
  )
  copyFileSync(ca, cert)
  const ours = await handOver(folder, `host=tcp://engine:2376,ca=${ca},cert=${cert},key=${key}`)
  const { stdout } = await ours('context', 'inspect')
  expect(JSON.parse(stdout)).toMatchObject([
    {
      Name: 'remote',
      Endpoints: { docker: { Host: 'tcp://engine:2376', SkipTLSVerify: false } },
      TLSMaterial: { docker: names },
    },
  ])
})
