import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { codeOf } from '../bundle/rules.ts'
import type { LocalAstro } from '../local-astro/start.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import { makeFastClock } from '../make/fast-clock.ts'
import { makeFolder } from '../make/folder.ts'
import { runFlow } from './run-flow.ts'

const SPEED = 50
const MINUTE_MS = 60_000

let astro: LocalAstro
const clock = makeFastClock(SPEED)

beforeAll(async () => {
  astro = await startLocalAstro({ now: clock.now, rolloutMs: 600, airflow: { parseEveryMs: 30_000 } })
  await astro.ready()
})
afterAll(async () => {
  jest.restoreAllMocks()
  await astro.stop()
})

/** A deploy during which Airflow answers 503 from the finalize on, for so long after it first did. */
async function deployWhileDown(major: 2 | 3, downMs: number) {
  const fixture = major === 3 ? 'etl' : 'airflow-2'
  const { id } = astro.deployments.create({ fixture })
  const { keyId, keySecret } = astro.keys.create(id)
  let isDown = false
  let downSince: number | undefined
  let isUpAgain = (): void => undefined
  const result = await runFlow({
    inputs: { 'key-id': keyId, 'key-secret': keySecret, domain: astro.origin, 'wait-time': '5m' },
    workspace: makeFolder({ 'dags/example.py': 'from airflow.sdk import DAG\nDAG("example")\n' }),
    clock,
    wrap: (send) => (wire) => {
      const { pathname } = wire.url
      if (!isDown && pathname.endsWith('/finalize')) {
        isDown = true
        isUpAgain = astro.faults.add({ fault: 'status', status: 503, path: `/airflow/${id}/` })
      }
      if (isDown && pathname.includes(`/airflow/${id}/`)) downSince ??= clock.now()
      if (downSince !== undefined && clock.now() - downSince >= downMs) isUpAgain()
      return send(wire)
    },
  })
  const downAnswers = astro.requests.filter(({ path, fault }) => path.includes(id) && fault !== undefined)
  astro.faults.clear()
  return { ...result, message: result.errors[0] ?? '', downAnswers: downAnswers.length }
}

test.each([3, 2] as const)('an Airflow %i that answers 503 for a minute is waited for', async (major) => {
  const { exitCode, errors, texts, downAnswers } = await deployWhileDown(major, MINUTE_MS)
  expect([exitCode, errors]).toEqual([0, []])
  expect(downAnswers).toBeGreaterThan(1)
  expect(texts.stdout).toContain('HTTP 503')
  expect(texts.stdout).toContain('Airflow has imported the new code.')
})

test.each([3, 2] as const)('an Airflow %i that answers 503 to the end has said nothing', async (major) => {
  const { message } = await deployWhileDown(major, Infinity)
  expect(codeOf(message)).toBe('ASTRO-VERIFY-TIMEOUT')
  expect(message).toContain('Last seen: HTTP 503')
})
