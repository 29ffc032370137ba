import type { Clock } from '../clock.ts'
import { retryAfter, retryDelay } from './retry.ts'

/** What came of one attempt. */
export type Attempt<T> =
  | { readonly kind: 'final'; readonly result: T }
  | {
      /** It may go better the next time. */
      readonly kind: 'failed'
      /** For the log: "HTTP 503". */
      readonly seen: string
      /** The server's Retry-After, as it was sent. */
      readonly retryAfter?: string | undefined
      /** The result, or the error, when there is no next time. */
      readonly giveUp: () => T
    }

export type AttemptDependencies = {
  readonly clock: Clock
  readonly random: () => number
  readonly log: { readonly info: (line: string) => void }
  readonly signal?: AbortSignal | undefined
}

const ATTEMPTS = 5
/** A server that asks for a longer pause (Retry-After) does not count on an answer within this run. */
const LONGEST_PAUSE_MS = 90_000

/**
 * Tries until an attempt is final, at most five times and not beyond the deadline, with growing and random pauses of at
 * most a minute and a half. Logs a line for each further attempt. Throws what `once` and `giveUp` throw, and the signal's reason.
 *
 * @param what in words: "read the Deployment"
 * @param deadline milliseconds since the epoch
 */
export async function tryRepeatedly<T>(
  { clock, random, log, signal }: AttemptDependencies,
  what: string,
  once: () => Promise<Attempt<T>>,
  deadline = Infinity,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await once()
    if (outcome.kind === 'final') return outcome.result
    const delay = retryDelay(attempt, retryAfter(outcome.retryAfter, clock.now()), random)
    const isTooLate = delay > LONGEST_PAUSE_MS || clock.now() + delay >= deadline
    if (attempt >= ATTEMPTS || isTooLate) return outcome.giveUp()
    log.info(
      `Could not ${what} (${outcome.seen}). Attempt ${attempt + 1} of ${ATTEMPTS} in ${(delay / 1000).toFixed(1)} s.`,
    )
    await clock.sleep(delay, signal)
  }
}
