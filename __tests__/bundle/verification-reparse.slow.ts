import { describe, expect, test } from '@jest/globals'
import type { Fault } from '../local-astro/start.ts'
import { codeOf } from './rules.ts'
import type { Scene } from './side-by-side.ts'
import { playSideBySide } from './side-by-side.ts'

/** An Airflow that does not come round to the second parse by itself within the wait, unless it is said. */
const scene = (given: { fault?: Fault; parseEveryMs?: number; airflowVersion?: string } = {}): Scene => ({
  major: 2,
  astro: { airflow: { parseEveryMs: given.parseEveryMs ?? 600_000 } },
  inputs: { 'wait-time': '20s' },
  arrange({ faults, deployments, deploymentId }) {
    if (given.fault) faults.add({ ...given.fault, path: '/parseDagFile/' })
    if (given.airflowVersion !== undefined)
      deployments.patch(deploymentId, { airflowVersion: given.airflowVersion })
  },
})

const play = playSideBySide({
  asked: scene(),
  refused: scene({ fault: { fault: 'status', status: 403 } }),
  'too old': scene({ airflowVersion: '2.9.3' }),
  silent: scene({ fault: { fault: 'hang' } }),
  'refused, but quick by itself': scene({ fault: { fault: 'reset' }, parseEveryMs: 4_000 }),
})

describe('Airflow 2, which does not say how long a parse took', () => {
  async function played(name: Parameters<typeof play>[0]) {
    const { astro, result } = await play(name)
    return {
      ...result,
      code: codeOf(result.errors[0] ?? ''),
      asked: astro.requests.filter(({ path }) => path.includes('/parseDagFile/')),
    }
  }

  test('is asked for the second one that proves the first, and the step is green at once', async () => {
    const { exitCode, errors, warnings, asked } = await played('asked')
    expect([exitCode, errors, warnings]).toEqual([0, [], []])
    expect(asked.length).toBeGreaterThanOrEqual(1)
    expect(new Set(asked.map(({ method }) => method))).toEqual(new Set(['PUT']))
  })

  test.each(['refused', 'too old', 'silent'] as const)(
    'and is %s: it is asked once, and what it does by itself decides',
    async (name) => {
      const { code, asked } = await played(name)
      expect([code, asked.length]).toEqual(['ASTRO-VERIFY-NOT-PARSED', 1])
    },
  )

  test('and is refused: green comes with the second parse', async () => {
    const { exitCode, errors, warnings, asked } = await played('refused, but quick by itself')
    expect([exitCode, errors, warnings, asked.length]).toEqual([0, [], [], 1])
  })
})
