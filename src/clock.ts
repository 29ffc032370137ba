import { setTimeout as delay } from 'node:timers/promises'

/** Time as the rest of the code sees it, so that tests can own it. Milliseconds everywhere. */
export type Clock = {
  readonly now: () => number
  /** Resolves after `ms`, or rejects with the signal's reason when that comes first. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal ? { signal } : {})
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  },
}
