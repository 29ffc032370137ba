import type { Deploy, Deployment } from '../astro/types.ts'
import { ActionError, quote } from '../errors.ts'
import { newestDeployed } from './plan.ts'

/** How long Astro lets a deploy be returned to; the latest one longer (section 9 of the control plane's contract). */
const WINDOW_DAYS = 90
const DAY_MS = 24 * 3_600_000

export type RollbackPlan = {
  /** The deploy that is live, as far as Astro's history tells: the newest that it accepted. */
  readonly leave: Deploy
  readonly to: Deploy
  /** A sentence each, for the log and the summary. */
  readonly reasons: readonly string[]
}

export type RollbackFacts = {
  readonly deployment: Pick<Deployment, 'name' | 'astroRuntimeVersion'>
  /** In any order. */
  readonly deploys: readonly Deploy[]
  /** The ID of the deploy to return to; undefined: the one before. */
  readonly wanted: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Plans a rollback by hand. A pure function of its facts. Throws `ASTRO-ROLLBACK-…` when there is none that could work. */
export function planRollback(facts: RollbackFacts): RollbackPlan {
  const { deploys, deployment, wanted, now } = facts
  const leave = newestDeployed(deploys)
  const to = wanted === undefined ? leave && deployBefore(deploys, leave) : named(facts, wanted)
  if (!leave || !to) throw nothingBefore(deployment.name, leave)
  refuseUnreturnable(deploys, to, now)
  if (wanted !== undefined && (to.id === leave.id || originOf(deploys, leave).id === to.id)) {
    throw liveAlready(to, leave)
  }
  return { leave, to, reasons: explain(deployment, leave, to) }
}

/**
 * The newest deploy that Astro accepted before this one. A rollback counts as the deploy that it returned to, so that a
 * second step back does not lead forward to what the first one left.
 */
export function deployBefore(deploys: readonly Deploy[], deploy: Deploy): Deploy | undefined {
  const origin = originOf(deploys, deploy)
  return newestDeployed(
    deploys.filter(
      ({ id, createdAt }) =>
        id !== deploy.id && id !== origin.id && Date.parse(createdAt) <= Date.parse(origin.createdAt),
    ),
  )
}

/** Refuses a deploy that Astro takes no rollback to. Throws `ASTRO-ROLLBACK-…`. */
export function refuseUnreturnable(deploys: readonly Deploy[], to: Deploy, now: number): void {
  if (to.status !== 'DEPLOYED') {
    throw new ActionError({
      code: 'ASTRO-ROLLBACK-NOT-DEPLOYED',
      problem: `Cannot roll back to the deploy ${to.id}.`,
      observed: `Its status is ${to.status}.`,
      likelyCause: 'It was never finished, or Astro could not roll it out.',
      fix: 'Choose a deploy of the deploy history that was DEPLOYED, or leave `deploy-id` out for the one before.',
    })
  }
  const days = Math.floor((now - Date.parse(to.createdAt)) / DAY_MS)
  if (days >= WINDOW_DAYS && newestDeployed(deploys)?.id !== to.id) {
    throw new ActionError({
      code: 'ASTRO-ROLLBACK-TOO-OLD',
      problem: `Cannot roll back to the deploy ${to.id}.`,
      observed: `It is ${days} days old (${to.createdAt}).`,
      likelyCause: `Astro keeps the code of a deploy for ${WINDOW_DAYS} days, unless it is the latest.`,
      fix: 'Check out the commit that should run, and deploy it again.',
    })
  }
}

/** A deploy by what a person knows it by: its time, commit and description. */
export function describeDeployed({ id, createdAt, git, description }: Deploy): string {
  const commit = git ? `, commit ${git.commitSha.slice(0, 7)}` : ''
  return `${id} of ${createdAt}${commit}${description ? `: ${quote(description)}` : ''}`
}

/** The deploy whose code this one brought, through any number of rollbacks. */
function originOf(deploys: readonly Deploy[], deploy: Deploy): Deploy {
  const seen = new Set<string>()
  let current = deploy
  while (!seen.has(current.id)) {
    seen.add(current.id)
    const { rollbackFromId } = current
    current = deploys.find(({ id }) => id === rollbackFromId) ?? current
  }
  return current
}

function named({ deploys, deployment }: RollbackFacts, wanted: string): Deploy {
  const found = deploys.find(({ id }) => id === wanted)
  if (found) return found
  throw new ActionError({
    code: 'ASTRO-ROLLBACK-UNKNOWN-DEPLOY',
    problem: `The Deployment ${deployment.name} has no deploy ${wanted}.`,
    observed: `Its history has ${deploys.length} deploys.`,
    likelyCause: 'The ID has a typing error, or belongs to a deploy of another Deployment.',
    fix: 'Copy the ID from the deploy history of the Deployment, or leave `deploy-id` out for the deploy before.',
  })
}

function nothingBefore(name: string, leave: Deploy | undefined): ActionError {
  return new ActionError({
    code: 'ASTRO-ROLLBACK-NOTHING',
    problem: `The Deployment ${name} has no deploy to go back to.`,
    observed: leave
      ? `Live is the deploy ${describeDeployed(leave)}. None that was DEPLOYED is before it.`
      : 'Its history has no deploy that was DEPLOYED.',
    fix: 'Check out the commit that should run, and deploy it.',
  })
}

function liveAlready(to: Deploy, leave: Deploy): ActionError {
  return new ActionError({
    code: 'ASTRO-ROLLBACK-LIVE-ALREADY',
    problem: `There is nothing to roll back: the deploy ${to.id} is the one that is live.`,
    observed:
      to.id === leave.id
        ? 'It is the newest deploy that Astro accepted.'
        : `The newest deploy, ${describeDeployed(leave)}, has already returned to it.`,
    fix: 'Name an earlier deploy with `deploy-id`, or leave it out for the one before.',
  })
}

function explain({ astroRuntimeVersion }: RollbackFacts['deployment'], leave: Deploy, to: Deploy): string[] {
  const runtime = to.astroRuntimeVersion
  return [
    `From the deploy ${describeDeployed(leave)}`,
    `Back to the deploy ${describeDeployed(to)}`,
    ...(runtime === undefined || runtime === astroRuntimeVersion
      ? []
      : [
          `The runtime goes from ${astroRuntimeVersion} to ${runtime}. A step down makes running tasks fail and may lose metadata of Airflow.`,
        ]),
    'Code and runtime are what they were then; environment variables and settings stay as they are now.',
  ]
}
