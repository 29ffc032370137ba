import { describe, expect, test } from '@jest/globals'
import type { FaultRule, LocalAstro, Step } from '../local-astro/start.ts'
import { useGround } from './ground.ts'
import { codeOf } from './rules.ts'
import { decodeCommand } from './run-step.ts'
import type { Scene } from './side-by-side.ts'
import { playSideBySide } from './side-by-side.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** What the runner was told to mask, in order. */
function masks(stdout: string): string[] {
  return [...stdout.matchAll(/^::add-mask::(.*)$/gm)].map(([, value]) => decodeCommand(value ?? ''))
}

const [CTRL_C, TERMINATE] = ['SIGINT', 'SIGTERM'] as const
const until = (step: Step, signal: NodeJS.Signals): Scene => ({
  arrange: ({ faults }) => void faults.add({ fault: 'hang', step }),
  cancel: { signal, when: ({ requests }) => requests.some((request) => request.step === step) },
})
/** A step that fails at this request while step debug is on. */
const failing = (rule: FaultRule): Scene => ({
  env: { RUNNER_DEBUG: '1' },
  arrange: ({ faults }) => void faults.add(rule),
})

const failures: Record<string, Scene> = {
  'a failure to sign in': failing({ fault: 'status', status: 401, step: 'token' }),
  'a page in place of a sign-in': failing({ fault: 'html', status: 200, step: 'token' }),
  'a failure to find the Deployment': failing({ fault: 'status', status: 404, step: 'deployment' }),
  'a failure to create': failing({ fault: 'status', status: 500, step: 'create-deploy' }),
  'a failure to upload': failing({ fault: 'status', status: 403, step: 'upload' }),
  'an upload without an answer': failing({ fault: 'resetAfterEffect', step: 'upload' }),
  'a failure to finalize': failing({ fault: 'status', status: 403, step: 'finalize' }),
}
/** On Windows a process that is cancelled is ended, and tells nothing. */
const cancelled: Record<string, Scene> =
  process.platform === 'win32'
    ? {}
    : {
        'the login service is asked': until('auth-config', CTRL_C),
        'the token is used': until('organizations', TERMINATE),
        'the upload begins': until('upload', CTRL_C),
      }
const play = playSideBySide<string>({
  ...cancelled,
  ...failures,
  'a success': { env: { RUNNER_DEBUG: '1' } },
})

const signatures = ({ secrets }: LocalAstro): string[] => [...secrets].filter((text) => text.endsWith('='))
/** The tokens that were exchanged for the key: those that name it. */
const exchanged = ({ secrets, keyId }: LocalAstro): string[] =>
  [...secrets].filter((text) => {
    const claims = Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()
    return claims.includes(`${keyId}@clients`)
  })

if (process.platform !== 'win32') {
  test.each<[string, (astro: LocalAstro) => string[]]>([
    ['the login service is asked', ({ keyId, keySecret }) => [keyId, keySecret]],
    ['the token is used', exchanged],
    ['the upload begins', signatures],
  ])(
    'a secret is masked before %s',
    async (name, secretsOf) => {
      const { astro, result } = await play(name)
      const secrets = secretsOf(astro)
      expect(secrets).not.toEqual([])
      const masked = masks(result.stdout)
      for (const secret of secrets) {
        expect(masked).toEqual(expect.arrayContaining([secret, base64(secret), encodeURIComponent(secret)]))
      }
    },
    60_000,
  )
}

test('masks come before every line that could hold what they hide', async () => {
  const { astro, result } = await play('a success')
  const lines = result.stdout.split('\n')
  const [token = ''] = exchanged(astro)
  const [signature = ''] = signatures(astro)
  const at = (start: string): number => lines.findIndex((line) => line.startsWith(start))
  const order = [
    at(`::add-mask::${astro.keyId}`),
    at(`::add-mask::${astro.keySecret}`),
    at('::group::Sign in'),
    at(`::add-mask::${token}`),
    at('::group::Find'),
    at(`::add-mask::${signature}`),
    at('Created the deploy'),
  ]
  expect(order).toEqual(order.toSorted((a, b) => a - b))
  expect(order).not.toContain(-1)
  expect(order[0]).toBe(0)
  expect(lines.slice(0, order[2]).every((line) => line.startsWith('::add-mask::'))).toBe(true)
})

test.each([
  ['a failure to sign in', 'ASTRO-AUTH-KEY-REJECTED'],
  ['a page in place of a sign-in', 'ASTRO-AUTH-EXCHANGE'],
  ['a failure to find the Deployment', 'ASTRO-API-NOT-FOUND'],
  ['a failure to create', 'ASTRO-API-UNAVAILABLE'],
  ['a failure to upload', 'ASTRO-UPLOAD-REFUSED'],
  ['an upload without an answer', 'ASTRO-UPLOAD-UNREACHABLE'],
  ['a failure to finalize', 'ASTRO-API-FORBIDDEN'],
])('step debug shows a stack and no secret after %s', async (name, code) => {
  const { result } = await play(name)
  expect(codeOf(result.errors[0] ?? '')).toBe(code)
  expect(result.stdout).toMatch(/^::debug::ActionError: .*%0A {4}at /m)
})

describe('what Astro says', () => {
  const ground = useGround()
  const say = (step: Step, message: string): void =>
    void ground.astro.faults.add({
      fault: 'status',
      status: 400,
      step,
      body: { message, requestId: message },
    })

  test('is redacted, however it repeats a token', async () => {
    const { deployment: token } = ground.astro.tokens
    say('create-deploy', `Not with ${token} or ${Buffer.from(token).toString('base64url')}!`)
    const result = await ground.run({ inputs: { 'api-token': token }, env: { RUNNER_DEBUG: '1' } })
    expect(result.errors[0]).toContain('"Not with *** or ***!"')
    expect(result.summary).toContain('Not with &#42;&#42;&#42; or')
  })

  test('is no command to the runner', async () => {
    say('create-deploy', 'x\n::set-output name=a::b\n::add-mask::the\r\n##[error]y')
    const result = await ground.deploy()
    expect(result.stdout).not.toMatch(/^(?:::set-output|::add-mask::the|##\[)/m)
    expect(result.errors[0]).toContain('set-output')
  })
})

describe('a secret that is not used', () => {
  const ground = useGround()

  test('is masked all the same', async () => {
    const unused = { ASTRO_API_TOKEN: 'some-token-of-somebody', ASTRONOMER_KEY_SECRET: 'some-key-secret' }
    const secrets = Object.values(unused)
    const result = await ground.deploy({ 'dry-run': 'true' }, { env: unused, secrets })
    expect(result.exitCode).toBe(0)
    expect(masks(result.stdout)).toEqual(expect.arrayContaining(secrets))
  })

  test('of several lines is masked by its lines', async () => {
    const secret = 'first line of it\r\nsecond line of it\n}'
    const result = await ground.deploy({ 'key-secret': secret }, { secrets: [secret] })
    expect(masks(result.stdout)).toEqual(
      expect.arrayContaining(['first line of it', 'second line of it', base64('second line of it')]),
    )
    expect(masks(result.stdout)).not.toContain('}')
  })
})
