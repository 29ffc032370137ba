import { describe, expect, test } from '@jest/globals'
import type { Observation } from '../../src/deploy/rollout-verdict.ts'
import { waitUntilLive } from '../../src/deploy/rollout.ts'
import { pollInterval } from '../../src/watch.ts'
import { ActionError } from '../../src/errors.ts'
import { makeClock } from '../make/clock.ts'
import { makeDeploy, makeDeployment } from '../make/deployment.ts'
import { failureOf } from '../make/failure.ts'
import { OURS, seen } from '../make/rollout.ts'

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
