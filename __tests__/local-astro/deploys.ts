import { createHash } from 'node:crypto'
import { requireDeployment, requireDeployRight } from './access.ts'
import { ApiError, invalid, notFound } from './api-error.ts'
import type { Principal } from './auth.ts'
import { ok, page } from './handler.ts'
import type { Answer, Call } from './handler.ts'
import { startRollout, takeScript } from './rollout.ts'
import { newId } from './store.ts'
import type { DeployRecord, DeploymentRecord, Store } from './store.ts'
import type { Deploy, DeployGit, DeployType } from './wire.ts'

export type CreateDeployBody = {
  type: DeployType
  description?: string
  git?: DeployGit
  bundleMountPath?: string
  bundleType?: string
}

const rollbackWindowMs = 90 * 24 * 3600 * 1000

/** The Deployment of a call; every operation on deploys is closed to people where CI/CD is enforced, unless it reads. */
export function deploymentOf({ store, principal, params }: Call<unknown>, write: boolean): DeploymentRecord {
  const { organizationId = '', deploymentId = '' } = params
  const record = requireDeployment(store, principal, organizationId, deploymentId)
  if (write) requireDeployRight(principal, record)
  return record
}

export function requireDeploy(record: DeploymentRecord, deployId = ''): DeployRecord {
  const found = record.deploys.find(({ deploy }) => deploy.id === deployId)
  if (!found) throw notFound('Deploy')
  return found
}

/** A deploy as answers show it: upload URLs come with the create answer only. */
export function presentDeploy(record: DeploymentRecord, { deploy }: DeployRecord): Deploy {
  return record.bundles.length === 0 ? deploy : { ...deploy, bundles: record.bundles }
}

function checkGit(git: DeployGit): void {
  if (git.provider === 'GITHUB') {
    if (!git.account) throw invalid('git.account', 'is required for GITHUB', 'required')
    if (!git.repo) throw invalid('git.repo', 'is required for GITHUB', 'required')
    if (git.remoteUrl) throw invalid('git.remoteUrl', 'must be empty for GITHUB')
  } else {
    if (!git.remoteUrl) throw invalid('git.remoteUrl', 'is required for GENERIC', 'required')
    if (git.account) throw invalid('git.account', 'must be empty for GENERIC')
    if (git.repo) throw invalid('git.repo', 'must be empty for GENERIC')
  }
}

function checkCreate({ deployment }: DeploymentRecord, body: CreateDeployBody): void {
  if (body.git) checkGit(body.git)
  if (body.type === 'BUNDLE') {
    if (!body.bundleMountPath) throw invalid('bundleMountPath', 'is required for BUNDLE', 'required')
    if (!body.bundleType) throw invalid('bundleType', 'is required for BUNDLE', 'required')
  } else if (body.bundleMountPath !== undefined || body.bundleType !== undefined) {
    throw invalid('bundleMountPath', 'is for BUNDLE only')
  }
  if (deployment.status === 'HIBERNATING') {
    throw new ApiError(400, 'The Deployment is hibernating. Wake it up before you deploy to it')
  }
  const remote = deployment.remoteExecution?.enabled === true
  if (remote && (body.type === 'DAG_ONLY' || body.type === 'BUNDLE')) {
    throw new ApiError(400, 'DAG deploys are not available for a Deployment with remote execution')
  }
  if (!deployment.isDagDeployEnabled && body.type !== 'IMAGE_AND_DAG' && !remote) {
    throw new ApiError(400, 'DAG-only deploys are not enabled for this Deployment')
  }
}

/** A tag like deploy-2025-09-18T03-59-02 that no deploy of this Deployment has yet. */
function newImageTag(store: Store, record: DeploymentRecord): string {
  const taken = new Set(record.deploys.map(({ deploy }) => deploy.imageTag))
  for (let time = store.settings.now(); ; time += 1000) {
    const tag = `deploy-${new Date(time).toISOString().slice(0, 19).replaceAll(':', '-')}`
    if (!taken.has(tag)) return tag
  }
}

function newDeploy(
  store: Store,
  record: DeploymentRecord,
  principal: Principal,
  fields: Pick<Deploy, 'type'> & Partial<Deploy>,
): DeployRecord {
  const { deployment } = record
  const createdAt = store.timestamp()
  return {
    deploy: {
      id: newId(),
      deploymentId: deployment.id,
      status: 'INITIALIZED',
      imageRepository: deployment.imageRepository,
      imageTag: record.desiredImage.tag,
      isDagDeployEnabled: deployment.isDagDeployEnabled,
      createdAt,
      createdBySubject: principal.subject,
      updatedAt: createdAt,
      updatedBySubject: principal.subject,
      airflowVersion: record.desiredImage.airflowVersion,
      astroRuntimeVersion: record.desiredImage.runtimeVersion,
      ...fields,
    },
    ranImage: record.desiredImage,
    dagsBlob: undefined,
    bundleBlob: undefined,
  }
}

export async function createDeploy(call: Call<CreateDeployBody>): Promise<Answer> {
  const { store, blobs, principal, origin, body } = call
  const record = deploymentOf(call, true)
  checkCreate(record, body)
  const { deployment } = record
  const { type, description, git, bundleMountPath, bundleType } = body
  const made = newDeploy(store, record, principal, {
    type,
    ...(type.startsWith('IMAGE') || store.settings.dagDeploysNameOwnImage
      ? { imageTag: newImageTag(store, record) }
      : {}),
    ...(description === undefined ? {} : { description }),
    ...(git === undefined ? {} : { git }),
    ...(bundleMountPath === undefined ? {} : { bundleMountPath }),
  })
  const folder = `${deployment.organizationId}/${deployment.id}/${made.deploy.id}`
  const answer: Deploy = { ...presentDeploy(record, made) }
  if (deployment.isDagDeployEnabled && !deployment.remoteExecution?.enabled) {
    made.dagsBlob = `${folder}/dags`
    answer.dagsUploadUrl = await blobs.uploadUrl(origin, made.dagsBlob)
    if (type === 'BUNDLE') {
      made.bundleBlob = `${folder}/bundle`
      made.bundleType = bundleType
      answer.bundleUploadUrl = await blobs.uploadUrl(origin, made.bundleBlob)
    }
  }
  record.deploys.push(made)
  return ok(answer)
}

/** No order is promised, so the answer comes in one that helps nobody, the same each time. */
export function listDeploys(call: Call<unknown>): Answer {
  const record = deploymentOf(call, false)
  const rank = ({ deploy }: DeployRecord): string => createHash('sha256').update(deploy.id).digest('hex')
  const shuffled = [...record.deploys].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
  return page(
    'deploys',
    shuffled.map((deploy) => presentDeploy(record, deploy)),
    call.query,
  )
}

export function getDeploy(call: Call<unknown>): Answer {
  const record = deploymentOf(call, false)
  return ok(presentDeploy(record, requireDeploy(record, call.params.deployId)))
}

export function updateDeploy(call: Call<{ description?: string }>): Answer {
  const record = deploymentOf(call, true)
  const found = requireDeploy(record, call.params.deployId)
  if (call.body.description !== undefined) found.deploy.description = call.body.description
  found.deploy.updatedAt = call.store.timestamp()
  found.deploy.updatedBySubject = call.principal.subject
  return ok(presentDeploy(record, found))
}

/** A new deploy that brings back image, DAGs, runtime and the DAG deploy setting of an earlier one. */
export function rollback(call: Call<{ description?: string }>): Answer {
  const { store, principal, body, params } = call
  const record = deploymentOf(call, true)
  const { deploy: target, ranImage } = requireDeploy(record, params.deployId)
  const hasOwnImage = target.type.startsWith('IMAGE') || !store.settings.dagDeploysNameOwnImage
  if (record.deployment.status === 'HIBERNATING') throw new ApiError(400, 'The Deployment is hibernating')
  if (target.status !== 'DEPLOYED')
    throw new ApiError(400, 'Only a deploy that was deployed can be returned to')
  const newest = record.deploys.every(({ deploy }) => deploy.createdAt <= target.createdAt)
  if (!newest && Date.parse(target.createdAt) < store.settings.now() - rollbackWindowMs) {
    throw new ApiError(400, 'The deploy is older than 90 days')
  }
  const made = newDeploy(store, record, principal, {
    type: target.type,
    status: 'DEPLOYED',
    imageTag: target.imageTag,
    isDagDeployEnabled: target.isDagDeployEnabled,
    rollbackFromId: target.id,
    ...(target.dagTarballVersion === undefined ? {} : { dagTarballVersion: target.dagTarballVersion }),
    ...(target.airflowVersion === undefined ? {} : { airflowVersion: target.airflowVersion }),
    ...(target.astroRuntimeVersion === undefined ? {} : { astroRuntimeVersion: target.astroRuntimeVersion }),
    ...(body.description === undefined ? {} : { description: body.description }),
  })
  record.deploys.push(made)
  const { deployment, desiredImage } = record
  const before = { image: desiredImage, dags: deployment.desiredDagTarballVersion }
  deployment.isDagDeployEnabled = target.isDagDeployEnabled
  if (target.dagTarballVersion !== undefined) deployment.desiredDagTarballVersion = target.dagTarballVersion
  record.desiredImage = hasOwnImage
    ? {
        tag: target.imageTag,
        runtimeVersion: target.astroRuntimeVersion ?? desiredImage.runtimeVersion,
        airflowVersion: target.airflowVersion ?? desiredImage.airflowVersion,
      }
    : ranImage
  startRollout(store, record, takeScript(record), {
    deploy: made,
    before() {
      record.desiredImage = before.image
      if (before.dags !== undefined) record.deployment.desiredDagTarballVersion = before.dags
    },
  })
  return ok(presentDeploy(record, made))
}
