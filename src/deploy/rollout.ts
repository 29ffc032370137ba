import type { AstroClient, DeploymentPath } from '../astro/client.ts'
import type { Deploy, Deployment } from '../astro/types.ts'
import { ActionError, asSentence } from '../errors.ts'
import type { Expectation, Verdict } from './rollout-verdict.ts'
import { describeState, judgeRollout, NOTHING_SEEN, remember } from './rollout-verdict.ts'
import type { WatchDependencies } from '../watch.ts'
import { watch } from '../watch.ts'

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
  const { astro, clock } = deps
  const startedAt = clock.now()
  let memory = NOTHING_SEEN

  return watch<[Deploy, Deployment], Deployment>(deps, {
    look: () => Promise.all([astro.getDeploy(target, deployId), astro.getDeployment(target)]),
    async judge([deploy, deployment]) {
      const seen = { deploy, deployment }
      memory = { ...memory, elapsedMs: clock.now() - startedAt }
      const verdict = judgeRollout(seen, expected, memory)
      const seenOurs = memory.seenDags || memory.seenImage
      memory = remember(memory, seen, expected)
      if (verdict.kind === 'live') return { kind: 'done', result: deployment }
      if (verdict.kind === 'waiting') return verdict
      if (verdict.kind !== 'superseded') throw ended(deps, target, deployId, verdict)
      const newer = await findReplacement(deps, target, deploy, verdict.by)
      // A version that is neither ours nor the former one may be older than ours, as long as ours was never seen.
      if (!seenOurs && !newer) return { kind: 'waiting', state: describeState(seen, expected) }
      throw replaced(deps, deployId, verdict.by, newer)
    },
    budgetMs,
    timedOut: (state) => timedOut(target, deployId, state, budgetMs),
  })
}

function ended(
  deps: RolloutDependencies,
  target: DeploymentPath & { readonly url: string },
  deployId: string,
  verdict: Extract<Verdict, { kind: 'failed' | 'hibernating' }>,
): ActionError {
  switch (verdict.kind) {
    case 'failed':
      deps.onEnded?.('failed')
      return rolloutFailed(target, deployId, verdict.reason)
    case 'hibernating':
      return new ActionError({
        code: 'ASTRO-ROLLOUT-HIBERNATING',
        problem: `The deploy ${deployId} was taken, but the Deployment went into hibernation before its code ran.`,
        observed: 'Its status is HIBERNATING.',
        likelyCause: 'Its hibernation schedule, or somebody, put it to sleep.',
        fix: `Wake it, then look which code runs: ${target.url}`,
      })
  }
}

/** The error of a deploy that Astro took and could not carry out. */
export function rolloutFailed(
  target: { readonly url: string },
  deployId: string,
  reason: string | undefined,
): ActionError {
  return new ActionError({
    code: 'ASTRO-ROLLOUT-FAILED',
    problem: `Astro could not roll out the deploy ${deployId}.`,
    observed: asSentence(`The deploy is FAILED: ${reason ?? 'Astro gives no reason'}`),
    fix: `Look at the Deployment: ${target.url}`,
  })
}

function replaced(
  deps: RolloutDependencies,
  deployId: string,
  by: string,
  newer: Deploy | undefined,
): ActionError {
  deps.onEnded?.('replaced')
  const commit = newer?.git ? ` (commit ${newer.git.commitSha.slice(0, 7)})` : ''
  return new ActionError({
    code: 'ASTRO-ROLLOUT-SUPERSEDED',
    problem: `The deploy ${deployId} was replaced by a newer one before it was seen live.`,
    observed: `The Deployment now moves to ${by}${newer ? `, of the deploy ${newer.id}${commit}` : ''}.`,
    likelyCause: 'Another run, or somebody in the UI or the CLI, deployed at the same time.',
    fix: 'Look at the newer deploy. A `concurrency` group in the workflow keeps two runs from deploying at once.',
  })
}

/** The deploy after ours that brings what the Deployment moves to; undefined when there is none, or none can be seen. */
async function findReplacement(
  { astro }: RolloutDependencies,
  target: DeploymentPath,
  ours: Deploy,
  replacedBy: string,
): Promise<Deploy | undefined> {
  try {
    const deploys = await astro.listDeploys(target)
    return deploys.find(
      ({ id, createdAt, dagTarballVersion, imageTag }) =>
        id !== ours.id &&
        Date.parse(createdAt) >= Date.parse(ours.createdAt) &&
        [`the DAG version ${dagTarballVersion ?? ''}`, `the image ${imageTag}`].includes(replacedBy),
    )
  } catch {
    return undefined
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
