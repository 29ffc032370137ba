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
    | 'status'
    | 'statusReason'
    | 'dagTarballVersion'
    | 'desiredDagTarballVersion'
    | 'imageTag'
    | 'astroRuntimeVersion'
  >
}

/** What is waited for, and what was there before. */
export type Expectation = {
  /** Of the DAG bundle that was deployed; undefined when none was. */
  readonly dagVersion: string | undefined
  /** The image that was deployed; undefined when none was. */
  readonly image?:
    | {
        readonly tag: string
        readonly runtimeVersion: string | undefined
        /** DEPLOYING may be the restart after a change of variables, so it proves nothing. */
        readonly isRestarting?: boolean
      }
    | undefined
  readonly former: { readonly desiredDagVersion: string | undefined }
  /** What is waited for ran before, so that it cannot be called new. */
  readonly isReturn?: boolean
}

/** What earlier looks showed. */
export type Memory = {
  /** Our DAG version was the desired one. */
  readonly seenDags: boolean
  /** Our image was the Deployment's. */
  readonly seenImage: boolean
  /** The Deployment was DEPLOYING. */
  readonly sawDeploying: boolean
  /** All was as it should be at the look before. */
  readonly wasReady: boolean
  /** Milliseconds since the first look. */
  readonly elapsedMs: number
}

export const NOTHING_SEEN: Memory = {
  seenDags: false,
  seenImage: false,
  sawDeploying: false,
  wasReady: false,
  elapsedMs: 0,
}

/** How long a Deployment may take until it shows DEPLOYING after a finalize; the Astro CLI sleeps as long. */
const IMAGE_GRACE_MS = 90_000
const DAGS_GRACE_MS = 30_000

export type Verdict =
  | { readonly kind: 'live' }
  | { readonly kind: 'waiting'; readonly state: string }
  | { readonly kind: 'failed'; readonly reason: string | undefined }
  | { readonly kind: 'hibernating' }
  | { readonly kind: 'superseded'; readonly by: string }

/**
 * Whether what was deployed runs (section 5 of the control plane's contract). HEALTHY alone proves nothing: right after a
 * finalize it is the old code that is healthy. For DAGs, the current and the desired version must both be ours. For an
 * image, tag and runtime must be ours; since the tag may move before the rollout begins, it also takes that the Deployment
 * was seen DEPLOYING, or had time to be, and that it is well twice in a row. The same goes for a DAG version that was the
 * desired one before.
 */
export function judgeRollout(seen: Observation, expected: Expectation, memory: Memory): Verdict {
  const { deploy, deployment } = seen
  if (deploy.status === 'FAILED') {
    return { kind: 'failed', reason: deployment.statusReason }
  }
  const other = replacement(seen, expected, memory)
  if (other !== undefined) return { kind: 'superseded', by: other }
  if (deployment.status === 'HIBERNATING') return { kind: 'hibernating' }
  if (isReady(seen, expected) && (changesVisibly(expected) || hasSettled(memory, expected))) {
    return { kind: 'live' }
  }
  return { kind: 'waiting', state: describeState(seen, expected) }
}

/** Whether everything that was deployed is there and well at this look. */
function isReady({ deploy, deployment }: Observation, { dagVersion, image }: Expectation): boolean {
  const dagsRun =
    dagVersion === undefined ||
    (deployment.desiredDagTarballVersion === dagVersion && deployment.dagTarballVersion === dagVersion)
  const imageRuns =
    !image ||
    (deployment.imageTag === image.tag &&
      (image.runtimeVersion === undefined || deployment.astroRuntimeVersion === image.runtimeVersion))
  return deploy.status === 'DEPLOYED' && deployment.status === 'HEALTHY' && dagsRun && imageRuns
}

/** Whether our DAG version shows nowhere before it runs. An image's tag may, and so does a version that was wanted before. */
const changesVisibly = ({ dagVersion, image, former }: Expectation): boolean =>
  !image && dagVersion !== former.desiredDagVersion

const hasSettled = ({ sawDeploying, wasReady, elapsedMs }: Memory, { image }: Expectation): boolean =>
  wasReady &&
  ((sawDeploying && image?.isRestarting !== true) || elapsedMs >= (image ? IMAGE_GRACE_MS : DAGS_GRACE_MS))

/** What the Deployment moves to in place of ours; undefined when nobody came in between. */
function replacement(
  { deployment }: Observation,
  { dagVersion, image, former }: Expectation,
  { seenDags, seenImage }: Memory,
): string | undefined {
  const desired = deployment.desiredDagTarballVersion
  if (dagVersion !== undefined && desired !== undefined && desired !== dagVersion) {
    if (seenDags || desired !== former.desiredDagVersion) return `the DAG version ${desired}`
  }
  const { imageTag } = deployment
  if (image && seenImage && imageTag !== image.tag) return `the image ${imageTag}`
  return undefined
}

/** What the next look has to know of this one. */
export function remember(memory: Memory, seen: Observation, expected: Expectation): Memory {
  const { deployment } = seen
  return {
    seenDags:
      memory.seenDags ||
      (expected.dagVersion !== undefined && deployment.desiredDagTarballVersion === expected.dagVersion),
    seenImage: memory.seenImage || deployment.imageTag === expected.image?.tag,
    sawDeploying: memory.sawDeploying || deployment.status === 'DEPLOYING',
    wasReady: isReady(seen, expected),
    elapsedMs: memory.elapsedMs,
  }
}

function describeState(
  { deploy, deployment }: Observation,
  { dagVersion, image, isReturn }: Expectation,
): string {
  const reason = deployment.statusReason ? ` (${deployment.statusReason})` : ''
  const [ours, other] = isReturn ? ['the earlier', 'another'] : ['the new', 'the former']
  const age = (isOurs: boolean): string => (isOurs ? ours : other)
  const code = [
    ...(dagVersion === undefined ? [] : [`${age(deployment.dagTarballVersion === dagVersion)} DAG version`]),
    ...(image
      ? [`${age(deployment.imageTag === image.tag)} image (runtime ${deployment.astroRuntimeVersion})`]
      : []),
  ]
  return `deploy ${deploy.status}, Deployment ${deployment.status}${reason}, running ${code.join(' and ')}`
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
