import type { Baseline } from '../airflow/baseline.ts'
import { promisedByAirflow } from '../airflow/baseline.ts'
import type { Repository } from '../airflow/report.ts'
import type { Deployment } from '../astro/types.ts'
import type { Run } from '../run.ts'
import { verifyInAirflow } from './verification.ts'

/** What is checked out, if anything is, need not be the code that came back: nothing can be shown on a file. */
const NO_REPOSITORY: Repository = {
  dagFolder: '',
  dagFiles: new Set(),
  projectFile: () => undefined,
  read: () => undefined,
}

/**
 * Waits until Airflow has imported the code that a rollback brought back; throws, warns and answers as `verifyInAirflow` does.
 * Airflow may have parsed the same version of the code long ago, so only what it parses from now on counts.
 */
export async function verifyRollback(
  run: Run,
  live: Deployment,
  facts: {
    readonly dagVersion: string | undefined
    /** What Airflow showed before the rollback. */
    readonly baseline: Baseline | undefined
    /** Milliseconds since the epoch. */
    readonly deadline: number
  },
): Promise<boolean> {
  const { dagVersion, baseline } = facts
  const isSameBundle = dagVersion === run.deployment.dagTarballVersion
  return verifyInAirflow(run, live, {
    ...facts,
    arrival: 'rollback',
    dagVersion: isSameBundle ? undefined : dagVersion,
    promised: () => Promise.resolve(baseline && promisedByAirflow(baseline)),
    repository: () => Promise.resolve(NO_REPOSITORY),
  })
}
