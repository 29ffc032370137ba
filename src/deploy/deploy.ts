import { airflowMajor } from '../airflow/url.ts'
import { planVariables, proveVariables, writeVariables } from '../environment/update.ts'
import type { GeneratedFile } from '../project/archive.ts'
import { monitoringDag } from '../project/monitoring-dag.ts'
import type { Run } from '../run.ts'
import { applyDeploy } from './apply.ts'
import type { DeployPlan } from './plan.ts'
import { planDeploy } from './plan.ts'
import { refuseUndeployable } from './preconditions.ts'
import { withRollback } from './rollback-on-failure.ts'
import { waitUntilLive } from './rollout.ts'

/** `action: deploy`: plan, apply, proof. Throws ActionError; green means that the new code runs. */
export async function deploy(run: Run): Promise<void> {
  const { inputs, deployment, target, project, log, outputs, progress, stage, tell } = run
  refuseUndeployable(deployment, run.session.kind)

  const { plan, variables } = await stage('Plan', async () => ({
    plan: await makePlan(run),
    variables: await planVariables(run),
  }))
  if (inputs.dryRun) {
    skipDryRun(run)
    return
  }

  const written = await writeVariables(run, variables)
  const { deploy, dagVersion } = await stage('Deploy', async () => {
    const body = await project().bundle(generatedFiles(run))
    return applyDeploy({ ...run, hide: run.secrets.hide, onCreated: handOn(run, plan) }, target, plan, body)
  })
  outputs.set({ 'dag-version': dagVersion })
  tell({ dagVersion: { before: plan.before.dagVersion, after: dagVersion } })

  if (inputs.waitMs === undefined) {
    log.notice(
      `Astro has taken the deploy ${deploy.id}. The step does not wait for the new code to run: \`wait\` is false.`,
    )
    tell({ headline: `Handed to Astro: ${deployment.name} (not waited for)` })
    return
  }
  const { waitMs } = inputs
  const expected = { dagVersion, former: { desiredDagVersion: deployment.desiredDagTarballVersion } }
  const watching = { ...run, onEnded: (end: 'failed' | 'replaced') => progress.reached(end) }
  const live = await withRollback(run, { deployId: deploy.id, previous: plan.previous }, async () => {
    const seen = await stage('Wait until live', () =>
      waitUntilLive(watching, target, deploy.id, expected, waitMs),
    )
    progress.reached('live')
    return seen
  })
  if (written) proveVariables(run, live, written)
  log.info(`Live: ${deployment.name} runs the DAG version ${dagVersion}.`)
  tell({ headline: `Deployed to ${deployment.name}` })
}

async function makePlan(run: Run): Promise<DeployPlan> {
  const { deployment, inputs, log, outputs, tell } = run
  const project = run.project()
  const [deploys, dagFolder, commit, projectPath] = await Promise.all([
    run.deploys(),
    project.dagFolder,
    project.commit,
    project.projectPath,
  ])
  const { description } = inputs
  const plan = planDeploy({ deployment, deploys, commit, projectPath, description, dagFolder })
  for (const reason of plan.reasons) log.info(reason)
  log.info(
    `Live now: ${plan.previous ? `deploy ${plan.previous.id}` : 'no deploy'}, DAG version ${plan.before.dagVersion ?? 'none'}.`,
  )
  outputs.set({ 'deploy-type': plan.type, 'previous-deploy-id': plan.previous?.id })
  tell({
    commit,
    deployType: plan.type,
    reasons: plan.reasons,
    dagVersion: { before: plan.before.dagVersion, after: undefined },
  })
  return plan
}

function skipDryRun({ log, outputs, tell, deployment }: Run): void {
  const reason = 'dry run: the plan was made and nothing was changed'
  outputs.set({ skipped: 'true', 'skip-reason': reason })
  log.notice(`Nothing was deployed to ${deployment.name} (${reason}).`)
  tell({ headline: `Dry run: nothing was deployed to ${deployment.name}` })
}

function handOn({ outputs, tell }: Run, plan: DeployPlan): (created: { readonly id: string }) => void {
  return ({ id }) => {
    outputs.set({ 'deploy-id': id, skipped: 'false' })
    tell({ deployId: id, deployType: plan.type })
  }
}

/** Astro watches the tasks of a Hybrid Deployment through a DAG of its own, which each deploy must bring along. */
function generatedFiles({ deployment }: Run): readonly GeneratedFile[] {
  if (deployment.type !== 'HYBRID') return []
  return [monitoringDag(airflowMajor(deployment.airflowVersion) ?? 2)]
}
