import type { Clock } from '../clock.ts'

/** Resolves when another request may begin. */
export type Pace = () => Promise<void>

const MOST = 5
/** A second, and what the way to Airflow may take from it. */
const WITHIN_MS = 1_100

/** Lets five requests a second begin, in the order in which they ask: an Airflow has its own work to do. */
export function createPace({ now, sleep }: Clock): Pace {
  const beginnings: number[] = []
  return async () => {
    const at = Math.max(now(), (beginnings.at(-MOST) ?? -Infinity) + WITHIN_MS)
    beginnings.push(at)
    if (beginnings.length > MOST) beginnings.shift()
    const waitMs = at - now()
    if (waitMs > 0) await sleep(waitMs)
  }
}
