import { expect, test } from '@jest/globals'
import { falseAftermath } from '../flow/aftermath.ts'
import type { LocalAstro, RolloutScript } from '../local-astro/start.ts'
import { codeOf } from './rules.ts'
import type { Played, Scene } from './side-by-side.ts'
import { HEARD_WITHIN_MS, playSideBySide } from './side-by-side.ts'

/** A deploy with `rollback-on-failure` whose rollouts go like this. */
function scene(
  scripts: readonly RolloutScript[],
  more: Omit<Scene, 'inputs'> & { inputs?: object } = {},
): Scene {
  return {
    astro: { rolloutMs: 400 },
    ...more,
    inputs: { 'rollback-on-failure': 'true', 'wait-time': '6s', ...more.inputs },
    arrange(astro) {
      astro.deployments.script(astro.deploymentId, ...scripts)
      more.arrange?.(astro)
    },
  }
}

const patchPrevious =
  (fields: object) =>
  ({ deployments, deploymentId }: LocalAstro): void => {
    const [first] = deployments.deploys(deploymentId)
    deployments.patchDeploy(deploymentId, first?.id ?? '', fields)
  }

/** Long enough that DEPLOYING is seen. */
const BACK: RolloutScript = { outcome: 'live', ms: 1_600 }
const FAILED: RolloutScript = { outcome: 'failed', statusReason: 'No scheduler' }
const OLD = { createdAt: '2020-01-01T00:00:00.000Z' }

const SCENES: Readonly<Record<string, Scene>> = {
  fails: scene([FAILED, BACK]),
  'fails, with new variables': scene([FAILED, BACK], {
    inputs: { 'environment-variables': 'DB_HOST=other' },
  }),
  'is stuck': scene([{ outcome: 'stuck' }]),
  'fails, and the answer to the rollback is lost': scene([FAILED, BACK], {
    arrange: ({ faults }) => faults.add({ fault: 'resetAfterEffect', step: 'rollback' }),
  }),
  'fails as its rollback does': scene([FAILED, { outcome: 'failed', statusReason: 'Nor this' }]),
  'fails as its rollback is stuck': scene([FAILED, { outcome: 'stuck' }]),
  'fails, and the rollback is refused': scene([FAILED], {
    arrange: ({ faults }) => faults.add({ fault: 'status', status: 403, step: 'rollback' }),
  }),
  'fails, and nobody knows of the rollback': scene([FAILED], {
    arrange: ({ faults }) => faults.add({ fault: 'reset', step: 'rollback' }),
  }),
  'fails, the first of all': scene([FAILED], { arrange: patchPrevious({ status: 'FAILED' }) }),
  'fails, the one before is too old for Astro': scene([FAILED], { arrange: patchPrevious(OLD) }),
  'is stuck, the one before is too old': scene([{ outcome: 'stuck' }], { arrange: patchPrevious(OLD) }),
  'is superseded': scene([{ outcome: 'superseded' }], { astro: { rolloutMs: 1_000 } }),
  'falls asleep': scene([{ outcome: 'hibernating' }], { astro: { rolloutMs: 1_000 } }),
  'was never taken': scene([], {
    arrange: ({ faults }) => faults.add({ fault: 'status', status: 400, step: 'finalize' }),
  }),
  'is one of which nothing is seen': scene([BACK], {
    arrange: ({ faults }) => faults.add({ fault: 'status', status: 403, step: 'get-deploy' }),
  }),
  'fails without `rollback-on-failure`': scene([FAILED], { inputs: { 'rollback-on-failure': 'false' } }),
  ...(process.platform === 'win32'
    ? {}
    : {
        'is cancelled': scene([{ outcome: 'stuck' }], {
          inputs: { 'wait-time': '10m' },
          cancel: {
            signal: 'SIGINT',
            when: ({ requests }) => requests.some(({ step }) => step === 'get-deploy'),
          },
        }),
        'fails, cancelled while it is rolled back': scene([FAILED], {
          arrange: ({ faults }) => faults.add({ fault: 'hangAfterEffect', step: 'rollback' }),
          cancel: {
            signal: 'SIGTERM',
            when: ({ requests }) => requests.some(({ step }) => step === 'rollback'),
          },
        }),
      }),
}
const play = playSideBySide(SCENES)

const asked = ({ astro }: Played): number => astro.requests.filter(({ step }) => step === 'rollback').length

/** One error, with this code, these words, and a last sentence that is true. */
function expectError({ astro, result, before }: Played, code: string, words: readonly string[]): void {
  const [message = ''] = result.errors
  expect([result.exitCode, codeOf(message)]).toEqual([1, code])
  for (const word of words) expect(message).toContain(word)
  expect(falseAftermath(message, astro, astro.deploymentId, before)).toBeUndefined() // prettier-ignore
}

test.each<[string, string, ...string[]]>([
  ['fails', 'ASTRO-ROLLOUT-FAILED', 'No scheduler'],
  ['is stuck', 'ASTRO-ROLLOUT-TIMEOUT', 'within 6 s'],
  ['fails, and the answer to the rollback is lost', 'ASTRO-ROLLOUT-FAILED', 'No scheduler'],
])('a rollout that %s is rolled back, once, and the step fails', async (name, code, ...words) => {
  const played = await play(name)
  const { astro, result } = played
  expectError(played, code, ['The Deployment was rolled back: it runs the code of the deploy', ...words])
  const [first, failed, made, ...more] = astro.deployments.deploys(astro.deploymentId)
  expect([asked(played), more]).toEqual([1, []])
  expect(made).toMatchObject({ status: 'DEPLOYED', rollbackFromId: first?.id })
  expect(made?.description).toBe(`Rollback from ${failed?.id} (${code})`)
  expect(astro.deployments.get(astro.deploymentId)).toMatchObject({
    status: 'HEALTHY',
    dagTarballVersion: first?.dagTarballVersion,
    desiredDagTarballVersion: first?.dagTarballVersion,
  })
  expect(result.outputs).toMatchObject({ 'rolled-back': 'true', 'deploy-id': failed?.id })
  expect(result.summary).toContain(`as <code>${made?.id}</code>`)
}, 60_000) // prettier-ignore

test('new environment variables stay when the code is rolled back, and the message says so', async () => {
  const { astro, result } = await play('fails, with new variables')
  expect(result.errors[0]).toContain(
    'The new environment variables are written and stay. The Deployment was rolled back: it runs the code of the deploy',
  )
  expect(astro.deployments.variables(astro.deploymentId)).toMatchObject({ DB_HOST: 'other' })
  expect(result.outputs['rolled-back']).toBe('true')
}, 60_000)

const DID_NOT_WORK = 'The rollback that `rollback-on-failure` asks for did not work:'

test.each<[string, number, string, ...string[]]>([
  ['fails as its rollback does', 1, 'ASTRO-ROLLOUT-FAILED', DID_NOT_WORK, 'Nor this', 'its code does not go live'],
  ['fails as its rollback is stuck', 1, 'ASTRO-ROLLOUT-FAILED', DID_NOT_WORK, 'within 6 s', 'Astro has taken the rollback'],
  ['fails, and the rollback is refused', 1, 'ASTRO-ROLLOUT-FAILED', DID_NOT_WORK, 'HTTP 403', 'Astro could not roll out'],
  ['fails, and nobody knows of the rollback', 1, 'ASTRO-ROLLOUT-FAILED', DID_NOT_WORK, 'It is not known whether Astro took the rollback'],
  ['fails, the first of all', 0, 'ASTRO-ROLLOUT-FAILED', DID_NOT_WORK, 'this one was the first'],
  ['fails, the one before is too old for Astro', 1, 'ASTRO-ROLLOUT-FAILED', DID_NOT_WORK, 'older than 90 days'],
  ['is stuck, the one before is too old', 0, 'ASTRO-ROLLOUT-TIMEOUT', DID_NOT_WORK, 'days old'],
])('a rollout that %s: both is told', async (name, requests, code, ...words) => {
  const played = await play(name)
  expectError(played, code, words)
  expect(asked(played)).toBe(requests)
  expect(played.result.outputs['rolled-back']).toBe('false')
}, 60_000) // prettier-ignore

test.each<[string, string]>([
  ['is superseded', 'ASTRO-ROLLOUT-SUPERSEDED'],
  ['falls asleep', 'ASTRO-ROLLOUT-HIBERNATING'],
  ['was never taken', 'ASTRO-API-REFUSED'],
  ['is one of which nothing is seen', 'ASTRO-API-FORBIDDEN'],
  ['fails without `rollback-on-failure`', 'ASTRO-ROLLOUT-FAILED'],
  ...(process.platform === 'win32' ? [] : [['is cancelled', 'ASTRO-CANCELLED'] as [string, string]]),
])('a rollout that %s is not rolled back', async (name, code) => {
  const played = await play(name)
  expectError(played, code, [])
  expect(asked(played)).toBe(0)
  expect(played.result.errors[0]).not.toContain(DID_NOT_WORK)
}, 60_000) // prettier-ignore

if (process.platform !== 'win32') {
  test('cancelled while it is rolled back, it says what is not known', async () => {
    const played = await play('fails, cancelled while it is rolled back')
    expectError(played, 'ASTRO-ROLLOUT-FAILED', [
      DID_NOT_WORK,
      'The run was cancelled.',
      'It is not known whether Astro took the rollback',
    ])
    expect(asked(played)).toBe(1)
    expect(played.endingMs).toBeLessThan(HEARD_WITHIN_MS)
  }, 60_000)
}
