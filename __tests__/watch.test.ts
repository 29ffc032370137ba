import { expect, test } from '@jest/globals'
import { watch } from '../src/watch.ts'
import { ActionError } from '../src/errors.ts'
import { failureOf } from './make/failure.ts'

test('a machine that wakes late never makes it sleep for less than no time', async () => {
  let now = 0
  const slept: number[] = []
  const clock = {
    now: () => now,
    sleep(ms: number, limit?: AbortSignal) {
      slept.push(ms)
      if (limit) return new Promise<void>((_, reject) => limit.addEventListener('abort', reject))
      now += ms + 5_000
      return Promise.resolve()
    },
  }
  const error = await failureOf(() =>
    watch(
      { clock, log: { info: () => undefined } },
      {
        look: () => Promise.resolve(1),
        judge: () => ({ kind: 'waiting', state: 'still' }),
        budgetMs: 700,
        timedOut: (state) => new ActionError({ code: 'ASTRO-ROLLOUT-TIMEOUT', problem: state, fix: 'Wait.' }),
      },
    ),
  )
  expect(error.code).toBe('ASTRO-ROLLOUT-TIMEOUT')
  expect(slept.filter((ms) => ms < 0)).toEqual([])
})
