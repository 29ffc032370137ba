import type { PromisedDags, PromisedFile } from '../project/promised-dags.ts'
import type { Duplicate } from './duplicates.ts'
import { findDuplicates } from './duplicates.ts'
import type { Rounds } from './rounds.ts'
import { CLOCK_MARGIN_MS, countRounds, everyoneTwice, NO_ROUNDS, timesTaken } from './rounds.ts'
import type { AirflowMajor, Dag, ImportError } from './types.ts'

/** What Airflow showed before the deploy; file names are paths below the DAG folder. */
export type Before = {
  readonly dags: readonly Dag[]
  readonly bundleVersions: ReadonlySet<string>
  /** Files that did not import. */
  readonly broken: ReadonlySet<string>
  /** Files that Airflow had DAGs or errors of; undefined when that is not known. */
  readonly files: ReadonlySet<string> | undefined
}

/** One look at Airflow; file names are paths below the DAG folder. */
export type Look = {
  readonly dags: readonly Dag[]
  readonly errors: readonly ImportError[]
  readonly serverTime: number
  /** Files whose text in Airflow was compared with ours; absent where it was not, or could not be. */
  readonly sources: ReadonlyMap<string, 'same' | 'different'>
  /** How often Airflow was asked to parse a file out of turn. */
  readonly asked: ReadonlyMap<string, number>
}

/** What does not change while Airflow is watched. */
export type Terms = {
  readonly major: AirflowMajor
  /** Of the DAG bundle that was deployed, if one was. */
  readonly dagVersion: string | undefined
  /** The deploy brought an image: only what was parsed since then says something of it. */
  readonly restarts: boolean
  /**
   * Nobody knows which files the new code holds, as after a rollback: those that are promised may be gone, and others may
   * come.
   */
  readonly isUncharted: boolean
  readonly promised: PromisedDags
  readonly before: Before
  /** By Airflow's clock: when the new code was known to be there. */
  readonly since: number
}

/** What earlier looks showed. */
export type Memory = {
  readonly rounds: Rounds
  /** Files that a DAG was seen to come from since the rollout, by its ID. */
  readonly owners: ReadonlyMap<string, ReadonlySet<string>>
  readonly imported: ReadonlySet<string>
}

export const NOTHING_SEEN: Memory = {
  rounds: NO_ROUNDS,
  owners: new Map(),
  imported: new Set(),
}

export type Judgement = {
  readonly memory: Memory
  /** Errors of the new code, by file. */
  readonly failed: ReadonlyMap<string, ImportError>
  readonly duplicates: readonly Duplicate[]
  /** Promised files of which neither a DAG nor an error of the new code has been seen. */
  readonly outstanding: readonly string[]
  /** Files that promise nothing, as long as they may still fail. */
  readonly unclear: readonly string[]
  /** Files that the new code does not hold, as far as two rounds of parsing tell. */
  readonly gone: ReadonlySet<string>
  /** All that can be known is known. */
  readonly isComplete: boolean
}

/** Two rounds of parsing at the default interval of 30 s, for a file that nothing else vouches for. */
const QUIET_MS = 60_000

/**
 * What one more look at Airflow adds. A file counts as parsed from the new code by the strongest proof there is: a DAG of it
 * names our bundle version, or Airflow's copy of its text is ours and it was parsed after the rollout. A file that neither
 * brings a DAG nor an error leaves no trace at all in Airflow: one that promises none is settled when the others have been
 * parsed twice, since Airflow takes them in turn.
 */
export function judge(terms: Terms, memory: Memory, look: Look): Judgement {
  const { promised, since } = terms
  const files = promised.files
  const rounds = countRounds({ since, former: terms.before.files }, memory.rounds, look)
  // A parse of the former code may end after the new code came, and must not speak for a file that is mended.
  const isOfNewCode = (file: string): boolean =>
    !terms.before.broken.has(file) || (rounds.failures.get(file)?.ofNewCode ?? 0) > 0
  const failed = new Map(
    look.errors
      .filter(({ file, failedAt }) => failedAt > since && isOfNewCode(file))
      .map((error) => [error.file, error]),
  )
  const fresh = look.dags.filter((dag) => isFromNewCode(terms, rounds, look, dag))
  const next = { rounds, ...remember(memory, fresh) }
  const duplicates = findDuplicates(files, next, failed)
  const duplicated = new Set(duplicates.flatMap((duplicate) => duplicate.files))
  const formerly = new Set(terms.before.dags.filter(({ isActive }) => isActive).map(({ file }) => file))
  const stillFailing = new Set(
    look.errors.filter(({ file }) => promised.all.has(file)).map(({ file }) => file),
  )
  const isSettled = ({ path }: PromisedFile): boolean =>
    failed.has(path) || duplicated.has(path) || (next.imported.has(path) && !stillFailing.has(path))

  const expected = files.filter(
    (file) =>
      file.promise.kind === 'promised' || (formerly.has(file.path) && !isEmptied(file.path, look, since)),
  )
  const unsettled = expected.filter((file) => !isSettled(file)).map(({ path }) => path)
  const wanted = new Set(expected)
  const open = new Set(unsettled)
  const lingering = [...stillFailing].filter((path) => !failed.has(path) && !open.has(path))
  const all = [...unsettled, ...lingering]
  const hasRounds = everyoneTwice(rounds, look.asked)
  const isGone = (path: string): boolean => terms.isUncharted && hasRounds && timesTaken(rounds, path) === 0
  const gone = new Set(all.filter(isGone))
  const outstanding = all.filter((path) => !gone.has(path)).toSorted()
  const isQuiet = hasRounds || look.serverTime > since + QUIET_MS
  const unclear = isQuiet ? [] : files.filter((file) => !wanted.has(file) && !isSettled(file))
  return {
    memory: next,
    failed,
    duplicates,
    outstanding,
    unclear: unclear.map(({ path }) => path).toSorted(),
    gone,
    isComplete: outstanding.length === 0 && unclear.length === 0 && (isQuiet || !terms.isUncharted),
  }
}

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

function isFromNewCode(terms: Terms, rounds: Rounds, look: Look, dag: Dag): boolean {
  const { since, restarts, major } = terms
  if (!dag.isActive || dag.parsedAt === undefined || dag.file === undefined) return false
  const parses = rounds.parses.get(dag.file)?.get(dag.id)
  const isReadAnew = parses !== undefined && parses.ofNewCode > 0
  const isNew = isNewVersion(terms, dag)
  if (isNew !== undefined)
    return isNew && (isReadAnew || (dag.bundleVersion === terms.dagVersion && !restarts))
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

function remember(memory: Memory, fresh: readonly Dag[]): Pick<Memory, 'owners' | 'imported'> {
  const owners = new Map([...memory.owners].map(([id, files]) => [id, new Set(files)]))
  for (const { id, file } of fresh) {
    if (file !== undefined) owners.set(id, (owners.get(id) ?? new Set<string>()).add(file))
  }
  const imported = new Set([...memory.imported, ...fresh.flatMap(({ file }) => file ?? [])])
  return { owners, imported }
}

/** A file that had DAGs and has none any more: Airflow has retired them although the file imports. */
function isEmptied(path: string, { dags, errors }: Look, since: number): boolean {
  const its = dags.filter(({ file }) => file === path)
  const retired = its.length > 0 && its.every(({ isActive }) => !isActive)
  return retired && !errors.some(({ file, failedAt }) => file === path && failedAt <= since)
}
