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
 * What one more look at Airflow adds; docs/how-verification-works.md has the rules as a table. A file that neither brings a DAG nor
 * an error leaves no trace at all in Airflow: one that promises none is settled when the others have been parsed twice, since Airflow
 * takes them in turn. After a rollback, files that come back may be found a while later.
 */
export function judge(given: Terms, memory: Memory, look: Look): Judgement {
  const since = Math.max(given.since, memory.texts.cameAt ?? given.since)
  const terms = { ...given, since }
  const stamped = rememberStamps(terms, memory.stamped, look.dags)
  // Airflow may come to have the version a while after the rollout: what failed before is of the former code.
  const cameAt = versionCame(terms, stamped)
  const newFrom = Math.max(since, cameAt ?? since)
  const isJustCome = cameAt !== undefined && versionCame(terms, memory.stamped) === undefined
  const known = isJustCome ? { ...memory.rounds, failures: NO_ROUNDS.failures } : memory.rounds
  const rounds = countRounds(terms, newFrom, known, look)
  const texts = rememberTexts(memory.texts, rounds, look)
  if (texts.cameAt !== memory.texts.cameAt) return judge(given, { ...NOTHING_SEEN, stamped, texts }, look)

  const isUncharted = terms.arrival === 'rollback'
  const { files, all } = terms.promised
  const failed = failedFiles(terms, rounds, look)
  const next = { rounds, stamped, texts, ...remember(memory, fromNewCode({ terms, rounds, stamped, look })) }
  const found = findDuplicates(isUncharted ? 'unknown' : files, next, failed)
  const duplicated = new Set(found.flatMap((duplicate) => duplicate.files))
  const failing = new Set(look.errors.filter(({ file }) => all.has(file)).map(({ file }) => file))
  const isSettled = (path: string): boolean =>
    failed.has(path) || duplicated.has(path) || (next.imported.has(path) && !failing.has(path))

  const expected = new Set(expectedFiles(terms, look))
  const open = new Set([
    ...[...expected].filter((path) => !isSettled(path)),
    ...[...failing].filter((path) => !failed.has(path)),
  ])
  const isLate = look.serverTime > newFrom + QUIET_MS
  const hadRounds =
    cameAt === undefined
      ? everyoneTwice(rounds, look.asked)
      : everyoneStampedTwice(terms, stamped, look.asked)
  const isQuiet = isUncharted ? isLate && isAnyTaken(rounds) : isLate || hadRounds
  const paths = files.map(({ path }) => path)
  const unclear =
    isQuiet || isUncharted ? [] : paths.filter((path) => !expected.has(path) && !isSettled(path))
  return {
    memory: next,
    failed,
    duplicates: found.filter((one) => !wasThere(one, terms.before)),
    oldDuplicates: found.filter((one) => wasThere(one, terms.before)),
    outstanding: [...open].toSorted(),
    unclear: unclear.toSorted(),
    isComplete: open.size === 0 && unclear.length === 0 && (isQuiet || !isUncharted),
  }
}

/** Errors of the new code. A parse of the former code may end after the new code came, and must not speak for a file that is mended. */
function failedFiles(
  { since, before }: Terms,
  { failures }: Rounds,
  { errors }: Look,
): ReadonlyMap<string, ImportError> {
  const isOfNewCode = ({ file, failedAt }: ImportError): boolean =>
    failedAt > since && (!before.broken.has(file) || (failures.get(file)?.ofNewCode ?? 0) > 0)
  return new Map(errors.filter(isOfNewCode).map((error) => [error.file, error]))
}

/**
 * Files that leave a trace in Airflow, whatever becomes of them: those that promise a DAG, and those that had one, unless Airflow has
 * retired it, or finds it elsewhere.
 */
function expectedFiles({ promised, before, since }: Terms, { dags, errors }: Look): readonly string[] {
  const had = new Set(filesOf(before.dags))
  const shown = new Set(filesOf(dags))
  for (const { file, failedAt } of errors) if (failedAt <= since) shown.add(file)
  return promised.files.flatMap(({ path, promise }) =>
    promise.kind === 'promised' || (had.has(path) && shown.has(path)) ? [path] : [],
  )
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

const filesOf = (dags: readonly Dag[]): readonly string[] =>
  dags.flatMap(({ file, isActive }) => (isActive && file !== undefined ? [file] : []))
