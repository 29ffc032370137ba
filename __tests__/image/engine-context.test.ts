import * as path from 'node:path'
import { expect, test } from '@jest/globals'
import type { Docker } from '../../src/image/docker.ts'
import { engineOfContext } from '../../src/image/engine-context.ts'
import { failureOf } from '../make/failure.ts'

const place = { config: '/config', scratch: '/scratch' }

/** A client whose context has this name and host. */
async function hand(inspected: string | undefined, env: Record<string, string> = {}, failing?: string) {
  const commands: string[] = []
  const docker: Docker = (args) => {
    const command = args.join(' ')
    commands.push(command)
    if (command.includes('inspect') && inspected !== undefined) {
      return Promise.resolve({ exitCode: 0, stdout: `${inspected}\n`, stderr: '' })
    }
    const isFine = inspected !== undefined && (failing === undefined || !command.includes(failing))
    return Promise.resolve({ exitCode: isFine ? 0 : 1, stdout: '', stderr: 'permission denied' })
  }
  return { commands, added: await engineOfContext(docker, env, place) }
}

test.each<[string, string | undefined, Record<string, string>, Record<string, string>]>([
  ['the environment names the engine', 'x y', { DOCKER_HOST: 'tcp://e' }, {}],
  [
    'the environment asks for TLS, with keys in the default place',
    'x y',
    { DOCKER_HOST: 'tcp://e', DOCKER_TLS_VERIFY: '1', HOME: path.sep + 'home' },
    { DOCKER_CERT_PATH: path.join(path.sep, 'home', '.docker') },
  ],
  [
    'the same with a configuration elsewhere',
    'x y',
    { DOCKER_HOST: 'tcp://e', DOCKER_TLS: '1', HOME: '/home', DOCKER_CONFIG: '/etc/d' },
    { DOCKER_CERT_PATH: '/etc/d' },
  ],
  [
    'the environment has the keys elsewhere',
    'x y',
    { DOCKER_HOST: 'tcp://e', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/keys' },
    {},
  ],
  ['the default context', 'default unix:///run/d.sock', {}, { DOCKER_HOST: 'unix:///run/d.sock' }],
  ['no context', undefined, {}, {}],
])('%s', async (_, inspected, env, added) => {
  expect((await hand(inspected, env)).added).toEqual(added)
})

test('a context is handed over as a whole', async () => {
  const { commands, added } = await hand('remote tcp://engine:2376')
  expect(added).toEqual({ DOCKER_CONTEXT: 'remote' })
  const file = path.join('/scratch', 'context.tar')
  expect(commands.slice(1)).toEqual([
    `context export remote ${file}`,
    `--config /config context import remote ${file}`,
  ])
})

test.each(['export', 'import'])('one that cannot be handed over is an error (%s)', async (failing) => {
  const { code, observed } = await failureOf(() => hand('remote tcp://engine:2376', {}, failing))
  expect([code, observed]).toEqual(['ASTRO-IMAGE-NO-DOCKER', 'permission denied'])
})
