import type { AstroClient, DeploymentPath } from '../astro/client.ts'
import type { Deploy, Deployment } from '../astro/types.ts'
import { ActionError, asSentence } from '../errors.ts'
import type { WatchDependencies } from './watch.ts'
import { watch } from './watch.ts'

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

export type RolloutDependencies = WatchDependencies & {
  readonly astro: Pick<AstroClient, 'getDeploy' | 'getDeployment' | 'listDeploys'>
  /** Called before it throws, when the deploy is known to have come to another end. */
  readonly onEnded?: (end: 'failed' | 'replaced') => void
}

/**
 * Waits until the deploy is live, at most `budgetMs`, and returns the Deployment as it was then. Throws `ASTRO-ROLLOUT-…`
 * for every other end.
 */
export function waitUntilLive(
  deps: RolloutDependencies,
  target: DeploymentPath & { readonly url: string },
  deployId: string,
  expected: Expectation,
  budgetMs: number,
): Promise<Deployment> {
  const { astro } = deps
  let seenOurs = false

  return watch<[Deploy, Deployment], Deployment>(deps, {
    look: () => Promise.all([astro.getDeploy(target, deployId), astro.getDeployment(target)]),
    async judge([deploy, deployment]) {
      const verdict = judgeRollout({ deploy, deployment }, expected, seenOurs)
      seenOurs ||= deployment.desiredDagTarballVersion === expected.dagVersion
      if (verdict.kind === 'live') return { kind: 'done', result: deployment }
      if (verdict.kind === 'waiting') return verdict
      throw await ended(deps, target, deployId, verdict)
    },
    budgetMs,
    timedOut: (state) => timedOut(target, deployId, state, budgetMs),
  })
}

async function ended(
  deps: RolloutDependencies,
  target: DeploymentPath & { readonly url: string },
  deployId: string,
  verdict: Exclude<Verdict, { kind: 'live' | 'waiting' }>,
): Promise<ActionError> {
  switch (verdict.kind) {
    case 'failed':
      deps.onEnded?.('failed')
      return new ActionError({
        code: 'ASTRO-ROLLOUT-FAILED',
        problem: `Astro could not roll out the deploy ${deployId}.`,
        observed: asSentence(`The deploy is FAILED: ${verdict.reason}`),
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
      deps.onEnded?.('replaced')
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
    observed: asSentence(`Last seen: ${state}`),
    likelyCause:
      'The rollout is slow (many workers, a large image), or the Deployment cannot start the new code.',
    fix: `Look at the Deployment: ${target.url} . Raise \`wait-time\` when rollouts simply take longer.`,
  })
}
