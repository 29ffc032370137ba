import type { PromisedFile } from '../project/promised-dags.ts'
import type { Duplicate } from './duplicates.ts'
import { findDuplicates } from './duplicates.ts'
import type { Stamps, Texts } from './evidence.ts'
import { everyoneStampedTwice, fromNewCode, rememberStamps, rememberTexts, versionCame } from './evidence.ts'
import type { Rounds } from './rounds.ts'
import { countRounds, everyoneTwice, isAnyTaken, NO_ROUNDS, QUIET_MS } from './rounds.ts'
import type { Before, Look, Terms } from './terms.ts'
import type { Dag, ImportError } from './types.ts'

/** What earlier looks showed. */
export type Memory = {
  readonly rounds: Rounds
  readonly stamped: Stamps
  readonly texts: Texts
  /** Files that a DAG was seen to come from since the rollout, by its ID. */
  readonly owners: ReadonlyMap<string, ReadonlySet<string>>
  readonly imported: ReadonlySet<string>
}

export const NOTHING_SEEN: Memory = {
  rounds: NO_ROUNDS,
  stamped: new Map(),
  texts: { late: new Set(), cameAt: undefined },
  owners: new Map(),
  imported: new Set(),
}

export type Judgement = {
  readonly memory: Memory
  /** Errors of the new code, by file. */
  readonly failed: ReadonlyMap<string, ImportError>
  readonly duplicates: readonly Duplicate[]
  /** Those that were there before. */
  readonly oldDuplicates: readonly Duplicate[]
  /** Promised files of which neither a DAG nor an error of the new code has been seen. */
  readonly outstanding: readonly string[]
  /** Files that promise nothing, as long as they may still fail. */
  readonly unclear: readonly string[]
  /** All that can be known is known. */
  readonly isComplete: boolean
}

/**
 * What one more look at Airflow adds. A file counts as parsed from the new code by the strongest proof there is: a DAG of it
 * names our bundle version, or Airflow's copy of its text is ours and it was parsed after the rollout. A file that neither
 * brings a DAG nor an error leaves no trace at all in Airflow: one that promises none is settled when the others have been
 * parsed twice, since Airflow takes them in turn. After a rollback, files that come back may be found a while later.
 */
export function judge(given: Terms, memory: Memory, look: Look): Judgement {
  const since = Math.max(given.since, memory.texts.cameAt ?? given.since)
  const terms = { ...given, since }
  const { promised } = terms
  const files = promised.files
  const stamped = rememberStamps(terms, memory.stamped, look.dags)
  // Airflow may come to have the version a while after the rollout: what failed before is of the former code.
  const cameAt = versionCame(terms, stamped)
  const newFrom = Math.max(since, cameAt ?? since)
  const isJustCome = cameAt !== undefined && versionCame(terms, memory.stamped) === undefined
  const known = isJustCome ? { ...memory.rounds, failures: NO_ROUNDS.failures } : memory.rounds
  const rounds = countRounds(terms, newFrom, known, look)
  // A parse of the former code may end after the new code came, and must not speak for a file that is mended.
  const isOfNewCode = (file: string): boolean =>
    !terms.before.broken.has(file) || (rounds.failures.get(file)?.ofNewCode ?? 0) > 0
  const failed = new Map(
    look.errors
      .filter(({ file, failedAt }) => failedAt > since && isOfNewCode(file))
      .map((error) => [error.file, error]),
  )
  const texts = rememberTexts(memory.texts, rounds, look)
  if (texts.cameAt !== memory.texts.cameAt) return judge(given, { ...NOTHING_SEEN, stamped, texts }, look)
  const fresh = fromNewCode({ terms, rounds, stamped, look })
  const next = { rounds, stamped, texts, ...remember(memory, fresh) }
  const isUncharted = terms.arrival === 'rollback'
  const allDuplicates = findDuplicates(isUncharted ? 'unknown' : files, next, failed)
  const duplicated = new Set(allDuplicates.flatMap((duplicate) => duplicate.files))
  const [oldDuplicates, duplicates] = split(allDuplicates, (one) => wasThere(one, terms.before))
  const formerly = new Set(filesOf(terms.before.dags))
  const brought = new Set(filesOf(look.dags))
  const stillFailing = new Set(
    look.errors.filter(({ file }) => promised.all.has(file)).map(({ file }) => file),
  )
  const isSettled = ({ path }: PromisedFile): boolean =>
    failed.has(path) || duplicated.has(path) || (next.imported.has(path) && !stillFailing.has(path))

  const failedBefore = new Set(
    look.errors.filter(({ failedAt }) => failedAt <= since).map(({ file }) => file),
  )
  // A file that had DAGs may have none any more: Airflow has retired them, or finds them elsewhere, although it imports.
  const expected = files.filter(
    (file) =>
      file.promise.kind === 'promised' ||
      (formerly.has(file.path) && (brought.has(file.path) || failedBefore.has(file.path))),
  )
  const unsettled = expected.filter((file) => !isSettled(file)).map(({ path }) => path)
  const wanted = new Set(expected)
  const open = new Set(unsettled)
  const lingering = [...stillFailing].filter((path) => !failed.has(path) && !open.has(path))
  const outstanding = [...unsettled, ...lingering].toSorted()
  const isLate = look.serverTime > newFrom + QUIET_MS
  const hadRounds =
    cameAt === undefined
      ? everyoneTwice(rounds, look.asked)
      : everyoneStampedTwice(terms, stamped, look.asked)
  const isQuiet = isUncharted ? isLate && isAnyTaken(rounds) : isLate || hadRounds
  const unclear = isQuiet || isUncharted ? [] : files.filter((file) => !wanted.has(file) && !isSettled(file))
  return {
    memory: next,
    failed,
    duplicates,
    oldDuplicates,
    outstanding,
    unclear: unclear.map(({ path }) => path).toSorted(),
    isComplete: outstanding.length === 0 && unclear.length === 0 && (isQuiet || !isUncharted),
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

const wasThere = ({ dagId, files }: Duplicate, { shared }: Before): boolean =>
  files.every((file) => shared?.get(dagId)?.has(file) === true)

function split<T>(all: readonly T[], isFirst: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))]
}

const filesOf = (dags: readonly Dag[]): readonly string[] =>
  dags.flatMap(({ file, isActive }) => (isActive && file !== undefined ? [file] : []))
