import { describe, expect, test } from '@jest/globals'
import type { Deployment } from '../../src/astro/types.ts'
import type { Observation } from '../../src/deploy/rollout.ts'
import { judgeRollout, NOTHING_SEEN, remember, waitUntilLive } from '../../src/deploy/rollout.ts'
import { pollInterval } from '../../src/deploy/watch.ts'
import { ActionError } from '../../src/errors.ts'
import { makeClock } from '../make/clock.ts'
import { makeDeploy, makeDeployment } from '../make/deployment.ts'
import { failureOf } from '../make/failure.ts'

const OURS = { dagVersion: 'ours', former: { desiredDagVersion: 'former' } }

function seen(
  desired: string | undefined,
  current: string | undefined,
  status: Deployment['status'] = 'HEALTHY',
  deploy: Observation['deploy']['status'] = 'DEPLOYED',
): Observation {
  return {
    deploy: { status: deploy },
    deployment: {
      status,
      statusReason: 'because',
      imageTag: 'former-tag',
      astroRuntimeVersion: '3.1-1',
      ...(desired === undefined ? {} : { desiredDagTarballVersion: desired }),
      ...(current === undefined ? {} : { dagTarballVersion: current }),
    },
  }
}

describe('one look', () => {
  test.each<[string, Observation, boolean, string]>([
    ['our version, healthy', seen('ours', 'ours'), true, 'live'],
    ['our version at the first look', seen('ours', 'ours'), false, 'live'],
    ['HEALTHY right after the finalize is the old code', seen('former', 'former'), false, 'waiting'],
    ['desired but not running', seen('ours', 'former'), false, 'waiting'],
    ['running but not healthy', seen('ours', 'ours', 'DEPLOYING'), true, 'waiting'],
    ['running but unhealthy', seen('ours', 'ours', 'UNHEALTHY'), true, 'waiting'],
    ['running but unknown', seen('ours', 'ours', 'UNKNOWN'), true, 'waiting'],
    ['running but the record lags', seen('ours', 'ours', 'HEALTHY', 'INITIALIZED'), true, 'waiting'],
    ['nothing known yet', seen(undefined, undefined), false, 'waiting'],
    ['desired unknown after it was ours', seen(undefined, 'ours'), true, 'waiting'],
    ['failed', seen('ours', 'former', 'HEALTHY', 'FAILED'), true, 'failed'],
    ['failed and already replaced', seen('other', 'other', 'HEALTHY', 'FAILED'), true, 'failed'],
    ['a newer version after ours', seen('newer', 'ours'), true, 'superseded'],
    ['a newer version, ours never seen', seen('newer', 'former'), false, 'superseded'],
    ['rolled back to the former one', seen('former', 'ours'), true, 'superseded'],
    ['asleep', seen('ours', 'former', 'HIBERNATING'), true, 'hibernating'],
    ['asleep with our version', seen('ours', 'ours', 'HIBERNATING'), true, 'hibernating'],
  ])('%s', (_, observation, seenOurs, kind) => {
    expect(judgeRollout(observation, OURS, { ...NOTHING_SEEN, seenDags: seenOurs }).kind).toBe(kind)
  })

  test('a first deploy has no former version', () => {
    const first = { dagVersion: 'ours', former: { desiredDagVersion: undefined } }
    expect(judgeRollout(seen(undefined, undefined), first, NOTHING_SEEN).kind).toBe('waiting')
    expect(judgeRollout(seen('ours', 'ours'), first, NOTHING_SEEN).kind).toBe('live')
  })

  test('what is waited for is said in words', () => {
    expect(
      judgeRollout(seen('ours', 'former', 'DEPLOYING'), OURS, { ...NOTHING_SEEN, seenDags: true }),
    ).toEqual({
      kind: 'waiting',
      state: 'deploy DEPLOYED, Deployment DEPLOYING (because), running the former DAG version',
    })
  })
})

test.each([
  ['at the first look', {}, 'waiting'],
  ['well twice, DEPLOYING never seen', { wasReady: true }, 'waiting'],
  ['well twice, after DEPLOYING', { wasReady: true, sawDeploying: true }, 'live'],
  ['well twice, after it had time', { wasReady: true, elapsedMs: 30_000 }, 'live'],
])('a version that was wanted before proves nothing by itself: %s', (_, memory, kind) => {
  const same = { dagVersion: 'ours', former: { desiredDagVersion: 'ours' } }
  expect(judgeRollout(seen('ours', 'ours'), same, { ...NOTHING_SEEN, ...memory }).kind).toBe(kind)
})

test('what ran before is not called new', () => {
  const verdict = judgeRollout(seen('ours', 'other', 'DEPLOYING'), { ...OURS, isReturn: true }, NOTHING_SEEN)
  expect(verdict).toMatchObject({ state: expect.stringContaining('running another DAG version') })
  const there = judgeRollout(seen('ours', 'ours', 'DEPLOYING'), { ...OURS, isReturn: true }, NOTHING_SEEN)
  expect(there).toMatchObject({ state: expect.stringContaining('running the earlier DAG version') })
})

describe('one look at an image rollout', () => {
  const IMAGE = { tag: 'our-tag', runtimeVersion: '3.1-2' as string | undefined }
  const WITH_DAGS = { ...OURS, image: IMAGE }
  const ALONE = { ...WITH_DAGS, dagVersion: undefined }
  const SETTLED = { ...NOTHING_SEEN, seenImage: true, sawDeploying: true, wasReady: true }
  const look = (
    imageTag: string,
    astroRuntimeVersion: string,
    status: Deployment['status'] = 'HEALTHY',
    dags = seen('ours', 'ours'),
  ): Observation => ({ ...dags, deployment: { ...dags.deployment, imageTag, astroRuntimeVersion, status } })

  test.each<[string, Observation, typeof WITH_DAGS | typeof ALONE, Partial<typeof SETTLED>, string]>([
    ['all ours, DEPLOYING seen, well twice', look('our-tag', '3.1-2'), WITH_DAGS, SETTLED, 'live'],
    [
      'well for the first time',
      look('our-tag', '3.1-2'),
      WITH_DAGS,
      { ...SETTLED, wasReady: false },
      'waiting',
    ],
    [
      'the tag moved at the finalize',
      look('our-tag', '3.1-2'),
      WITH_DAGS,
      { ...SETTLED, sawDeploying: false },
      'waiting',
    ],
    [
      'DEPLOYING never seen, grace over',
      look('our-tag', '3.1-2'),
      WITH_DAGS,
      { ...SETTLED, sawDeploying: false, elapsedMs: 90_000 },
      'live',
    ],
    ['the former tag', look('former-tag', '3.1-2'), WITH_DAGS, { ...SETTLED, seenImage: false }, 'waiting'],
    ['the former runtime', look('our-tag', '3.1-1'), WITH_DAGS, SETTLED, 'waiting'],
    [
      'a runtime that nobody knows',
      look('our-tag', '3.1-1'),
      { ...WITH_DAGS, image: { tag: 'our-tag', runtimeVersion: undefined } },
      SETTLED,
      'live',
    ],
    [
      'the former DAGs',
      look('our-tag', '3.1-2', 'HEALTHY', seen('ours', 'former')),
      WITH_DAGS,
      SETTLED,
      'waiting',
    ],
    ['not healthy', look('our-tag', '3.1-2', 'UNHEALTHY'), WITH_DAGS, SETTLED, 'waiting'],
    ['another tag after ours', look('newer-tag', '3.1-2'), WITH_DAGS, SETTLED, 'superseded'],
    ['asleep', look('our-tag', '3.1-2', 'HIBERNATING'), WITH_DAGS, SETTLED, 'hibernating'],
    [
      'an image alone, whatever the DAGs',
      look('our-tag', '3.1-2', 'HEALTHY', seen('x', 'y')),
      ALONE,
      SETTLED,
      'live',
    ],
    [
      'failed',
      look('our-tag', '3.1-2', 'HEALTHY', seen('ours', 'ours', 'HEALTHY', 'FAILED')),
      ALONE,
      SETTLED,
      'failed',
    ],
  ])('%s', (_, observation, expected, memory, kind) => {
    expect(judgeRollout(observation, expected, { ...NOTHING_SEEN, ...memory }).kind).toBe(kind)
  })

  test('each look remembers what the next one needs', () => {
    const first = remember(NOTHING_SEEN, look('former-tag', '3.1-1', 'DEPLOYING'), WITH_DAGS)
    expect(first).toMatchObject({ seenImage: false, sawDeploying: true, wasReady: false })
    const second = remember(first, look('our-tag', '3.1-2'), WITH_DAGS)
    expect(second).toMatchObject({ seenImage: true, sawDeploying: true, wasReady: true })
    const third = remember(second, look('our-tag', '3.1-2', 'UNHEALTHY'), WITH_DAGS)
    expect(third).toMatchObject({ seenImage: true, sawDeploying: true, wasReady: false })
  })
})

test('looks are frequent in the first minute and rarer later, never more than twice a second', () => {
  expect([0, 59_999].map(pollInterval).every((ms) => ms >= 500 && ms <= 1_000)).toBe(true)
  expect(pollInterval(60_000)).toBeGreaterThan(1_000)
  expect(pollInterval(600_000)).toBeGreaterThan(pollInterval(60_000))
})

type Look = Observation | ActionError

function wait(looks: readonly Look[], budgetMs = 600_000, signal?: AbortSignal) {
  const clock = makeClock()
  const lines: string[] = []
  let next = 0
  let looked = 0
  const current = (): Look => looks[Math.min(next, looks.length - 1)] ?? seen('ours', 'ours')
  const done = waitUntilLive(
    {
      astro: {
        getDeploy() {
          looked++
          const look = current()
          return look instanceof ActionError
            ? Promise.reject(look)
            : Promise.resolve(makeDeploy({ status: look.deploy.status }))
        },
        getDeployment() {
          const look = current()
          next++
          return look instanceof ActionError
            ? Promise.reject(look)
            : Promise.resolve(makeDeployment(look.deployment))
        },
        listDeploys: () =>
          Promise.resolve([
            makeDeploy({
              id: 'clnewer',
              dagTarballVersion: 'newer',
              git: { provider: 'GITHUB', commitSha: 'abcdef0123' },
            }),
          ]),
      },
      clock,
      log: { info: (line) => lines.push(line) },
      ...(signal ? { signal } : {}),
    },
    { organizationId: 'o', id: 'd', url: 'https://ui.example/d' },
    'cldeploy1',
    OURS,
    budgetMs,
  )
  done.catch(() => undefined)
  return { done, lines, clock, looked: () => looked }
}
const apiError = (code: ActionError['code']) =>
  new ActionError({ code, problem: 'Could not read.', observed: 'HTTP 503.', fix: 'Wait.' })

describe('waiting', () => {
  test('ends at the first proof, and logs each state once', async () => {
    const former = seen('former', 'former')
    const rolling = seen('ours', 'former', 'DEPLOYING')
    const { done, lines } = wait([former, former, rolling, rolling, rolling, seen('ours', 'ours')])
    expect((await done).dagTarballVersion).toBe('ours')
    expect(lines).toEqual([
      '0 s: deploy DEPLOYED, Deployment HEALTHY (because), running the former DAG version',
      '1 s: deploy DEPLOYED, Deployment DEPLOYING (because), running the former DAG version',
    ])
  })

  test('tolerates passing errors', async () => {
    const passing = apiError('ASTRO-API-UNAVAILABLE')
    const { done, lines } = wait([passing, passing, passing, passing, passing, seen('ours', 'ours')])
    await done
    expect(lines[0]).toContain('the last look failed: HTTP 503')
  })

  test('gives up on a refusal the third time in a row', async () => {
    const { done, looked } = wait([apiError('ASTRO-API-FORBIDDEN')])
    expect((await failureOf(() => done)).code).toBe('ASTRO-API-FORBIDDEN')
    expect(looked()).toBe(3)
  })

  test('a refusal that passes is forgiven', async () => {
    const refusal = apiError('ASTRO-API-NOT-FOUND')
    const waiting = seen('former', 'former')
    await wait([refusal, refusal, waiting, refusal, refusal, seen('ours', 'ours')]).done
  })

  test('a failed deploy ends it at once with the reason', async () => {
    const { done, looked } = wait([seen('ours', 'former', 'UNHEALTHY', 'FAILED')])
    const error = await failureOf(() => done)
    expect(error.code).toBe('ASTRO-ROLLOUT-FAILED')
    expect(error.observed).toContain('because')
    expect(error.fix).toContain('https://ui.example/d')
    expect(looked()).toBe(1)
  })

  test('a newer deploy is named', async () => {
    const { done } = wait([seen('ours', 'former'), seen('newer', 'former')])
    const error = await failureOf(() => done)
    expect(error.code).toBe('ASTRO-ROLLOUT-SUPERSEDED')
    expect(error.observed).toContain('newer, of the deploy clnewer (commit abcdef0)')
  })

  test('a version that no newer deploy brings does not end it as long as ours was never seen', async () => {
    await wait([seen('between', 'former'), seen('between', 'former'), seen('ours', 'ours')]).done
  })

  test('hibernation is told as such', async () => {
    expect((await failureOf(() => wait([seen('ours', 'former', 'HIBERNATING')]).done)).code).toBe(
      'ASTRO-ROLLOUT-HIBERNATING',
    )
  })

  test('a timeout tells the last state, the link and the input', async () => {
    const { done, clock } = wait([seen('ours', 'former', 'DEPLOYING')], 90_000)
    const startedAt = clock.now()
    const error = await failureOf(() => done)
    expect(error.code).toBe('ASTRO-ROLLOUT-TIMEOUT')
    expect(error.message).toContain('within 90 s')
    expect(error.message).toContain('DEPLOYING (because)')
    expect(error.message).toContain('https://ui.example/d')
    expect(error.message).toContain('wait-time')
    expect(clock.now() - startedAt).toBeLessThanOrEqual(90_000)
    expect(clock.now() - startedAt).toBeGreaterThan(89_000)
  })

  test('a long wait gives a sign of life', async () => {
    const { done, lines } = wait([seen('ours', 'former', 'DEPLOYING')], 95_000)
    await failureOf(() => done)
    expect(lines.length).toBeGreaterThanOrEqual(3)
  })

  test('a cancelled run ends it with its reason', async () => {
    const controller = new AbortController()
    controller.abort(apiError('ASTRO-CANCELLED'))
    expect((await failureOf(() => wait([seen('ours', 'former')], 60_000, controller.signal).done)).code).toBe(
      'ASTRO-CANCELLED',
    )
  })
})
