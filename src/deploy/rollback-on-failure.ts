import type { Deploy } from '../astro/types.ts'
import { ActionError, describeError } from '../errors.ts'
import type { Run } from '../run.ts'
import { newestDeployed } from './plan.ts'
import { refuseUnreturnable } from './rollback-choice.ts'
import { askForRollback, waitUntilReturned } from './rollback.ts'

/** What is being proved, and what to return to when the proof fails. */
export type Guarded = {
  /** The deploy of this run, which Astro has taken. */
  readonly deployId: string
  /** The deploy that was live before, if any. */
  readonly previous: Deploy | undefined
  /** Whether Airflow showed how it was before: without that, nothing that it shows now is the fault of the new code. */
  readonly knowsBefore: boolean
}

/**
 * Runs the proof of a deploy that Astro has taken. With `rollback-on-failure`, a proof that fails makes the Deployment return
 * to the deploy before, and is waited for; the proof's own error is thrown all the same, with a word on a rollback that did
 * not work (`progress` has the word on one that did).
 */
export async function withRollback<T>(run: Run, guarded: Guarded, proof: () => Promise<T>): Promise<T> {
  const { inputs, outputs, signal } = run
  if (!inputs.rollbackOnFailure) return proof()
  outputs.set({ 'rolled-back': 'false' })
  try {
    return await proof()
  } catch (error) {
    if (!(error instanceof ActionError) || signal.aborted || !speaksAgainstTheCode(error.code, guarded))
      throw error
    try {
      const { waitMs } = inputs
      if (waitMs !== undefined) await bringBack(run, guarded, error, waitMs)
    } catch (failure) {
      throw withoutRollback(error, failure)
    }
    throw error
  }
}

/** Ends after which the code of this run is not what is wrong, or is not what would be rolled back. */
const OTHER_ENDS = new Set([
  'ASTRO-CANCELLED',
  'ASTRO-ROLLOUT-SUPERSEDED',
  'ASTRO-ROLLOUT-HIBERNATING',
  'ASTRO-RUN-PAUSED',
  'ASTRO-RUN-NO-DAG',
])

/** Whoever may not look, or cannot, has no proof of anything: such ends do not change what runs. */
export function speaksAgainstTheCode(
  code: ActionError['code'],
  { knowsBefore }: Pick<Guarded, 'knowsBefore'>,
): boolean {
  if (code.startsWith('ASTRO-VERIFY-') && !knowsBefore) return false
  return !OTHER_ENDS.has(code) && !/^ASTRO-(API|AUTH|AIRFLOW|ENV|UNEXPECTED)\b/.test(code)
}

async function bringBack(
  run: Run,
  { deployId, previous }: Guarded,
  error: ActionError,
  waitMs: number,
): Promise<void> {
  const { astro, target, clock, log, outputs, stage, tell } = run
  const { made, to, before } = await stage('Roll back', async () => {
    log.info(`${error.problem} Rolling back, as \`rollback-on-failure\` asks for.`)
    const [deploys, deployment] = await Promise.all([astro.listDeploys(target), astro.getDeployment(target)])
    const chosen = choose(deploys, deployId, previous, clock.now())
    const description = `Rollback from ${deployId} (${error.code})`
    const rollback = await askForRollback(run, target, chosen.id, description, deploys)
    return { made: rollback, to: chosen, before: deployment }
  })
  tell({ rollback: { to, by: made.id } })
  await stage('Wait until rolled back', () => waitUntilReturned(run, target, { to, made, before }, waitMs))
  outputs.set({ 'rolled-back': 'true' })
  log.info(`Rolled back: the code of the deploy ${to.id} runs again, as the deploy ${made.id}.`)
}

/** The deploy to return to, unless somebody has deployed meanwhile, whose code is not ours to take away. */
function choose(
  deploys: readonly Deploy[],
  deployId: string,
  previous: Deploy | undefined,
  now: number,
): Deploy {
  if (!previous) {
    throw new ActionError({
      code: 'ASTRO-ROLLBACK-NOTHING',
      problem: 'There is no deploy to go back to: this one was the first.',
      fix: 'Repair the code and deploy again.',
    })
  }
  const newest = newestDeployed(deploys.filter(({ id }) => id !== deployId))
  if (newest && newest.id !== previous.id) {
    throw new ActionError({
      code: 'ASTRO-ROLLBACK-OVERTAKEN',
      problem: `Somebody else has deployed meanwhile (the deploy ${newest.id}), so that the one before is no longer ${previous.id}.`,
      fix: 'Look at the other deploy, and roll back by hand if needed.',
    })
  }
  const to = deploys.find(({ id }) => id === previous.id) ?? previous
  refuseUnreturnable(deploys, to, now)
  return to
}

/** The proof's own error, with why no rollback came about, or why it was not seen live. */
function withoutRollback(error: ActionError, failure: unknown): ActionError {
  const why =
    failure instanceof ActionError
      ? [failure.problem, failure.observed].filter(Boolean).join(' ')
      : describeError(failure)
  return new ActionError({
    code: error.code,
    problem: error.problem,
    observed: [error.observed, `The rollback that \`rollback-on-failure\` asks for did not work: ${why}`]
      .filter(Boolean)
      .join('\n'),
    likelyCause: error.likelyCause,
    fix: error.fix,
    cause: failure,
  })
}
