import { requireDeployment } from './access.ts'
import { ApiError, forbidden, invalid } from './api-error.ts'
import type { Principal } from './auth.ts'
import { checkCombination, podFields, remoteExecutionOf } from './deployment-body.ts'
import type { DeploymentBody } from './deployment-body.ts'
import { presentDeployment } from './deployments.ts'
import { ok } from './handler.ts'
import type { Answer, Call } from './handler.ts'
import { restart } from './rollout.ts'
import { newId } from './store.ts'
import type { DeploymentRecord, Store } from './store.ts'
import { replaceVariables } from './variables.ts'
import type { VariableRequest } from './variables.ts'
import { replaceQueues } from './worker-queues.ts'
import type { Deployment } from './wire.ts'

export type UpdateBody = DeploymentBody & { environmentVariables: VariableRequest[] } & Required<
    Pick<DeploymentBody, 'isCicdEnforced' | 'isDagDeployEnabled'>
  >

/** Sets a field, or takes it away: exactOptionalPropertyTypes knows no `undefined` for "not there". */
function assign<K extends keyof Deployment>(
  target: Deployment,
  key: K,
  value: Deployment[K] | undefined,
): void {
  if (value === undefined) Reflect.deleteProperty(target, key)
  else target[key] = value
}

function checkTransfer(store: Store, principal: Principal, current: Deployment, workspaceId: string): void {
  if (workspaceId === current.workspaceId) return
  const workspace = store.workspaces.get(workspaceId)
  if (workspace?.organizationId !== current.organizationId) throw invalid('workspaceId', 'is not a Workspace')
  if (principal.workspaceId !== undefined)
    throw forbidden('The token may not move Deployments between Workspaces')
}

function checkChange(current: Deployment, body: UpdateBody): void {
  if (body.type !== current.type) throw invalid('type', `must be ${current.type}, as the Deployment is`)
  checkCombination(body)
  if (body.isDevelopmentMode === true && current.isDevelopmentMode !== true) {
    throw invalid('isDevelopmentMode', 'cannot be turned on for an existing Deployment')
  }
  if (body.isDagDeployEnabled !== current.isDagDeployEnabled && current.isCicdEnforced) {
    throw new ApiError(400, 'DAG deploys cannot be turned on or off while CI/CD enforcement is on')
  }
}

/**
 * The Deployment after the update. The contract tells of some optional fields that leaving them out keeps them (scalingSpec,
 * the identities) and of none that it surely clears; with `worstCase` every other one is cleared or back at its default.
 */
function updated(store: Store, current: Deployment, body: UpdateBody): Deployment {
  const { worstCase } = store.settings
  const kept = <T>(value: T | undefined, stored: T | undefined, reset?: T): T | undefined =>
    value ?? (worstCase ? reset : stored)
  const next = structuredClone(current)
  next.name = body.name
  next.workspaceId = body.workspaceId
  const workspaceName = store.workspaces.get(body.workspaceId)?.name
  assign(next, 'workspaceName', workspaceName ?? current.workspaceName)
  next.executor = body.executor
  next.isCicdEnforced = body.isCicdEnforced
  next.isDagDeployEnabled = body.isDagDeployEnabled
  next.environmentVariables = replaceVariables(
    current.environmentVariables,
    body.environmentVariables,
    store.timestamp(),
  )
  // Nothing in place of nothing is no change.
  const description = kept(body.description, current.description, '')
  const emails = kept(body.contactEmails, current.contactEmails, [])
  assign(
    next,
    'description',
    description === '' && current.description === undefined ? undefined : description,
  )
  assign(next, 'contactEmails', emails?.length === 0 && !current.contactEmails ? undefined : emails)
  assign(
    next,
    'workerQueues',
    body.workerQueues && replaceQueues(current.workerQueues ?? [], body.workerQueues, body.type, worstCase),
  )
  const remote = body.remoteExecution && remoteExecutionOf(body.remoteExecution, current.remoteExecution)
  assign(next, 'remoteExecution', remote ?? (worstCase ? undefined : current.remoteExecution))
  if (body.scalingSpec) {
    assign(next, 'scalingSpec', body.scalingSpec.hibernationSpec ? body.scalingSpec : undefined)
  }
  if (body.type === 'HYBRID') {
    assign(next, 'schedulerAu', body.scheduler?.au)
    next.schedulerReplicas = body.scheduler?.replicas ?? current.schedulerReplicas
    const pool = kept(body.taskPodNodePoolId, current.taskPodNodePoolId, newId())
    assign(next, 'taskPodNodePoolId', body.executor === 'KUBERNETES' ? pool : undefined)
    return next
  }
  assign(next, 'isHighAvailability', body.isHighAvailability)
  assign(next, 'schedulerSize', body.schedulerSize)
  assign(next, 'isDevelopmentMode', kept(body.isDevelopmentMode, current.isDevelopmentMode, false))
  for (const field of podFields) assign(next, field, kept(body[field], current[field]))
  return next
}

/** Omitted keeps; a value pins it. */
function applyIdentities(record: DeploymentRecord, body: UpdateBody): void {
  const { deployment } = record
  if (body.workloadIdentity !== undefined) {
    record.workloadIdentity = body.workloadIdentity
    assign(deployment, 'effectiveWorkloadIdentity', body.workloadIdentity || undefined)
  }
  if (body.drWorkloadIdentity !== undefined) {
    record.drWorkloadIdentity = body.drWorkloadIdentity
    assign(deployment, 'effectiveDRWorkloadIdentity', body.drWorkloadIdentity || undefined)
  }
}

export function updateDeployment(call: Call<UpdateBody>): Answer {
  const { store, principal, params, body } = call
  const { organizationId = '', deploymentId = '' } = params
  const record = requireDeployment(store, principal, organizationId, deploymentId)
  if (principal.kind === 'key' && !store.settings.keysMayUpdate) throw forbidden()
  checkTransfer(store, principal, record.deployment, body.workspaceId)
  checkChange(record.deployment, body)
  record.deployment = updated(store, record.deployment, body)
  applyIdentities(record, body)
  record.deployment.updatedAt = store.timestamp()
  record.deployment.updatedBy = principal.subject
  if (store.settings.updateDropsLinks) {
    for (const object of store.environmentObjects.values()) {
      object.links = object.links.filter(({ scopeEntityId }) => scopeEntityId !== deploymentId)
    }
  }
  restart(store, record)
  return ok(presentDeployment(record))
}
