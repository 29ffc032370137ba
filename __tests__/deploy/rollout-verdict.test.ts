import { describe, expect, test } from '@jest/globals'
import type { Deployment } from '../../src/astro/types.ts'
import type { Observation } from '../../src/deploy/rollout-verdict.ts'
import { judgeRollout, NOTHING_SEEN, remember } from '../../src/deploy/rollout-verdict.ts'
import { OURS, seen } from '../make/rollout.ts'

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
