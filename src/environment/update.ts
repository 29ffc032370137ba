import type { Deployment } from '../astro/types.ts'
import { environmentLines } from '../report/environment.ts'
import type { Run } from '../run.ts'
import type { ShownChange, WrittenChange } from './apply.ts'
import { applyEnvironment } from './apply.ts'
import { overwritten } from './apply-failure.ts'
import { areSame, compareVariables } from './compare.ts'
import { readEnvironmentObjects, sameKeysWarning } from './linked.ts'
import type { EnvironmentPlan } from './plan.ts'
import { namesOf, planEnvironment } from './plan.ts'
import { reservedWarning } from './reserved.ts'
import { waitUntilRestarted } from './restart.ts'

/** `action: update-environment-variables`: plan, apply, proof. Throws ActionError. */
export async function updateEnvironmentVariables(run: Run): Promise<void> {
  const { deployment, inputs, stage } = run
  const shown = await stage('Plan', () => planVariables(run))
  if (inputs.dryRun) {
    skip(
      run,
      'dry run: the plan was made and nothing was changed',
      `Dry run: nothing was changed on ${deployment.name}`,
    )
    return
  }
  const written = await writeVariables(run, shown)
  if (written === undefined) {
    skip(
      run,
      'the environment variables are already as they should be',
      `Nothing to change on ${deployment.name}`,
    )
    return
  }
  await finishVariables(run, written)
}

/** Reads what a plan needs, makes it and shows it. Undefined when the step asks for no variables. */
export async function planVariables(run: Run): Promise<ShownChange | undefined> {
  const { deployment, inputs, log, target } = run
  if (inputs.environment === undefined) return undefined
  const plan = planEnvironment(deployment.environmentVariables ?? [], inputs.environment)
  const objects = await readEnvironmentObjects(run, target)
  show(run, plan)
  const warnings = [
    reservedWarning(plan.changes),
    sameKeysWarning(objects ?? [], inputs.environment.variables),
  ]
  for (const warning of warnings) if (warning !== undefined) log.warning(warning)
  return { plan, objects }
}

/** Writes what was planned. Undefined when nothing had to be written. */
export async function writeVariables(
  run: Run,
  shown: ShownChange | undefined,
): Promise<WrittenChange | undefined> {
  const { inputs, log, stage, target } = run
  const { environment } = inputs
  if (environment === undefined || shown === undefined) return undefined
  if (shown.plan.changes.length === 0) {
    log.info('The environment variables are already as they should be; nothing is written.')
    return undefined
  }
  return stage('Write environment variables', async () => {
    const written = await applyEnvironment(run, target, environment, shown, (plan) => {
      log.info('Somebody changed the variables after the plan was made. The new plan:')
      show(run, plan)
    })
    log.info(
      written
        ? 'Written, read back and compared: the variables are as planned, and every other setting is as it was.'
        : 'Somebody else has made the same change meanwhile; nothing is written.',
    )
    return written
  })
}

/** The variables as they were written are still there. Throws `ASTRO-ENV-OVERWRITTEN`. */
export function proveVariables(
  { progress }: Pick<Run, 'progress'>,
  deployment: Deployment,
  { plan }: WrittenChange,
): void {
  if (areSame(compareVariables(plan.variables, deployment.environmentVariables ?? []))) return
  progress.variables('replaced')
  throw overwritten(deployment, plan)
}

/**
 * The end of a run that has changed variables and ships nothing: waits until the Deployment is healthy again, if waiting is
 * wished for. Throws `ASTRO-ENV-RESTART-TIMEOUT` or `ASTRO-ENV-OVERWRITTEN`.
 */
export async function finishVariables(run: Run, written: WrittenChange): Promise<void> {
  const { deployment, inputs, log, outputs, stage, target, tell } = run
  const { waitMs } = inputs
  outputs.set({ skipped: 'false' })
  if (waitMs === undefined) {
    log.notice(
      'The environment variables are written. The step does not wait until the Deployment has restarted with them: `wait` is false.',
    )
    tell({ headline: `Environment variables of ${deployment.name} are written (not waited for)` })
    return
  }
  const { deployment: now, isAsleep } = await stage('Wait until healthy', () =>
    waitUntilRestarted(run, target, written.deployment, waitMs),
  )
  proveVariables(run, now, written)
  if (isAsleep) {
    log.notice(`${deployment.name} hibernates; it takes the new environment variables when it wakes.`)
    tell({ headline: `Environment variables of ${deployment.name} are written (it hibernates)` })
    return
  }
  log.info(`Healthy: ${deployment.name} runs with the new environment variables.`)
  tell({ headline: `Environment variables of ${deployment.name} are updated` })
}

function show({ log, outputs, tell }: Run, plan: EnvironmentPlan): void {
  for (const line of environmentLines(plan)) log.info(line)
  outputs.set({ 'environment-changes': JSON.stringify(namesOf(plan)) })
  tell({ environment: plan })
}

function skip({ log, outputs, tell }: Run, reason: string, headline: string): void {
  outputs.set({ skipped: 'true', 'skip-reason': reason })
  log.notice(`Nothing was changed: ${reason}.`)
  tell({ headline })
}
