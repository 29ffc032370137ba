import { expect, test } from '@jest/globals'
import { createPace } from '../../src/airflow/pace.ts'
import { makeClock } from '../make/clock.ts'

test('five requests begin at once, and never more than five within a second', async () => {
  const clock = makeClock(0)
  const pace = createPace(clock)
  const begun = await Promise.all(
    Array.from({ length: 12 }, async () => {
      await pace()
      return clock.now()
    }),
  )
  expect(begun.slice(0, 5)).toEqual([0, 0, 0, 0, 0])
  for (const [index, at] of begun.entries()) {
    expect(begun.slice(index).filter((other) => other - at < 1_000).length).toBeLessThanOrEqual(5)
  }
  expect(clock.now()).toBeLessThan(2_500)
})
