import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { BuildRequest } from '../../src/image/build.ts'
import { buildImage } from '../../src/image/build.ts'
import { findBuilder, requireEngine } from '../../src/image/builder.ts'
import type { Docker, DockerResult } from '../../src/image/docker.ts'
import { inspectImage } from '../../src/image/inspect.ts'
import { readDockerIgnore } from '../../src/project/docker-ignore.ts'
import { failureOf } from '../make/failure.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'build-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const result = (exitCode: number, stdout = '', stderr = ''): DockerResult => ({ exitCode, stdout, stderr })

/** What the client of a build gets: its words, its own additions to the environment, and what was hidden. */
async function build(
  given: Partial<Pick<BuildRequest, 'args' | 'secrets' | 'dockerIgnore' | 'dagsPath'>>,
  {
    env = {},
    project = 'project',
    said,
  }: { env?: Record<string, string>; project?: string; said?: string } = {},
) {
  const [folder, scratch] = [path.join(root, project), path.join(root, 'scratch')]
  await Promise.all([mkdir(folder, { recursive: true }), mkdir(scratch, { recursive: true })])
  await writeFile(path.join(folder, 'Dockerfile'), 'FROM scratch\n')
  await writeFile(path.join(folder, 'secret.txt'), 'from-a-file')
  let args: readonly string[] = []
  let added: Readonly<Record<string, string>> = {}
  const hidden: string[] = []
  const docker: Docker = (words, options) => {
    args = words
    added = options?.env ?? {}
    if (said !== undefined) options?.onLine?.(said)
    return Promise.resolve(result(said === undefined ? 0 : 1))
  }
  await buildImage(
    { docker, env, log: { info: () => undefined }, hide: (value) => hidden.push(value) },
    {
      builder: 'buildx',
      folder,
      scratch,
      tag: 'x:latest',
      dagsPath: 'dags',
      dagsInImage: false,
      dockerIgnore: undefined,
      args: [],
      secrets: [],
      labels: {},
      ...given,
    },
  )
  const after = (flag: string): string[] => args.filter((_, index) => args[index - 1] === flag)
  return {
    args: after('--build-arg'),
    secrets: after('--secret'),
    client: { ...env, ...added },
    hidden,
    folder,
    ignore: await readFile(path.join(scratch, 'Dockerfile.dockerignore'), 'utf8'),
  }
}

describe('build arguments', () => {
  test('travel in the environment, also in place of another value of the step', async () => {
    const { args, client } = await build(
      {
        args: [
          { name: 'PIP_TOKEN', value: 's3cr3t' },
          { name: 'A', value: '1' },
          { name: 'B', value: undefined },
        ],
      },
      { env: { PIP_TOKEN: 'OLD', B: '2' } },
    )
    expect(args).toEqual(['PIP_TOKEN', 'A', 'B'])
    expect(client).toMatchObject({ PIP_TOKEN: 's3cr3t', A: '1', B: '2' })
  })

  test.each([
    'PATH',
    'HOME',
    'DOCKER_HOST',
    'BUILDX_BUILDER',
    'NO_PROXY',
    'HTTPS_PROXY',
    'https_proxy',
    'SSL_CERT_FILE',
    'GODEBUG',
    'LD_PRELOAD',
    'XDG_RUNTIME_DIR',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
  ])('%s reaches the build and does not steer the client', async (name) => {
    const { args, client } = await build({ args: [{ name, value: 'x' }] }, { env: { [name]: 'of the step' } })
    expect(args).toEqual([`${name}=x`])
    expect(client[name]).toBe('of the step')
  })

  test('of the value that the step has anyway need no command line', async () => {
    const { args, client } = await build(
      {
        args: [
          { name: 'HTTPS_PROXY', value: 'http://u:p@x' },
          { name: 'NO_PROXY', value: undefined },
        ],
      },
      { env: { HTTPS_PROXY: 'http://u:p@x', NO_PROXY: 'y' } },
    )
    expect(args).toEqual(['HTTPS_PROXY', 'NO_PROXY'])
    expect(client).toMatchObject({ HTTPS_PROXY: 'http://u:p@x', NO_PROXY: 'y' })
  })

  test('do not take the place of a secret of that name', async () => {
    const { args, secrets, client, hidden } = await build(
      { args: [{ name: 'TOKEN', value: 'public' }], secrets: [{ id: 'pip', env: 'TOKEN' }] },
      { env: { TOKEN: 'hunter2' } },
    )
    const [, variable = ''] = /^id=pip,env=(\w+)$/.exec(secrets[0] ?? '') ?? []
    expect([args, client[variable], hidden]).toEqual([['TOKEN'], 'hunter2', ['hunter2']])
    expect(client.TOKEN).toBe('public')
  })
})

describe('build secrets', () => {
  test('of a file whose path has a comma is one field', async () => {
    const { secrets, folder } = await build(
      { secrets: [{ id: 'a', file: 'secret.txt' }] },
      { project: 'a, b' },
    )
    expect(secrets).toEqual([`id=a,"src=${path.join(folder, 'secret.txt')}"`])
  })

  test.each([
    [{ id: 'a', env: 'NOT_GIVEN' }, 'no variable NOT_GIVEN'],
    [{ id: 'a', file: 'nowhere.txt' }, 'nowhere.txt'],
    [{ id: 'a', file: '.' }, 'it is not a file'],
  ])('that are not there are an error: %j', async (secret, words) => {
    const { code, problem, observed } = await failureOf(() => build({ secrets: [secret] }))
    expect([code, problem]).toEqual(['ASTRO-IMAGE-BUILD-SECRET', 'The build secret a is not there.'])
    expect(observed).toContain(words)
  })

  test('certificates are public: of a file of them, only what else it holds is hidden', async () => {
    const line = 'MIIDdTCCAl2gAwIBAgILBAAAAAABFUtaw5QwDQYJKoZIhvcNAQEFBQAwVzELMAkGA1UEBhMC'
    const certificate = `-----BEGIN CERTIFICATE-----\n${line}\n${line}=\n-----END CERTIFICATE-----\n`
    const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END PRIVATE KEY-----\n'
    const env = {
      BUNDLE: `# Issuer: CN=Root\n${certificate}\n====\n${certificate}`,
      PAIR: certificate + key,
      NOTE: '# a comment\nhunter2',
    }
    const secrets = Object.keys(env).map((name) => ({ id: name, env: name }))
    const { hidden } = await build({ secrets }, { env })
    expect(hidden.map((value) => value.trim())).toEqual(['', key.trim(), env.NOTE])
  })
})

test('credentials that other actions left in the project stay out of the build, whatever the project says', async () => {
  const { ignore } = await build({ dockerIgnore: '*\n!gha-creds-*\n' }, {})
  const isLeftOut = readDockerIgnore(ignore)
  expect(isLeftOut('gha-creds-0123456789abcdef.json')).toBe(true)
  expect(isLeftOut('include/gha-kubeconfig-0123456789abcdef')).toBe(true)
})

test('a build on another processor without emulation is explained', async () => {
  const { code, likelyCause } = await failureOf(() =>
    build({}, { said: '#7 0.213 exec /bin/sh: exec format error' }),
  )
  expect(code).toBe('ASTRO-IMAGE-BUILD')
  expect(likelyCause).toContain('linux/amd64')
})

describe('the way to build', () => {
  const client = (version: string, hasBuildx: boolean, isUp = true): Docker => {
    return ([command]) =>
      Promise.resolve(
        command === 'version'
          ? result(isUp ? 0 : 1, `${version} 29.0.1\n`, 'Cannot connect to the Docker daemon')
          : result(hasBuildx ? 0 : 1, '', "docker: 'buildx' is not a docker command."),
      )
  }

  test.each([
    ['29.0.1', true, 'buildx'],
    ['20.10.24+dfsg1', true, 'buildx'],
    ['20.10.24+dfsg1', false, 'buildkit'],
  ] as const)('client %s, buildx %s: %s', async (version, hasBuildx, builder) => {
    expect(await findBuilder(client(version, hasBuildx))).toBe(builder)
  })

  test('a client that has lost it is told of the plugin and of `image-name`, which needs none', async () => {
    const docker = client('29.0.1', false)
    const { code, observed, fix } = await failureOf(() => findBuilder(docker))
    expect([code, observed]).toEqual(['ASTRO-IMAGE-NO-BUILDKIT', expect.stringContaining('29.0.1')])
    expect(fix).toContain('`image-name`')
    expect(await requireEngine(docker)).toBe('29.0.1')
  })

  test('an engine that does not answer is none', async () => {
    for (const look of [findBuilder, requireEngine]) {
      const { code, observed } = await failureOf(() => look(client('29.0.1', true, false)))
      expect([code, observed]).toEqual(['ASTRO-IMAGE-NO-DOCKER', 'Cannot connect to the Docker daemon'])
    }
  })
})

test.each([
  ['linux', 'arm64'],
  ['windows', 'amd64'],
])('an image for %s/%s is refused', async (Os, Architecture) => {
  const docker: Docker = () =>
    Promise.resolve(result(0, JSON.stringify({ Id: 'sha256:1', Os, Architecture })))
  const { code, observed, fix } = await failureOf(() => inspectImage(docker, 'etl'))
  expect(code).toBe('ASTRO-IMAGE-PLATFORM')
  expect(observed).toContain(`${Os}/${Architecture}`)
  expect(fix).toContain('--platform linux/amd64')
})
