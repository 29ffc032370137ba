import type { Deploy, Deployment } from '../astro/types.ts'

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
        /**
         * The record of a deploy without an image may name the image that ran then, or one of its own that was never pushed and
         * so never runs: nobody has said which.
         */
        readonly mayBeUnpushed?: boolean
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
    image.mayBeUnpushed === true ||
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

/** In words, for the log and for the error of a wait that took too long. */
export function describeState(
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
