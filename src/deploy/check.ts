import type { Run } from '../run.ts'
import type { DeployPlan } from './plan.ts'

const PYTHON_PATH = 'PYTHONPATH'

/**
 * Checks the Python files that the deploy would bring, before anything is written. What is in them was read while the network
 * was busy.
 */
export async function checkBeforeDeploy(run: Run, plan: DeployPlan): Promise<void> {
  const { deployment, inputs, stage } = run
  const { checked } = run.project()
  if (checked === undefined) return
  const { performCheck } = await import('../check/perform.ts')
  const isRemote = deployment.remoteExecution?.enabled === true
  const bringsImage = plan.ships.image
  const sets = [
    ...(deployment.environmentVariables ?? []).map(({ key }) => key),
    ...(inputs.environment?.variables ?? []).map(({ key }) => key),
  ]
  await stage('Check the DAGs', () =>
    performCheck(
      { ...run, checked },
      {
        deployed: deployment.astroRuntimeVersion,
        ships: !bringsImage ? undefined : inputs.imageName === undefined ? 'built' : 'prebuilt',
        bringsDags:
          plan.skip !== undefined ||
          plan.ships.dags ||
          (bringsImage && !deployment.isDagDeployEnabled && !isRemote),
        bringsImage,
        isPathSet: sets.includes(PYTHON_PATH),
        isBundle: plan.ships.dags && deployment.isDagDeployEnabled && !isRemote,
      },
    ),
  )
}
