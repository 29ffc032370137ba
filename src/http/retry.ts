import type { WireResponse } from './transport.ts'
import { HttpFailure } from './failure.ts'

/**
 * What may happen to a request that did not succeed.
 * - `always`: it changes nothing twice, so it is repeated after 429, 5xx and any lost answer.
 * - `unanswered`: a second effect is harmless; repeated after 429, lost answers and what a gateway says of one (502, 503, 504),
 *   but a 500, which is the server's own, is final.
 * - `refused`: a second effect would hurt; repeated only when it cannot have had a first one (429, no connection).
 */
export type Repeat = 'always' | 'unanswered' | 'refused'

export type Outcome = WireResponse | HttpFailure

const GATEWAY_STATUSES = new Set([502, 503, 504])

/** Whether a request with this policy may be sent again after this outcome. */
export function mayRepeat(repeat: Repeat, outcome: Outcome): boolean {
  if (outcome instanceof HttpFailure) {
    return outcome.obstacle === undefined && (!outcome.reached || repeat !== 'refused')
  }
  if (outcome.status === 429) return true
  if (outcome.status === 500) return repeat === 'always'
  return repeat !== 'refused' && GATEWAY_STATUSES.has(outcome.status)
}

const FIRST_DELAY_MS = 400
const LONGEST_DELAY_MS = 8_000

/**
 * Milliseconds to wait before attempt `attempt + 1` (attempts count from 1): full jitter under a doubling ceiling. A
 * Retry-After of the server is a floor, with a little jitter on top so that parallel jobs do not return together.
 */
export function retryDelay(attempt: number, retryAfterMs: number | undefined, random: () => number): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1))
  const jittered = Math.round(random() * ceiling)
  return retryAfterMs === undefined ? jittered : retryAfterMs + Math.round(jittered / 4)
}

/** Retry-After in milliseconds from now: a number of seconds or an HTTP date; undefined when absent or nonsense. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
