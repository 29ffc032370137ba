import type { Clock } from '../../src/clock.ts'

export type FakeClock = Clock & { readonly slept: readonly number[] }

/** A clock that stands still but for sleeping, which takes no time. */
export function makeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start
  const slept: number[] = []
  return {
    slept,
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      slept.push(ms)
      now += ms
      await Promise.resolve()
      signal?.throwIfAborted()
    },
  }
}
