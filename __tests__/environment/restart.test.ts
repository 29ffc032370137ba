import { describe, expect, test } from '@jest/globals'
import type { DeploymentStatus } from '../../src/astro/types.ts'
import type { RestartMemory } from '../../src/environment/restart.ts'
import { judgeRestart, waitUntilRestarted } from '../../src/environment/restart.ts'
import { makeClock } from '../make/clock.ts'
import { makeDeployment } from '../make/deployment.ts'
import { failureOf } from '../make/failure.ts'

const TARGET = { organizationId: 'o', id: 'd', url: 'https://ui.example/d' }
const seen = (hasRestarted: boolean, healthyLooks: number): RestartMemory => ({ hasRestarted, healthyLooks })

test.each<[string, DeploymentStatus, RestartMemory, number, string]>([
  ['HEALTHY right after the write is the old one', 'HEALTHY', seen(false, 5), 5_000, 'waiting'],
  ['HEALTHY for the first time after a restart', 'HEALTHY', seen(true, 0), 5_000, 'waiting'],
  ['HEALTHY twice after a restart', 'HEALTHY', seen(true, 1), 5_000, 'healthy'],
  ['HEALTHY for so long that no restart can come', 'HEALTHY', seen(false, 20), 30_000, 'healthy'],
  ['HEALTHY once after a long time', 'HEALTHY', seen(false, 0), 60_000, 'waiting'],
  ['DEPLOYING', 'DEPLOYING', seen(true, 0), 60_000, 'waiting'],
  ['UNHEALTHY', 'UNHEALTHY', seen(true, 3), 60_000, 'waiting'],
  ['HIBERNATING', 'HIBERNATING', seen(false, 0), 0, 'asleep'],
])('%s', (_, status, memory, sinceWrite, kind) => {
  expect(judgeRestart({ status }, memory, sinceWrite).kind).toBe(kind)
})

function wait(written: DeploymentStatus, looks: readonly DeploymentStatus[], budgetMs = 600_000) {
  const clock = makeClock()
  const lines: string[] = []
  let next = 0
  const done = waitUntilRestarted(
    {
      astro: {
        getDeployment() {
          const status = looks[Math.min(next++, looks.length - 1)] ?? 'HEALTHY'
          return Promise.resolve(makeDeployment({ status, statusReason: 'because' }))
        },
      },
      clock,
      log: { info: (line) => lines.push(line) },
    },
    TARGET,
    makeDeployment({ status: written }),
    budgetMs,
  )
  done.catch(() => undefined)
  return { done, lines, clock, looked: () => next }
}

describe('waiting', () => {
  test('sees the restart and its end', async () => {
    const { done, looked } = wait('HEALTHY', ['HEALTHY', 'DEPLOYING', 'DEPLOYING', 'HEALTHY', 'HEALTHY'])
    expect((await done).deployment.status).toBe('HEALTHY')
    expect(looked()).toBe(5)
  })

  test('knows a restart from what was read back after the write', async () => {
    const { done, looked } = wait('DEPLOYING', ['HEALTHY'])
    await done
    expect(looked()).toBe(2)
  })

  test('gives a restart that is never seen half a minute', async () => {
    const { done, clock, lines } = wait('HEALTHY', ['HEALTHY'])
    const startedAt = clock.now()
    await done
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(30_000)
    expect(lines[0]).toContain('its restart not seen yet')
  })

  test('ends at a Deployment that sleeps', async () => {
    expect((await wait('HIBERNATING', ['HIBERNATING']).done).isAsleep).toBe(true)
  })

  test('a timeout tells the last state, the link and the input', async () => {
    const error = await failureOf(() => wait('DEPLOYING', ['UNHEALTHY'], 90_000).done)
    expect(error.code).toBe('ASTRO-ENV-RESTART-TIMEOUT')
    expect(error.message).toMatch(
      /within 90 s[^]*UNHEALTHY \(because\)[^]*https:\/\/ui\.example\/d[^]*wait-time/,
    )
  })
})
