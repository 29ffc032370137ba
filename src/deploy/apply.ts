import type { AstroClient, DeploymentPath } from '../astro/client.ts'
import type { Deploy } from '../astro/types.ts'
import type { Clock } from '../clock.ts'
import { ActionError } from '../errors.ts'
import type { Connections } from '../http/connections.ts'
import { preloadSdk } from './blob.ts'
import { finalizeDeploy } from './finalize.ts'
import type { DeployPlan } from './plan.ts'
import type { Progress } from '../progress.ts'
import { uploadBundle } from './upload.ts'

export type ApplyDependencies = {
  readonly astro: Pick<AstroClient, 'createDeploy' | 'finalizeDeploy' | 'getDeploy'>
  readonly clock: Clock
  readonly log: { readonly info: (line: string) => void }
  readonly progress: Progress
  readonly hide: (value: string) => void
  readonly onCreated: (deploy: Deploy) => void
  readonly agentFor: Connections['agentFor']
  readonly signal: AbortSignal
}

/** What a deploy ships, as its plan says. */
export type Cargo = {
  /** The DAG bundle as a gzipped tarball. */
  readonly body: AsyncIterable<Buffer> | undefined
  /** Pushes the image to a repository and tag; returns its digest. */
  readonly push: ((repository: string, tag: string) => Promise<string>) | undefined
}

export type Applied = {
  readonly deploy: Deploy
  /** Undefined when no DAG bundle was uploaded. */
  readonly dagVersion: string | undefined
}

/**
 * Carries out a plan: create, push, upload, finalize. Nothing is written before the create, and until the finalize the
 * Deployment keeps running what it ran. Throws ActionError; `progress` then knows how far it came.
 */
export async function applyDeploy(
  deps: ApplyDependencies,
  target: DeploymentPath,
  plan: DeployPlan,
  { body, push }: Cargo,
): Promise<Applied> {
  const { astro, log, progress } = deps
  progress.reached('creating')
  const creating = astro.createDeploy(target, plan.request)
  preloadSdk()
  const created = await creating
  hideSignature(created, deps.hide)
  progress.reached('created', created.id)
  deps.onCreated(created)
  log.info(`Created the deploy ${created.id}.`)

  if (push) {
    const { imageRepository, imageTag } = created
    progress.reached('pushing')
    const digest = await push(imageRepository, imageTag)
    progress.reached('pushed')
    log.info(`Pushed the image ${imageRepository}:${imageTag}, ${digest}.`)
  }
  const dagVersion = body && (await upload(deps, created, body))

  progress.reached('finalizing')
  const onNotTaken = (): void => progress.reached(body ? 'uploaded' : 'pushed')
  const finalized = await finalizeDeploy({ ...deps, onNotTaken }, target, created.id, dagVersion)
  progress.reached(finalized.status === 'FAILED' ? 'failed' : 'finalized')
  log.info(`Finalized: the deploy is ${finalized.status}.`)
  return { deploy: finalized, dagVersion }
}

async function upload(
  { log, progress, signal, clock, agentFor }: ApplyDependencies,
  created: Deploy,
  body: AsyncIterable<Buffer>,
): Promise<string> {
  const { versionId, bytes } = await uploadBundle({
    url: uploadUrl(created),
    body,
    agentFor,
    signal,
    onProgress: log.info,
    clock,
  })
  progress.reached('uploaded')
  log.info(`Uploaded the DAG bundle: ${bytes.toLocaleString('en')} bytes, version ${versionId}.`)
  return versionId
}

/** The address carries its own permission to write: a signature in its query. */
function hideSignature({ dagsUploadUrl }: Deploy, hide: (value: string) => void): void {
  if (dagsUploadUrl === undefined) return
  hide(dagsUploadUrl)
  const signature = URL.canParse(dagsUploadUrl) ? new URL(dagsUploadUrl).searchParams.get('sig') : null
  if (signature !== null) hide(signature)
}

function uploadUrl(deploy: Deploy): string {
  if (deploy.dagsUploadUrl !== undefined) return deploy.dagsUploadUrl
  throw new ActionError({
    code: 'ASTRO-DEPLOY-NO-UPLOAD-URL',
    problem: `Astro gave no address to upload the DAGs to for the deploy ${deploy.id}.`,
    observed: `Its answer says that DAG-only deploys are ${deploy.isDagDeployEnabled ? 'on' : 'off'} for the Deployment.`,
    likelyCause: deploy.isDagDeployEnabled ? 'A defect of Astro.' : 'They were switched off a moment ago.',
    fix: deploy.isDagDeployEnabled
      ? 'Run again. If it happens again, contact Astronomer support with the ID of the deploy.'
      : 'Switch on DAG-only deploys in the settings of the Deployment, then run again.',
  })
}
