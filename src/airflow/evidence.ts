import type { Rounds } from './rounds.ts'
import { CLOCK_MARGIN_MS, QUIET_MS, timesTaken } from './rounds.ts'
import type { FormerVersions, Look, Terms } from './terms.ts'
import type { Dag } from './types.ts'

/** A DAG's parses with one bundle version, as far as looks have shown them. */
type Stamp = {
  readonly version: string
  readonly file: string
  /** When the first and the last one ended. */
  readonly firstAt: number
  readonly lastAt: number
  readonly seen: number
}

/** Of each DAG with a version of the new code, by its ID. */
export type Stamps = ReadonlyMap<string, Stamp>

/**
 * Whether a DAG's bundle version is that of the new code; undefined when versions do not tell. It need not be ours word for word:
 * nobody knows how Airflow on Astro names versions.
 */
export function isNewVersion(
  { dagVersion, before }: Pick<Terms, 'dagVersion' | 'before'>,
  { bundleVersion }: Dag,
): boolean | undefined {
  if (bundleVersion === undefined || dagVersion === undefined) return undefined
  if (bundleVersion === dagVersion) return true
  if (before.versions.known.has(bundleVersion)) return false
  return before.versions.areAll ? true : undefined
}

/**
 * The versions of before. What comes back by a rollback may have been there before, by any name: then only versions of DAGs that
 * were active are former ones, and those only when Airflow has other names for them than Astro, for otherwise they are those of
 * other DAG bundles.
 *
 * @param by.astro of every other deploy
 * @param by.airflow the DAGs from before, as far as they are known
 */
export function formerVersions(
  { arrival, dagVersion }: Pick<Terms, 'arrival' | 'dagVersion'>,
  by: { readonly astro: readonly string[]; readonly airflow: readonly Dag[] },
): FormerVersions {
  if (arrival !== 'rollback') {
    const known = new Set([...by.astro, ...versionsOf(by.airflow)])
    return { known, areAll: known.size > 0 }
  }
  const active = versionsOf(by.airflow.filter(({ isActive }) => isActive))
  const areByAstro = active.some((version) => version === dagVersion || by.astro.includes(version))
  const areAll = active.length > 0 && !areByAstro
  return { known: new Set(areAll ? active : by.astro), areAll }
}

function versionsOf(dags: readonly Dag[]): readonly string[] {
  return dags.flatMap(({ bundleVersion }) => bundleVersion ?? [])
}

/** Adds what one more look shows. What an image or a rollback brings may have been parsed before, with the same version. */
export function rememberStamps(terms: Terms, known: Stamps, dags: readonly Dag[]): Stamps {
  const next = new Map(known)
  for (const dag of dags) {
    const { id, isActive, parsedAt, bundleVersion: version, file } = dag
    if (!isActive || parsedAt === undefined || version === undefined || file === undefined) continue
    if (isNewVersion(terms, dag) !== true || (terms.arrival !== 'dags' && parsedAt <= terms.since)) continue
    const last = next.get(id)
    const { firstAt, lastAt, seen } =
      last?.version === version ? last : { firstAt: parsedAt, lastAt: -Infinity, seen: 0 }
    if (parsedAt > lastAt) next.set(id, { version, file, firstAt, lastAt: parsedAt, seen: seen + 1 })
  }
  return next
}

/** When Airflow surely had our own version, by its clock; undefined as long as it shows none. */
export function versionCame({ dagVersion }: Pick<Terms, 'dagVersion'>, stamped: Stamps): number | undefined {
  return dagVersion === undefined ? undefined : firstTimes(stamped).get(dagVersion)
}

/**
 * Like `everyoneTwice`, where versions tell: between two parses with our version, all other files were taken once.
 *
 * @param asked how often Airflow was asked to parse a file out of turn
 */
export function everyoneStampedTwice(
  { dagVersion }: Pick<Terms, 'dagVersion'>,
  stamped: Stamps,
  asked: ReadonlyMap<string, number>,
): boolean {
  const ours = [...stamped.values()].filter(({ version }) => version === dagVersion)
  return ours.length > 0 && ours.every(({ seen, file }) => seen - (asked.get(file) ?? 0) > 1)
}

/** When the first parse with each version ended. */
function firstTimes(stamped: Stamps): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  for (const { version, firstAt } of stamped.values())
    times.set(version, Math.min(firstAt, times.get(version) ?? Infinity))
  return times
}

/**
 * Airflow stamps a parse with the version that it has when it collects the result: one that was under way as the version came is
 * of the former text. A parse that began after another one was stamped is not (but for a second DAG processor, which may be some
 * seconds behind), nor is the second one of a DAG, nor one of a file that was not there before.
 */
function isStampTrue({ terms: { before }, stamped, versionTimes }: Evidence & Times, dag: Dag): boolean {
  const { id, file = '', parsedAt = 0, parseMs, bundleVersion = '' } = dag
  if (before.files?.has(file) === false) return true
  const own = stamped.get(id)
  if (own === undefined) return false
  if (parseMs === undefined) return parsedAt > own.firstAt
  return parsedAt - parseMs >= (versionTimes.get(bundleVersion) ?? Infinity)
}

/** What the texts of files tell of when Airflow came to have the new code. */
export type Texts = {
  /** Files that were parsed after the rollout, and yet with another text than ours. */
  readonly late: ReadonlySet<string>
  /** When the first parse of such a file ended that had our text; all that was parsed before proves nothing. */
  readonly cameAt: number | undefined
}

/** Adds what one more look shows. */
export function rememberTexts({ late, cameAt }: Texts, rounds: Rounds, { dags, sources }: Look): Texts {
  const ended = dags.flatMap(({ file = '', parsedAt }) =>
    late.has(file) && sources.get(file) === 'same' && parsedAt !== undefined ? [parsedAt] : [],
  )
  if (ended.length > 0) return { late: new Set(), cameAt: ended.reduce((a, b) => Math.min(a, b)) }
  const different = [...sources].flatMap(([file, verdict]) =>
    verdict === 'different' && timesTaken(rounds, file) > 0 ? [file] : [],
  )
  return { late: new Set([...late, ...different]), cameAt }
}

type Evidence = {
  readonly terms: Terms
  readonly rounds: Rounds
  readonly stamped: Stamps
  readonly look: Look
}

type Times = { readonly versionTimes: ReadonlyMap<string, number> }

/** An active DAG, and what is known of its parses. */
type Parsed = {
  readonly dag: Dag
  readonly file: string
  readonly parsedAt: number
  /** A parse of it surely began after the new code came. */
  readonly isReadAnew: boolean
  readonly parsesSeen: number
}

/** The DAGs of a look that surely came of the new code: by the version, else by the text, else by the time of the parse. */
export function fromNewCode(evidence: Evidence): readonly Dag[] {
  const known = { ...evidence, versionTimes: firstTimes(evidence.stamped) }
  return evidence.look.dags.filter((dag) => {
    const { isActive, parsedAt, file } = dag
    if (!isActive || parsedAt === undefined || file === undefined) return false
    const parses = evidence.rounds.parses.get(file)?.get(dag.id)
    const parsed = {
      ...{ dag, file, parsedAt },
      isReadAnew: (parses?.ofNewCode ?? 0) > 0,
      parsesSeen: parses?.seen ?? 0,
    }
    return byVersion(known, parsed) ?? byText(evidence, parsed) ?? byTime(evidence, parsed)
  })
}

/** Our own version says it alone, unless what came may have been parsed with that version long ago. */
function byVersion(evidence: Evidence & Times, { dag, isReadAnew }: Parsed): boolean | undefined {
  const { arrival, dagVersion } = evidence.terms
  const isNew = isNewVersion(evidence.terms, dag)
  if (isNew === undefined) return undefined
  const isOurs = dag.bundleVersion === dagVersion && arrival === 'dags'
  return isNew && isStampTrue(evidence, dag) && (isOurs || isReadAnew)
}

/** Airflow's copy of the text says that the code has come, but nothing of what the file imports: the parse must be one of it too. */
function byText(
  { terms: { major, since }, look }: Evidence,
  { file, parsedAt, isReadAnew, parsesSeen }: Parsed,
): boolean | undefined {
  const verdict = look.sources.get(file)
  if (verdict === undefined) return undefined
  if (verdict === 'same') return isReadAnew
  // Airflow 2 keeps its copy when the file's time is older than the copy, as after a rollback; parse times must do.
  return major === 2 && isReadAnew && parsedAt > since + QUIET_MS && parsesSeen > 1
}

/** A file that was there before may be as it was: then the parse must have begun after the new code came by any clock. */
function byTime(
  { terms: { since, before } }: Evidence,
  { dag, file, parsedAt, isReadAnew }: Parsed,
): boolean {
  const isNewFile = before.files?.has(file) === false
  return isReadAnew && (isNewFile || parsedAt - (dag.parseMs ?? 0) > since + CLOCK_MARGIN_MS)
}
