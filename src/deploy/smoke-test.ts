import type { Baseline } from '../airflow/baseline.ts'
import { connectAirflow } from '../airflow/connect.ts'
import { pausedDag, runSmokeTest } from '../airflow/smoke-test.ts'
import { dagRunUrl } from '../airflow/url.ts'
import type { Deployment } from '../astro/types.ts'
import type { Run } from '../run.ts'

/**
 * Before anything is written: throws ASTRO-RUN-PAUSED when the DAG that `run-dag` names is one that Airflow has, is paused
 * and is not to be unpaused, so that the smoke test could only fail.
 */
export function refusePausedDag({ inputs: { runDag } }: Run, baseline: Baseline | undefined): void {
  if (runDag === undefined || runDag.unpause) return
  if (baseline?.dags.some(({ id, isPaused }) => id === runDag.dagId && isPaused))
    throw pausedDag(runDag.dagId)
}

/**
 * Runs the DAG that `run-dag` names, if it names one, on the code that a deploy brought. Throws `ASTRO-RUN-…`. Code that
 * Airflow is not known to have imported (`verify: warn`) is not run: what would run may be the code before.
 */
export async function smokeTest(
  run: Run,
  live: Deployment,
  { deployId, isProved }: { readonly deployId: string; readonly isProved: boolean },
): Promise<void> {
  const { inputs, session, clock, log, outputs, signal, stage, target, tell } = run
  const { runDag } = inputs
  if (runDag === undefined) return
  const { dagId } = runDag
  if (!isProved) {
    log.warning(
      `The smoke test was skipped: the DAG ${dagId} was not run, since Airflow is not known to have imported the new code. With \`verify: true\` the step would fail here.`,
    )
    return
  }
  const runId = `deploy-to-astro__${deployId}`
  await stage('Smoke test', async () => {
    const airflow = await connectAirflow({ ...run, tokens: session }, live)
    const url = dagRunUrl(live.uiUrl, airflow.major, dagId, runId)
    await runSmokeTest(
      {
        ...{ airflow, clock, log, signal },
        onRun() {
          log.info(`Started the run ${runId} of the DAG ${dagId}.`)
          if (url !== undefined) log.info(url)
          outputs.set({ 'dag-run-id': runId })
          tell({ smokeTest: { dagId, runId, url, state: undefined } })
        },
        onEnd(state) {
          outputs.set({ 'dag-run-state': state })
          tell({ smokeTest: { dagId, runId, url, state } })
        },
      },
      { ...runDag, runId, note: `Smoke test of the deploy ${deployId}: ${target.url}` },
    )
  })
}
