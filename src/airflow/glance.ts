import { ActionError } from '../errors.ts'
import type { PromisedFile } from '../project/promised-dags.ts'
import type { AirflowClient } from './client.ts'
import type { Dag, ImportError } from './types.ts'

/** More DAGs than Airflow shows on one page. */
export const MANY_DAGS = 100
/** The longest time between two looks at everything. */
const LONGEST_MS = 60_000

/** What a look at everything showed; files by one kind of names. */
export type Picture = {
  readonly dags: readonly Dag[]
  readonly errors: readonly ImportError[]
  /** Files that are waited for. */
  readonly outstanding: readonly string[]
}

/**
 * Finds out with one request whether another look at everything, which takes one for each hundred DAGs, can show more than the last
 * one. Asks in turn for the import errors and for one DAG: Airflow takes files in turn, so that one of those that are waited for
 * which was parsed last is parsed last again.
 *
 * @param named an error of Airflow's by the names of files that the picture has
 */
export function createGlance(
  airflow: Pick<AirflowClient, 'dag' | 'importErrors'>,
  files: readonly PromisedFile[],
  named: (error: ImportError) => ImportError,
): (picture: Picture, ageMs: number) => Promise<boolean> {
  let turn = 0
  return async (picture, ageMs) => {
    if (ageMs >= LONGEST_MS) return true
    turn += 1
    const witness = findWitness(picture, files)
    if (witness !== undefined && turn % 2 === 1) {
      return (await parsedAt(airflow, witness)) !== picture.dags.find(({ id }) => id === witness)?.parsedAt
    }
    const awaited = new Set(picture.outstanding)
    const now = (await airflow.importErrors()).items.map(named)
    return describe(now, awaited) !== describe(picture.errors, awaited)
  }
}

function findWitness({ dags, outstanding }: Picture, files: readonly PromisedFile[]): string | undefined {
  const awaited = new Set(outstanding)
  const shown = dags.filter(({ file, isActive }) => isActive && file !== undefined && awaited.has(file))
  if (shown.length > 0) return shown.reduce((a, b) => ((a.parsedAt ?? 0) >= (b.parsedAt ?? 0) ? a : b)).id
  return files.find(({ path }) => awaited.has(path))?.promise.ids[0]?.id
}

async function parsedAt(airflow: Pick<AirflowClient, 'dag'>, id: string): Promise<number | undefined> {
  try {
    return (await airflow.dag(id)).dag.parsedAt
  } catch (error) {
    if (error instanceof ActionError && error.code === 'ASTRO-AIRFLOW-NOT-FOUND') return undefined
    throw error
  }
}

/** Errors that were there all the time come again with each parse; only of a file that is waited for does that say something. */
function describe(errors: readonly ImportError[], awaited: ReadonlySet<string>): string {
  return JSON.stringify(
    errors.map(({ file, failedAt, trace }) => [file, trace, awaited.has(file) ? failedAt : 0]).toSorted(),
  )
}
