import { isKept, isOld } from './baseline.ts'
import type { Duplicate } from './duplicates.ts'
import { explainMissingModule } from './missing-module.ts'
import { findNamed, framePaths, locateError } from './traceback.ts'
import type { Dag, ImportError } from './types.ts'
import type { Observed } from './verify.ts'

/** An import error as a user reads it. Paths are those of the repository. */
export type ErrorRow = {
  readonly file: string
  readonly line: number | undefined
  /** False for a file that is not in the repository, which nothing can be shown on. */
  readonly isOurs: boolean
  readonly message: string
}

/** What Airflow made of the code that came. */
export type VerificationReport = {
  readonly newErrors: readonly ErrorRow[]
  /** Those that were there before it came. */
  readonly oldErrors: readonly ErrorRow[]
  /** Files that share a DAG ID, and did before it came. */
  readonly oldDuplicates?: readonly ErrorRow[]
  /** Files that neither imported nor failed in time. */
  readonly silent: readonly string[]
  /** Files that need not hold a DAG, of which it was too early to say that they do not fail. */
  readonly unclear: readonly string[]
  readonly appeared: readonly string[]
  readonly disappeared: readonly string[]
  /** It is known of every file whether it imports. */
  readonly isComplete: boolean
}

export type Repository = {
  /** The DAG folder in the repository, without a slash at its end; '' for the root. */
  readonly dagFolder: string
  /** Every file of the DAG folder, by its path below it. */
  readonly dagFiles: ReadonlySet<string>
  /** A file's path in the repository from Airflow's name for it, for files of the project outside of the DAG folder. */
  readonly projectFile: (airflowName: string) => string | undefined
  /** The text of a file of the DAG folder. */
  readonly read: (path: string) => string | undefined
}

/** @param hasBaseline whether it is known what Airflow showed before; otherwise every error is a new one */
export function reportOn(
  observed: Observed,
  repository: Repository,
  hasBaseline: boolean,
): VerificationReport {
  const { judgement, errors, before } = observed
  const silent = judgement.outstanding.filter((path) => !judgement.failed.has(path))
  const stale = errors.filter(
    ({ file }) => !judgement.failed.has(file) && !silent.includes(file) && wasBroken(file, before.errors),
  )
  const current = [...judgement.failed.values()]
  const old = current.filter((error) => hasBaseline && isOld(error, before.errors))
  const fresh = current.filter((error) => !old.includes(error))
  const rowsOf = (duplicates: readonly Duplicate[]): readonly ErrorRow[] =>
    duplicates.flatMap(({ dagId, files }) =>
      files.map((file) => duplicateRow(dagId, file, files, repository)),
    )
  const row = (error: ImportError): ErrorRow => errorRow(error, observed, repository)
  return {
    newErrors: [...fresh.map(row), ...rowsOf(judgement.duplicates)].toSorted(byPlace),
    oldErrors: [...old, ...stale].map(row).toSorted(byPlace),
    oldDuplicates: rowsOf(judgement.oldDuplicates).toSorted(byPlace),
    silent: silent.map((path) => inRepository(path, repository)),
    unclear: judgement.unclear.map((path) => inRepository(path, repository)),
    ...(hasBaseline ? compareDags(observed) : { appeared: [], disappeared: [] }),
    isComplete: judgement.isComplete,
  }
}

const wasBroken = (file: string, before: readonly ImportError[]): boolean =>
  before.some((error) => error.file === file)

const byPlace = (a: ErrorRow, b: ErrorRow): number => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0)

function errorRow(error: ImportError, { name }: Observed, repository: Repository): ErrorRow {
  const ours = (path: string): string | undefined => {
    const below = name(path)
    if (repository.dagFiles.has(below)) return inRepository(below, repository)
    return repository.projectFile(path)
  }
  const place = locateError(error.trace, ours)
  const isOurs = repository.dagFiles.has(error.file)
  const dagFile = isOurs ? inRepository(error.file, repository) : error.file
  if (error.trace.startsWith('REDACTED')) {
    return {
      file: dagFile,
      line: undefined,
      isOurs,
      message: 'Airflow does not show the reason to this token.',
    }
  }
  if (place.path === undefined) {
    const source = isOurs ? repository.read(error.file) : undefined
    const line = source === undefined ? undefined : (findNamed(error.trace, source) ?? 1)
    return { file: dagFile, line, isOurs, message: place.message }
  }
  const from = place.path === dagFile ? '' : ` (so ${dagFile} does not import)`
  const importing = name(framePaths(error.trace).findLast((frame) => ours(frame) === place.path) ?? '')
  const missing = { message: place.message, trace: error.trace, file: importing }
  const why = explainMissingModule(missing, repository.dagFiles)
  const message = [`${place.message}${from}`, why].filter((part) => part !== undefined).join('. ')
  return { file: place.path, line: place.line, isOurs: true, message }
}

function duplicateRow(
  dagId: string,
  file: string,
  files: readonly string[],
  repository: Repository,
): ErrorRow {
  const others = files.filter((other) => other !== file).map((other) => inRepository(other, repository))
  const source = repository.read(file)
  return {
    file: inRepository(file, repository),
    line: source === undefined ? undefined : (findNamed(`DAG '${dagId}'`, source) ?? 1),
    isOurs: true,
    message: `The DAG ID ${dagId} is used in ${others.join(', ')} as well: Airflow runs whichever it parsed last.`,
  }
}

function inRepository(path: string, { dagFolder }: Repository): string {
  return dagFolder === '' ? path : `${dagFolder}/${path}`
}

/**
 * A DAG whose file was parsed without it, or is no longer there, is gone, though Airflow retires it only minutes later. Files
 * that are not in the folder may come from elsewhere: what is parsed from them stays.
 */
function compareDags({
  dags,
  before,
  judgement,
  folder,
}: Observed): Pick<VerificationReport, 'appeared' | 'disappeared'> {
  const { owners, rounds, imported } = judgement.memory
  const isLeftBehind = ({ id, file = '' }: Dag): boolean => {
    if (owners.has(id)) return false
    const parses = rounds.parses.get(file)?.get(id)
    if (!folder.has(file)) return parses === undefined
    // The last parse of the former code may have ended after the rollout.
    return imported.has(file) && (parses?.ofNewCode ?? 0) === 0
  }
  const now = new Set(dags.filter((dag) => dag.isActive && !isLeftBehind(dag)).map(({ id }) => id))
  const then = new Set(before.dags.filter(({ isActive }) => isActive).map(({ id }) => id))
  const gone = before.dags
    .filter(isKept(before.dags))
    .filter(({ id, file = '' }) => !now.has(id) && !judgement.failed.has(file))
  return {
    appeared: [...now].filter((id) => !then.has(id)).toSorted(),
    disappeared: gone.map(({ id }) => id).toSorted(),
  }
}
