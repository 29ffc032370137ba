import { describe, expect, test } from '@jest/globals'
import type { Fault } from '../local-astro/start.ts'
import type { Scene } from './side-by-side.ts'
import { playSideBySide } from './side-by-side.ts'

const scene = (given: { fault?: Fault; parseEveryMs: number; airflowVersion?: string }): Scene => ({
  major: 2,
  astro: { airflow: { parseEveryMs: given.parseEveryMs } },
  inputs: { 'wait-time': '40s' },
  arrange({ faults, deployments, deploymentId }) {
    if (given.fault) faults.add({ ...given.fault, path: '/parseDagFile/' })
    if (given.airflowVersion !== undefined)
      deployments.patch(deploymentId, { airflowVersion: given.airflowVersion })
  },
})
/** It parses thrice within the wait, so that whoever does not take no for an answer asks again. */
const byItself = (given: { fault?: Fault; airflowVersion?: string }): Scene =>
  scene({ ...given, parseEveryMs: 8_000 })

const play = playSideBySide({
  asked: scene({ parseEveryMs: 600_000 }),
  refused: byItself({ fault: { fault: 'status', status: 403 } }),
  'too old for it': byItself({ airflowVersion: '2.9.3' }),
  silent: byItself({ fault: { fault: 'hang' } }),
  'cut off': byItself({ fault: { fault: 'reset' } }),
})

describe('Airflow 2, which does not say how long a parse took', () => {
  async function played(name: Parameters<typeof play>[0]) {
    const { astro, result } = await play(name)
    return { ...result, asked: astro.requests.filter(({ path }) => path.includes('/parseDagFile/')) }
  }

  test('is asked for the second one that proves the first, long before its next round', async () => {
    const { exitCode, errors, warnings, asked } = await played('asked')
    expect([exitCode, errors, warnings]).toEqual([0, [], []])
    expect(asked.length).toBeGreaterThan(0)
    expect(new Set(asked.map(({ method, status }) => `${method} ${status}`))).toEqual(new Set(['PUT 201']))
  })

  test.each(['refused', 'too old for it', 'silent', 'cut off'] as const)(
    'and is %s: it is asked once, and green comes with its own second parse',
    async (name) => {
      const { exitCode, errors, warnings, asked } = await played(name)
      expect([exitCode, errors, warnings, asked.length]).toEqual([0, [], [], 1])
    },
  )
})
