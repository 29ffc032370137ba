import type { Run } from '../run.ts'
import { refuseRollback } from './preconditions.ts'
import type { RollbackPlan } from './rollback-choice.ts'
import { planRollback } from './rollback-choice.ts'
import { askForRollback, expectReturn, waitUntilReturned } from './rollback.ts'
import { takeBaseline } from './verification.ts'
import { verifyRollback } from './verify-rollback.ts'

/** `action: rollback`: plan, ask once, proof. Throws ActionError; green means that the earlier code runs and imports. */
export async function rollback(run: Run): Promise<void> {
  const { inputs, deployment, target, log, outputs, stage, tell } = run
  outputs.set({ 'rolled-back': 'false' })
  refuseRollback(deployment, run.session.kind)

  const { leave, to } = await stage('Plan', () => makePlan(run))
  if (inputs.dryRun) {
    const reason = 'dry run: the plan was made and nothing was changed'
    outputs.set({ skipped: 'true', 'skip-reason': reason })
    log.notice(`${deployment.name} was not rolled back (${reason}).`)
    tell({ headline: `Dry run: ${deployment.name} was not rolled back` })
    return
  }

  const baseline = await takeBaseline(run)
  const made = await stage('Roll back', async () =>
    askForRollback(
      run,
      target,
      to.id,
      inputs.description ?? `Rollback from ${leave.id} to ${to.id}`,
      await run.deploys(),
    ),
  )
  outputs.set({ 'deploy-id': made.id, skipped: 'false', 'dag-version': made.dagTarballVersion })
  tell({
    deployId: made.id,
    dagVersion: { before: deployment.dagTarballVersion, after: made.dagTarballVersion },
    rollback: { to, by: made.id },
  })

  const { waitMs } = inputs
  if (waitMs === undefined) {
    outputs.set({ 'rolled-back': 'true' })
    log.notice(
      `Astro has taken the rollback to the deploy ${to.id}, as the deploy ${made.id}. The step does not wait for it to run: \`wait\` is false.`,
    )
    tell({ headline: `Rollback handed to Astro: ${deployment.name} (not waited for)` })
    return
  }
  const deadline = run.clock.now() + waitMs
  const seen = await stage('Wait until live', () =>
    waitUntilReturned(run, target, { to, made, before: deployment }, waitMs),
  )
  outputs.set({ 'rolled-back': 'true' })
  log.info(`Live: ${deployment.name} runs the code of the deploy ${to.id} again; ${leave.id} is left.`)
  const { dagVersion } = expectReturn(to, made, deployment)
  const isProved =
    inputs.verify !== 'no' &&
    (await stage('Verify in Airflow', () => verifyRollback(run, seen, { dagVersion, baseline, deadline })))
  tell({ headline: `Rolled back ${deployment.name}${isProved ? '' : ' (not proved by Airflow)'}` })
}

async function makePlan(run: Run): Promise<RollbackPlan> {
  const { deployment, inputs, clock, log, outputs, tell } = run
  const deploys = await run.deploys()
  const plan = planRollback({ deployment, deploys, wanted: inputs.deployId, now: clock.now() })
  for (const reason of plan.reasons) log.info(reason)
  outputs.set({ 'previous-deploy-id': plan.leave.id })
  tell({
    deployType: 'rollback',
    reasons: plan.reasons,
    dagVersion: { before: deployment.dagTarballVersion, after: plan.to.dagTarballVersion },
    rollback: { to: plan.to, by: undefined },
  })
  return plan
}
