import type { Clock } from '../../src/clock.ts'

export type FakeClock = Clock & { readonly slept: readonly number[] }

type Sleeper = { readonly at: number; readonly wake: () => void }

/**
 * A clock whose time only passes while everybody sleeps: it then jumps to whoever wakes first. Whatever is awaited besides
 * must come about without waiting for the outside.
 */
export function makeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start
  const slept: number[] = []
  const sleepers = new Set<Sleeper>()

  const jump = (): void => {
    const [first] = [...sleepers].sort((a, b) => a.at - b.at)
    if (!first) return
    sleepers.delete(first)
    now = Math.max(now, first.at)
    first.wake()
  }
  return {
    slept,
    now: () => now,
    sleep(ms, signal) {
      slept.push(ms)
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason as Error)
          return
        }
        const sleeper = { at: now + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason as Error)
        })
        setImmediate(jump)
      })
    },
  }
}
