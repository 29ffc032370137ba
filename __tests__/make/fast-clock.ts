import { systemClock } from '../../src/clock.ts'
import type { Clock } from '../../src/clock.ts'

/** The real clock, but for that its time passes `speed` times as fast: to wait a minute takes 60 / speed seconds. */
export function makeFastClock(speed: number): Clock {
  const start = Date.now()
  return {
    now: () => start + (Date.now() - start) * speed,
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
  }
}
