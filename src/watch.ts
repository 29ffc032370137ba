import type { Clock } from './clock.ts'
import { ActionError } from './errors.ts'

export type WatchDependencies = {
  readonly clock: Clock
  readonly log: { readonly info: (line: string) => void }
  readonly signal?: AbortSignal
}

/** What a look means: the end that was waited for, or something to go on waiting for, in words. */
export type Finding<R> =
  { readonly kind: 'done'; readonly result: R } | { readonly kind: 'waiting'; readonly state: string }

export type Watch<S, R> = {
  readonly look: () => Promise<S>
  /** Throws when it ended in another way. */
  readonly judge: (seen: S) => Finding<R> | Promise<Finding<R>>
  readonly budgetMs: number
  /** Time between the starts of two looks, in milliseconds, when the last one took `lookMs`; `pollInterval` by default. */
  readonly interval?: (elapsedMs: number, lookMs: number) => number
  /** The error of a budget that is used up; `state` is what was seen last. */
  readonly timedOut: (state: string) => ActionError
}

const FIRST_MINUTE_MS = 60_000
const EARLY_INTERVAL_MS = 600
const LATE_INTERVAL_MS = 3_000
const LATEST_INTERVAL_MS = 8_000
const HEARTBEAT_MS = 30_000
const PATIENCE = 3

/** Time between the starts of two looks, in milliseconds: often at first, when most rollouts end, then less so. */
export function pollInterval(elapsedMs: number): number {
  if (elapsedMs < FIRST_MINUTE_MS) return EARLY_INTERVAL_MS
  return elapsedMs < 5 * FIRST_MINUTE_MS ? LATE_INTERVAL_MS : LATEST_INTERVAL_MS
}

/**
 * Looks again and again until a look is the end, at most for the budget. Each new state is logged, and an old one now and
 * then as a sign of life. Errors of single looks are tolerated as long as there is time, but not those that say "no", "not
 * allowed" or "not there" several times in a row.
 */
export async function watch<S, R>(deps: WatchDependencies, task: Watch<S, R>): Promise<R> {
  const startedAt = deps.clock.now()
  const deadline = startedAt + task.budgetMs
  const interval = task.interval ?? pollInterval
  let state = 'nothing, for no answer came'
  let told = { state: '', at: startedAt }
  let refusals = 0

  for (;;) {
    const lookedAt = deps.clock.now()
    try {
      const seen = await within(deps, task.look, Math.max(0, deadline - lookedAt))
      if (seen !== TOO_LATE) {
        refusals = 0
        const finding = await task.judge(seen)
        if (finding.kind === 'done') return finding.result
        state = finding.state
      }
    } catch (error) {
      if (!isTransient(error) && (!isRefusal(error) || ++refusals >= PATIENCE)) throw error
      state = `the last look failed: ${describeLook(error)}`
    }

    const now = deps.clock.now()
    if (state !== told.state || now - told.at >= HEARTBEAT_MS) {
      deps.log.info(`${Math.round((now - startedAt) / 1000)} s: ${state}`)
      told = { state, at: now }
    }
    // However rare the looks have become, one is left for the end of the budget.
    const lastLookAt = deadline - EARLY_INTERVAL_MS
    if (lookedAt >= lastLookAt || now >= deadline) throw task.timedOut(state)
    const next = Math.min(lookedAt + interval(lookedAt - startedAt, now - lookedAt), lastLookAt)
    await deps.clock.sleep(Math.max(0, next - now), deps.signal)
  }
}

const TOO_LATE = Symbol('a look that did not come back in time')

/** One look, or TOO_LATE when the budget ends before it comes back. */
async function within<S>(
  { clock, signal }: WatchDependencies,
  look: () => Promise<S>,
  remainingMs: number,
): Promise<S | typeof TOO_LATE> {
  const enough = new AbortController()
  const tooLate = clock
    .sleep(Math.max(0, remainingMs), signal ? AbortSignal.any([signal, enough.signal]) : enough.signal)
    .then((): typeof TOO_LATE => TOO_LATE)
  const seen = look()
  try {
    return await Promise.race([seen, tooLate])
  } finally {
    seen.catch(() => undefined)
    enough.abort()
  }
}

const REFUSALS = new Set([
  'ASTRO-API-REFUSED',
  'ASTRO-API-UNAUTHORIZED',
  'ASTRO-API-FORBIDDEN',
  'ASTRO-API-NOT-FOUND',
  'ASTRO-API-CONFLICT',
])
const PASSING = new Set([
  'ASTRO-API-UNREACHABLE',
  'ASTRO-API-UNAVAILABLE',
  'ASTRO-API-RATE-LIMIT',
  'ASTRO-API-ANSWER',
  'ASTRO-AUTH-UNREACHABLE',
  'ASTRO-AUTH-EXCHANGE',
])

const isTransient = (error: unknown): boolean => error instanceof ActionError && PASSING.has(error.code)
const isRefusal = (error: unknown): boolean => error instanceof ActionError && REFUSALS.has(error.code)

function describeLook(error: unknown): string {
  return error instanceof ActionError ? (error.observed ?? error.problem).replace(/\.$/, '') : String(error)
}
