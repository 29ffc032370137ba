import type { AstroClient, DeploymentPath } from '../astro/client.ts'
import type { Deploy, Deployment } from '../astro/types.ts'
import type { Clock } from '../clock.ts'
import { ActionError } from '../errors.ts'

/** What one look at Astro shows. */
export type Observation = {
  readonly deploy: Pick<Deploy, 'status'>
  readonly deployment: Pick<
    Deployment,
    'status' | 'statusReason' | 'dagTarballVersion' | 'desiredDagTarballVersion'
  >
}

/** What is waited for, and what was there before. */
export type Expectation = {
  readonly dagVersion: string
  readonly former: { readonly desiredDagVersion: string | undefined }
}

export type Verdict =
  | { readonly kind: 'live' }
  | { readonly kind: 'waiting'; readonly state: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'hibernating' }
  | { readonly kind: 'superseded'; readonly by: string }

/**
 * Whether our version runs (section 5 of the control plane's contract). HEALTHY alone proves nothing: right after a
 * finalize it is the old code that is healthy. The current and the desired version must both be ours.
 *
 * @param seenOurs whether an earlier look showed our version as the desired one
 */
export function judgeRollout(seen: Observation, expected: Expectation, seenOurs: boolean): Verdict {
  const { deploy, deployment } = seen
  const desired = deployment.desiredDagTarballVersion
  const current = deployment.dagTarballVersion
  if (deploy.status === 'FAILED') {
    return { kind: 'failed', reason: deployment.statusReason ?? 'Astro gives no reason' }
  }
  const isFormer = desired === expected.former.desiredDagVersion
  if (desired !== undefined && desired !== expected.dagVersion && (seenOurs || !isFormer)) {
    return { kind: 'superseded', by: desired }
  }
  if (deployment.status === 'HIBERNATING') return { kind: 'hibernating' }
  if (
    deploy.status === 'DEPLOYED' &&
    desired === expected.dagVersion &&
    current === expected.dagVersion &&
    deployment.status === 'HEALTHY'
  ) {
    return { kind: 'live' }
  }
  return { kind: 'waiting', state: describeState(seen, expected) }
}

function describeState({ deploy, deployment }: Observation, { dagVersion }: Expectation): string {
  const reason = deployment.statusReason ? ` (${deployment.statusReason})` : ''
  const code = deployment.dagTarballVersion === dagVersion ? 'the new' : 'the former'
  return `deploy ${deploy.status}, Deployment ${deployment.status}${reason}, running ${code} DAG version`
}

const FIRST_MINUTE_MS = 60_000
const EARLY_INTERVAL_MS = 600
const LATE_INTERVAL_MS = 3_000
const LATEST_INTERVAL_MS = 8_000
const HEARTBEAT_MS = 30_000
const PATIENCE = 3

/** Time between the starts of two looks, in milliseconds: often at first, when most rollouts end, then less so. */
export function pollInterval(elapsedMs: number): number {
  if (elapsedMs < FIRST_MINUTE_MS) return EARLY_INTERVAL_MS
  return elapsedMs < 5 * FIRST_MINUTE_MS ? LATE_INTERVAL_MS : LATEST_INTERVAL_MS
}

export type RolloutDependencies = {
  readonly astro: Pick<AstroClient, 'getDeploy' | 'getDeployment' | 'listDeploys'>
  readonly clock: Clock
  readonly log: { readonly info: (line: string) => void }
  readonly signal?: AbortSignal
}

/**
 * Waits until the deploy is live, at most `budgetMs`. Errors of single looks are tolerated as long as there is time, but
 * not those that say "not allowed" or "not there" several times in a row. Throws `ASTRO-ROLLOUT-…` for every other end.
 */
export async function waitUntilLive(
  deps: RolloutDependencies,
  target: DeploymentPath & { readonly url: string },
  deployId: string,
  expected: Expectation,
  budgetMs: number,
): Promise<void> {
  const startedAt = deps.clock.now()
  const deadline = startedAt + budgetMs
  let seenOurs = false
  let state = 'nothing seen yet'
  let told = { state: '', at: startedAt }
  let refusals = 0

  for (;;) {
    const lookedAt = deps.clock.now()
    try {
      const seen = await look(deps, target, deployId, deadline - lookedAt)
      if (seen) {
        refusals = 0
        const verdict = judgeRollout(seen, expected, seenOurs)
        seenOurs ||= seen.deployment.desiredDagTarballVersion === expected.dagVersion
        if (verdict.kind === 'live') return
        if (verdict.kind !== 'waiting') throw await ended(deps, target, deployId, verdict)
        state = verdict.state
      }
    } catch (error) {
      if (!isTransient(error) && (!isRefusal(error) || ++refusals >= PATIENCE)) throw error
      state = `the last look failed: ${error instanceof ActionError ? (error.observed ?? error.problem) : String(error)}`
    }

    const now = deps.clock.now()
    if (state !== told.state || now - told.at >= HEARTBEAT_MS) {
      deps.log.info(`${Math.round((now - startedAt) / 1000)} s: ${state}`)
      told = { state, at: now }
    }
    const next = lookedAt + pollInterval(lookedAt - startedAt)
    if (Math.max(next, now) >= deadline) throw timedOut(target, deployId, state, budgetMs)
    await deps.clock.sleep(Math.max(0, next - now), deps.signal)
  }
}

/** One look; undefined when it did not come back in time. */
async function look(
  { astro, clock, signal }: RolloutDependencies,
  target: DeploymentPath,
  deployId: string,
  remainingMs: number,
): Promise<Observation | undefined> {
  const enough = new AbortController()
  const tooLate = clock
    .sleep(remainingMs, signal ? AbortSignal.any([signal, enough.signal]) : enough.signal)
    .then(() => undefined)
  const seen = Promise.all([astro.getDeploy(target, deployId), astro.getDeployment(target)])
  try {
    const both = await Promise.race([seen, tooLate])
    return both && { deploy: both[0], deployment: both[1] }
  } finally {
    seen.catch(() => undefined)
    enough.abort()
  }
}

const REFUSALS = new Set(['ASTRO-API-UNAUTHORIZED', 'ASTRO-API-FORBIDDEN', 'ASTRO-API-NOT-FOUND'])
const PASSING = new Set([
  'ASTRO-API-UNREACHABLE',
  'ASTRO-API-UNAVAILABLE',
  'ASTRO-API-RATE-LIMIT',
  'ASTRO-API-ANSWER',
  'ASTRO-AUTH-UNREACHABLE',
  'ASTRO-AUTH-EXCHANGE',
])

const isTransient = (error: unknown): boolean => error instanceof ActionError && PASSING.has(error.code)
const isRefusal = (error: unknown): boolean => error instanceof ActionError && REFUSALS.has(error.code)

async function ended(
  deps: RolloutDependencies,
  target: DeploymentPath & { readonly url: string },
  deployId: string,
  verdict: Exclude<Verdict, { kind: 'live' | 'waiting' }>,
): Promise<ActionError> {
  switch (verdict.kind) {
    case 'failed':
      return new ActionError({
        code: 'ASTRO-ROLLOUT-FAILED',
        problem: `Astro could not roll out the deploy ${deployId}.`,
        observed: `The deploy is FAILED: ${verdict.reason}.`,
        fix: `Look at the Deployment: ${target.url}`,
      })
    case 'hibernating':
      return new ActionError({
        code: 'ASTRO-ROLLOUT-HIBERNATING',
        problem: `The deploy ${deployId} was taken, but the Deployment went into hibernation before the new code ran.`,
        observed: 'Its status is HIBERNATING.',
        likelyCause: 'Its hibernation schedule, or somebody, put it to sleep.',
        fix: `Wake it, then look whether the new code runs: ${target.url}`,
      })
    case 'superseded':
      return new ActionError({
        code: 'ASTRO-ROLLOUT-SUPERSEDED',
        problem: `The deploy ${deployId} was replaced by a newer one before it was seen live.`,
        observed: `The Deployment now moves to the DAG version ${verdict.by}${await nameReplacement(deps, target, deployId, verdict.by)}.`,
        likelyCause: 'Another run, or somebody in the UI or the CLI, deployed at the same time.',
        fix: 'Look at the newer deploy. A `concurrency` group in the workflow keeps two runs from deploying at once.',
      })
  }
}

async function nameReplacement(
  { astro }: RolloutDependencies,
  target: DeploymentPath,
  ours: string,
  version: string,
): Promise<string> {
  try {
    const deploys = await astro.listDeploys(target)
    const newer = deploys.find(({ id, dagTarballVersion }) => id !== ours && dagTarballVersion === version)
    if (!newer) return ''
    return `, of the deploy ${newer.id}${newer.git ? ` (commit ${newer.git.commitSha.slice(0, 7)})` : ''}`
  } catch {
    return ''
  }
}

function timedOut(
  target: { readonly url: string },
  deployId: string,
  state: string,
  budgetMs: number,
): ActionError {
  return new ActionError({
    code: 'ASTRO-ROLLOUT-TIMEOUT',
    problem: `The deploy ${deployId} was not seen live within ${budgetMs / 1000} s.`,
    observed: `Last seen: ${state}.`,
    likelyCause:
      'The rollout is slow (many workers, a large image), or the Deployment cannot start the new code.',
    fix: `Look at the Deployment: ${target.url} . Raise \`wait-time\` when rollouts simply take longer.`,
  })
}
