import type { Terms } from './terms.ts'
import type { Dag, ImportError } from './types.ts'

/** Parses of one thing that ended since the rollout, a DAG or the failing parse of a file. */
export type Parses = {
  /** When the last one ended. */
  readonly last: number
  readonly seen: number
  /** Those among them that surely began after the rollout, and so read the new code. */
  readonly ofNewCode: number
}

/** What was parsed since the rollout, as far as looks have shown it. */
export type Rounds = {
  /** Of each DAG, by its file and its ID. */
  readonly parses: ReadonlyMap<string, ReadonlyMap<string, Parses>>
  /** Parses that failed, by file. */
  readonly failures: ReadonlyMap<string, Parses>
}

export const NO_ROUNDS: Rounds = { parses: new Map(), failures: new Map() }

/**
 * Two rounds of parsing at the default interval of 30 s, for a file that nothing else vouches for; and twice the time in which
 * Airflow on Astro finds new files.
 */
export const QUIET_MS = 60_000
/** The server's `Date` is in whole seconds and may be a second old; a parse that began this much later began after it. */
export const CLOCK_MARGIN_MS = 2_000
/**
 * For so long after the former code, Airflow 2 leaves it open what a parse read: an import may take as long, and it does not say how
 * long one took; and it does not serialize a DAG again sooner, so that what is wrong with a changed one may not show.
 */
export const UNTOLD_MS = 30_000

/** From when on a parse is one of the new code. */
type Bounds = {
  /** One that began later is. */
  readonly began: number
  /** So is one that ended later, of which nobody knows when it began. */
  readonly ended: number
  /** So is the second one of those: it began after the first had ended. */
  readonly isSecondEnough: boolean
}

/**
 * A file that was there before may be as it was, while what it imports is still the former: then the parse must have begun after
 * the new code came by any clock.
 *
 * @param since by Airflow's clock: when the new code was known to be there
 * @param wasSerialized what was parsed is a DAG that Airflow may have had before
 */
function boundsOf(
  { major, arrival, before }: Pick<Terms, 'major' | 'arrival' | 'before'>,
  file: string,
  since: number,
  wasSerialized: boolean,
): Bounds {
  const isNew = before.files?.has(file) === false
  const mayDiffer = arrival !== 'dags' || before.changed?.has(file) === true
  const isOpen = major === 2 && wasSerialized && mayDiffer
  const late = since + CLOCK_MARGIN_MS
  return {
    began: isNew ? since : late,
    ended: isNew && !isOpen ? late : late + UNTOLD_MS,
    isSecondEnough: !isOpen,
  }
}

/**
 * What one more look adds.
 *
 * @param failuresSince when the new code was known to be there, or when Airflow came to have its version
 */
export function countRounds(
  terms: Pick<Terms, 'major' | 'arrival' | 'before' | 'since'>,
  failuresSince: number,
  known: Rounds,
  look: { readonly dags: readonly Dag[]; readonly errors: readonly ImportError[] },
): Rounds {
  const { since, before } = terms
  const former = before.files && new Set(before.dags.map(({ id }) => id))
  const parses = new Map([...known.parses].map(([file, dags]) => [file, new Map(dags)]))
  const failures = new Map(known.failures)
  for (const { id, file, parsedAt, parseMs } of look.dags) {
    if (file === undefined || parsedAt === undefined || parsedAt <= since) continue
    const ofFile = parses.get(file) ?? new Map<string, Parses>()
    const bounds = boundsOf(terms, file, since, former?.has(id) !== false)
    parses.set(file, ofFile.set(id, withParse(ofFile.get(id), parsedAt, parseMs, bounds)))
  }
  for (const { file, failedAt } of look.errors) {
    if (failedAt <= failuresSince) continue
    const bounds = boundsOf(terms, file, failuresSince, false)
    failures.set(file, withParse(failures.get(file), failedAt, undefined, bounds))
  }
  return { parses, failures }
}

function withParse(
  known: Parses = { last: 0, seen: 0, ofNewCode: 0 },
  endedAt: number,
  parseMs: number | undefined,
  { began, ended, isSecondEnough }: Bounds,
): Parses {
  if (endedAt <= known.last) return known
  const isOfNewCode =
    parseMs === undefined
      ? endedAt > ended || (isSecondEnough && known.last > began)
      : endedAt - parseMs > began
  return { last: endedAt, seen: known.seen + 1, ofNewCode: known.ofNewCode + (isOfNewCode ? 1 : 0) }
}

/**
 * Airflow takes files in turn, so whoever was not yet taken when all others were twice leaves no trace. The last parse of a file
 * that the new code does not hold may have ended after the rollout.
 *
 * @param asked how often Airflow was asked to parse a file out of turn, which says nothing of the others
 */
export function everyoneTwice(rounds: Rounds, asked: ReadonlyMap<string, number>): boolean {
  const files = new Set([...rounds.parses.keys(), ...rounds.failures.keys()])
  const taken = [...files].filter((file) => timesTaken(rounds, file) > 0)
  return taken.length > 0 && taken.every((file) => timesTaken(rounds, file) - (asked.get(file) ?? 0) > 1)
}

/** Whether anything of the new code was parsed at all. */
export function isAnyTaken(rounds: Rounds): boolean {
  return [...rounds.parses.keys(), ...rounds.failures.keys()].some((file) => timesTaken(rounds, file) > 0)
}

/** How often the new code's text of a file was parsed, as far as that is sure. */
export function timesTaken({ parses, failures }: Rounds, file: string): number {
  const all = [...(parses.get(file)?.values() ?? []), failures.get(file)]
  return Math.max(0, ...all.map((one) => one?.ofNewCode ?? 0))
}
