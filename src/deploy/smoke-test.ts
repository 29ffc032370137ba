import { connectAirflow } from '../airflow/connect.ts'
import { runSmokeTest } from '../airflow/smoke-test.ts'
import type { Deployment } from '../astro/types.ts'
import type { Run } from '../run.ts'

/** Runs the DAG that `run-dag` names, if it names one, on the code that a deploy brought. Throws `ASTRO-RUN-…`. */
export async function smokeTest(run: Run, live: Deployment, deployId: string): Promise<void> {
  const { inputs, session, clock, log, outputs, signal, stage, target } = run
  const { runDag } = inputs
  if (runDag === undefined) return
  await stage('Smoke test', async () => {
    const airflow = await connectAirflow({ ...run, tokens: session }, live)
    await runSmokeTest(
      {
        ...{ airflow, clock, log, signal },
        onRun: (id) => outputs.set({ 'dag-run-id': id }),
        onEnd: (state) => outputs.set({ 'dag-run-state': state }),
      },
      {
        ...runDag,
        runId: `deploy-to-astro__${deployId}`,
        note: `Smoke test of the deploy ${deployId}: ${target.url}`,
      },
    )
  })
}
