import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Docker, DockerResult } from '../../src/image/docker.ts'
import { ActionError } from '../../src/errors.ts'
import { openRegistry } from '../../src/image/push.ts'
import { makeClock } from '../make/clock.ts'
import { failureOf } from '../make/failure.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'push-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const fine: DockerResult = { exitCode: 0, stdout: '', stderr: '' }
const failed = (stderr: string): DockerResult => ({ exitCode: 1, stdout: '', stderr })

/** A registry whose sign-in gives these results, one after the other; the last one again and again. */
async function signIn(results: readonly DockerResult[]) {
  const calls: { args: readonly string[]; input: string | undefined }[] = []
  let next = 0
  const docker: Docker = (args, options) => {
    if (!args.includes('login')) return Promise.resolve(fine)
    calls.push({ args, input: options?.input })
    return Promise.resolve(results[Math.min(next++, results.length - 1)] ?? fine)
  }
  const deps = {
    docker,
    env: { DOCKER_HOST: 'unix:///x' },
    clock: makeClock(),
    log: { info: () => undefined },
    signal: new AbortController().signal,
    accessToken: () => Promise.resolve('the-token'),
  }
  await openRegistry(deps, folder, 'images.example/a/b').catch((error: unknown) => {
    if (error instanceof Error) Object.assign(error, { calls: calls.length })
    throw error
  })
  return calls
}

test('the token goes to standard input, in a configuration of its own that looks for no credential helper', async () => {
  const [call] = await signIn([fine])
  expect(call?.input).toBe('the-token')
  expect(call?.args.join(' ')).not.toContain('the-token')
  expect(call?.args.slice(0, 2)).toEqual(['--config', path.join(folder, 'docker')])
  expect(await readdir(path.join(folder, 'docker'))).toEqual(['config.json'])
  expect(JSON.parse(await readFile(path.join(folder, 'docker/config.json'), 'utf8'))).toEqual({
    auths: { 'images.example': {} },
  })
  if (process.platform !== 'win32') expect((await stat(path.join(folder, 'docker'))).mode & 0o77).toBe(0)
})

test('pain 29: what may pass is tried again', async () => {
  const calls = await signIn([
    failed('received unexpected HTTP status: 503 Service Unavailable'),
    failed('EOF'),
    fine,
  ])
  expect(calls).toHaveLength(3)
})

test.each([
  ['unauthorized: authentication required', 'ASTRO-REGISTRY-UNAUTHORIZED', 1],
  ['denied: requested access to the resource is denied', 'ASTRO-REGISTRY-FORBIDDEN', 1],
  ['unexpected status from PUT request: 403 Forbidden', 'ASTRO-REGISTRY-FORBIDDEN', 1],
  ['dial tcp: connection refused', 'ASTRO-REGISTRY-FAILED', 5],
  [
    'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'ASTRO-REGISTRY-FAILED',
    1,
  ],
  ['write /var/lib/docker/tmp/x: no space left on device', 'ASTRO-REGISTRY-FAILED', 1],
])('%s', async (stderr, code, tries) => {
  const error = await failureOf(() => signIn([failed(stderr)]))
  expect(error).toMatchObject({ code, calls: tries })
  expect(error.observed).toContain(stderr)
})

type Push = { readonly results: readonly DockerResult[]; readonly takesMs?: number }

/** A push that ends in these ways, one after the other; gives the docker commands and the tokens of the sign-ins. */
async function push({ results, takesMs = 0 }: Push) {
  const commands: string[] = []
  const clock = makeClock()
  let pushes = 0
  let tokens = 0
  const docker: Docker = async (args, options) => {
    const [command = ''] = args.slice(2)
    commands.push(command === 'login' ? `login ${options?.input ?? ''}` : command)
    if (command !== 'push') return fine
    await clock.sleep(takesMs)
    return results[Math.min(pushes++, results.length - 1)] ?? fine
  }
  const registry = await openRegistry(
    {
      docker,
      env: { DOCKER_HOST: 'unix:///x' },
      clock,
      log: { info: () => undefined },
      signal: new AbortController().signal,
      accessToken: () => Promise.resolve(`token-${++tokens}`),
    },
    folder,
    'images.example/a/b',
  )
  const ending = await registry.push('sha256:1', 'images.example/a/b', 'deploy-1').catch((error: unknown) => {
    if (error instanceof ActionError) return error.code
    throw error
  })
  return { ending, commands, clock }
}

const digest = `sha256:${'a'.repeat(64)}`
const pushed: DockerResult = { exitCode: 0, stdout: `deploy-1: digest: ${digest} size: 5`, stderr: '' }
const expired = failed('unauthorized: authentication required')

test('a token that expires during a push is replaced, once', async () => {
  const { ending, commands } = await push({ results: [expired, pushed] })
  expect(ending).toBe(digest)
  expect(commands).toEqual(['login token-1', 'tag', 'push', 'login token-2', 'push', 'image'])
})

test('a registry that does not take the new token either refuses', async () => {
  const { ending, commands } = await push({ results: [expired] })
  expect(ending).toBe('ASTRO-REGISTRY-UNAUTHORIZED')
  expect(commands.filter((command) => command === 'push')).toHaveLength(2)
})

test('pushes that take long to fail are not repeated for ever', async () => {
  const { ending, commands } = await push({ results: [failed('i/o timeout')], takesMs: 4 * 60_000 })
  expect(ending).toBe('ASTRO-REGISTRY-FAILED')
  expect(commands.filter((command) => command === 'push')).toHaveLength(3)
})
