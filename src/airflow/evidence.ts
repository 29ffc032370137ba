import type { Look, Terms } from './judge.ts'
import type { Rounds } from './rounds.ts'
import { CLOCK_MARGIN_MS, QUIET_MS } from './rounds.ts'
import type { Dag } from './types.ts'

/** When a parse ended that Airflow put down to our bundle version, the first that was seen, by the DAG's ID. */
export type Stamps = ReadonlyMap<string, number>

/**
 * Whether a DAG's bundle version is that of the new code; undefined when versions do not tell. One that is not ours word for
 * word is new when it is none of the former ones, unless nobody knows a former one.
 */
export function isNewVersion(
  { dagVersion, before }: Pick<Terms, 'dagVersion' | 'before'>,
  { bundleVersion }: Dag,
): boolean | undefined {
  if (bundleVersion === undefined || dagVersion === undefined) return undefined
  if (bundleVersion === dagVersion) return true
  return before.bundleVersions.size === 0 ? undefined : !before.bundleVersions.has(bundleVersion)
}

/**
 * Airflow stamps a parse with the version that it has when it collects the result: one that was under way as the version came is
 * of the former text. A parse that began after another one was stamped is not, nor is the second one of a DAG.
 */
function isStampTrue(
  { parsedAt = 0, parseMs }: Dag,
  first: number | undefined,
  versionFrom: number,
): boolean {
  return parseMs === undefined ? first !== undefined && parsedAt > first : parsedAt - parseMs >= versionFrom
}

/** Adds what one more look shows. */
export function rememberStamps(terms: Terms, known: Stamps, dags: readonly Dag[]): Stamps {
  const next = new Map(known)
  for (const dag of dags) {
    const { id, isActive, parsedAt } = dag
    if (isActive && parsedAt !== undefined && isNewVersion(terms, dag) === true && !next.has(id))
      next.set(id, parsedAt)
  }
  return next
}

type Evidence = {
  readonly terms: Terms
  readonly rounds: Rounds
  readonly stamped: Stamps
  readonly look: Look
}

/** The DAGs of a look that surely came of the new code. */
export function fromNewCode(evidence: Evidence): readonly Dag[] {
  const versionFrom = [...evidence.stamped.values()].reduce((a, b) => Math.min(a, b), Infinity)
  return evidence.look.dags.filter((dag) => isFromNewCode(evidence, dag, versionFrom))
}

/** @param versionFrom when our bundle version was surely there, by Airflow's clock */
function isFromNewCode({ terms, rounds, stamped, look }: Evidence, dag: Dag, versionFrom: number): boolean {
  const { since, arrival, major, dagVersion } = terms
  if (!dag.isActive || dag.parsedAt === undefined || dag.file === undefined) return false
  const parses = rounds.parses.get(dag.file)?.get(dag.id)
  const isReadAnew = parses !== undefined && parses.ofNewCode > 0
  const isNew = isNewVersion(terms, dag)
  if (isNew !== undefined) {
    const isOurs = dag.bundleVersion === dagVersion
    const isStamped = isStampTrue(dag, stamped.get(dag.id), versionFrom)
    return isNew && isStamped && (isReadAnew || (isOurs && arrival === 'dags'))
  }
  switch (look.sources.get(dag.file)) {
    case 'same':
      return isReadAnew
    case 'different':
      // Airflow 2 keeps its copy when the file's time is older than the copy, as after a rollback; parse times must do.
      return major === 2 && isReadAnew && dag.parsedAt > since + QUIET_MS && parses.seen > 1
    case undefined:
      return isReadAnew && dag.parsedAt - (dag.parseMs ?? 0) > since + CLOCK_MARGIN_MS
  }
}
