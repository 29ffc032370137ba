import { airflowMajor } from '../airflow/url.ts'
import type { ShownChange, WrittenChange } from '../environment/apply.ts'
import { planVariables, proveVariables, finishVariables, writeVariables } from '../environment/update.ts'
import type { ReadyImage } from '../image/with-image.ts'
import { withImage } from '../image/with-image.ts'
import type { GeneratedFile } from '../project/archive.ts'
import { monitoringDag } from '../project/monitoring-dag.ts'
import type { Run } from '../run.ts'
import type { Applied } from './apply.ts'
import { applyDeploy } from './apply.ts'
import { checkBeforeDeploy } from './check.ts'
import { requireOpenWay } from './blob-store.ts'
import { readFormerCode } from './former-code.ts'
import { imageNeed, makePlan } from './make-plan.ts'
import type { DeployPlan } from './plan.ts'
import { refuseUndeployable } from './preconditions.ts'
import { withRollback } from './rollback-on-failure.ts'
import type { Expectation } from './rollout-verdict.ts'
import { rolloutFailed, waitUntilLive } from './rollout.ts'
import { refusePausedDag, smokeTest } from './smoke-test.ts'
import { takeBaseline } from './verification.ts'
import { verifyDeploy } from './verify-deploy.ts'

/** `action: deploy`: plan, apply, proof. Throws ActionError; green means that the new code runs. */
export async function deploy(run: Run): Promise<void> {
  const { inputs, deployment, target, log, progress, stage, tell } = run
  refuseUndeployable(deployment, run.session.kind)

  const { plan, variables } = await stage('Plan', async () => ({
    plan: await makePlan(run),
    variables: await planVariables(run),
  }))
  if (inputs.dryRun || plan.skip === undefined) await checkBeforeDeploy(run, plan)
  if (inputs.dryRun) {
    skip(run, plan.skip === undefined ? DRY_RUN : `${DRY_RUN}; ${plan.skip}`)
    return
  }
  if (plan.skip !== undefined) {
    skip(run, plan.skip)
    const written = await writeVariables(run, variables)
    if (written) await finishVariables(run, written)
    return
  }
  if (inputs.force && (inputs.parse || inputs.pytest)) {
    log.notice('`force` is true: parse and pytest are skipped.')
  }

  const [baseline] = await Promise.all([
    takeBaseline(run),
    plan.ships.dags ? requireOpenWay(run.request, await run.deploys()) : undefined,
  ])
  refusePausedDag(run, baseline)
  const generated = plan.ships.dags ? generatedFiles(run) : []
  const former = await readFormerCode(run, plan, generated, baseline)
  const need = imageNeed(run, plan)
  const { deploy, written, expected } = need
    ? await withImage(run, need, (image) => ship(run, plan, variables, generated, image))
    : await ship(run, plan, variables, generated, undefined)

  if (inputs.waitMs === undefined) {
    if (deploy.status === 'FAILED') {
      throw rolloutFailed(target, deploy.id, (await run.astro.getDeployment(target)).statusReason)
    }
    log.notice(
      `Astro has taken the deploy ${deploy.id}. The step does not wait for the new code to run: \`wait\` is false.`,
    )
    tell({ headline: `Handed to Astro: ${deployment.name} (not waited for)` })
    return
  }
  const { waitMs } = inputs
  const deadline = run.clock.now() + waitMs
  const watching = { ...run, onEnded: (end: 'failed' | 'replaced') => progress.reached(end) }
  const guarded = { deployId: deploy.id, previous: plan.previous, knowsBefore: baseline !== undefined }
  const { isProved } = await withRollback(run, guarded, async () => {
    const seen = await stage('Wait until live', () =>
      waitUntilLive(watching, target, deploy.id, expected, waitMs),
    )
    progress.reached('live')
    log.info(`Live: ${deployment.name} runs ${describe(expected)}.`)
    const isProved =
      inputs.verify !== 'no' &&
      (await stage('Verify in Airflow', () =>
        verifyDeploy(run, seen, { plan, expected, generated, baseline, former, deadline }),
      ))
    if (written) proveVariables(run, seen, written)
    await smokeTest(run, seen, { deployId: deploy.id, isProved })
    return { isProved }
  })
  tell({ headline: `Deployed to ${deployment.name}${isProved ? '' : ' (not proved by Airflow)'}` })
}

const DRY_RUN = 'dry run: the plan was made and nothing was changed'

type Shipped = {
  readonly deploy: Applied['deploy']
  readonly written: WrittenChange | undefined
  /** What is to be waited for. */
  readonly expected: Expectation
}

/** Writes the variables, then creates, pushes, uploads and finalizes. */
async function ship(
  run: Run,
  plan: DeployPlan,
  variables: ShownChange | undefined,
  generated: readonly GeneratedFile[],
  image: ReadyImage | undefined,
): Promise<Shipped> {
  const { deployment, target, outputs, stage, tell } = run
  const written = await writeVariables(run, variables)
  const { deploy, dagVersion } = await stage('Deploy', async () => {
    const body = plan.ships.dags ? await run.project().bundle(generated) : undefined
    const deps = { ...run, hide: run.secrets.hide, onCreated: handOn(run, plan) }
    return applyDeploy(deps, target, plan, { body, push: image?.push })
  })
  outputs.set({ 'dag-version': dagVersion })
  if (dagVersion !== undefined) tell({ dagVersion: { before: plan.before.dagVersion, after: dagVersion } })
  return {
    deploy,
    written,
    expected: {
      dagVersion,
      image: image && {
        tag: deploy.imageTag,
        runtimeVersion: image.runtimeVersion,
        isRestarting: written !== undefined,
      },
      former: { desiredDagVersion: deployment.desiredDagTarballVersion },
    },
  }
}

function describe({ dagVersion, image }: Expectation): string {
  return [
    ...(image ? [`the image ${image.tag} (runtime ${image.runtimeVersion ?? 'unknown'})`] : []),
    ...(dagVersion === undefined ? [] : [`the DAG version ${dagVersion}`]),
  ].join(' and ')
}

/** Nothing is deployed, and nobody can overlook it. */
function skip({ log, outputs, tell, deployment, inputs }: Run, reason: string): void {
  outputs.set({ skipped: 'true', 'skip-reason': reason })
  const untested = !inputs.dryRun && inputs.runDag ? ` The DAG ${inputs.runDag.dagId} was not run.` : ''
  log.notice(`Nothing was deployed to ${deployment.name} (${reason}).${untested}`)
  const headline = inputs.dryRun ? 'Dry run: nothing was deployed' : 'Skipped: nothing was deployed'
  tell({ headline: `${headline} to ${deployment.name}` })
}

function handOn({ outputs, tell }: Run, plan: DeployPlan): (created: Applied['deploy']) => void {
  return ({ id, imageTag }) => {
    const tag = plan.ships.image ? imageTag : undefined
    outputs.set({ 'deploy-id': id, skipped: 'false', 'image-tag': tag })
    tell({
      deployId: id,
      deployType: plan.type,
      imageTag: tag ? { before: plan.before.imageTag, after: tag } : undefined,
    })
  }
}

/** Astro watches the tasks of a Hybrid Deployment through a DAG of its own, which each deploy must bring along. */
function generatedFiles({ deployment }: Run): readonly GeneratedFile[] {
  if (deployment.type !== 'HYBRID') return []
  return [monitoringDag(airflowMajor(deployment.airflowVersion) ?? 2)]
}
