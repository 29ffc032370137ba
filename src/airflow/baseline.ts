import type { PromisedDags } from '../project/promised-dags.ts'
import type { AirflowClient } from './client.ts'
import { nameFiles } from './file-names.ts'
import { essenceOf } from './traceback.ts'
import type { Dag, ImportError } from './types.ts'

/** What Airflow showed before the deploy, by its own names for files. */
export type Baseline = {
  readonly dags: readonly Dag[]
  readonly errors: readonly ImportError[]
}

export const EMPTY_BASELINE: Baseline = { dags: [], errors: [] }

export async function readBaseline(airflow: Pick<AirflowClient, 'dags' | 'importErrors'>): Promise<Baseline> {
  const [dags, errors] = await Promise.all([airflow.dags(), airflow.importErrors()])
  return { dags: dags.items, errors: errors.items }
}

const ABANDONED_MS = 3_600_000

/** Whether a DAG is still parsed, unlike what a DAG bundle left behind that was taken away: those stay active for ever. */
export function isKept(dags: readonly Dag[]): (dag: Dag) => boolean {
  const newest = dags.reduce((latest, { parsedAt = 0 }) => Math.max(latest, parsedAt), 0)
  return ({ isActive, parsedAt = 0 }) => isActive && parsedAt >= newest - ABANDONED_MS
}

/**
 * What code promises whose files nobody here knows: that the files of these DAGs are parsed again, and those that did not
 * import.
 */
export function promisedByAirflow({ dags, errors }: Baseline): PromisedDags {
  const imported = dags.filter(isKept(dags)).flatMap(({ file }) => file ?? [])
  const names = [...imported, ...errors.map(({ file }) => file)]
  const paths = new Set(names.map(nameFiles(names, new Set())))
  const promise = { kind: 'possible', ids: [] } as const
  return { files: [...paths].map((path) => ({ path, promise, fingerprint: undefined })), all: paths }
}

/** Whether the same file failed in the same way before. */
export function isOld(error: ImportError, before: readonly ImportError[]): boolean {
  const essence = essenceOf(error.trace)
  return before.some((one) => one.file === error.file && essenceOf(one.trace) === essence)
}
