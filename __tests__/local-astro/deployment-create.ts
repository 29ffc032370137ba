import { requireOrganization } from './access.ts'
import { forbidden, invalid } from './api-error.ts'
import { checkCombination, remoteExecutionOf } from './deployment-body.ts'
import type { DeploymentBody } from './deployment-body.ts'
import { presentDeployment } from './deployments.ts'
import { addBareDeployment } from './fixtures.ts'
import { ok } from './handler.ts'
import type { Answer, Call } from './handler.ts'
import { settle } from './store.ts'
import type { DeploymentRecord } from './store.ts'
import type { Deployment } from './wire.ts'
import { replaceVariables } from './variables.ts'
import { replaceQueues } from './worker-queues.ts'

export type CreateBody = Omit<DeploymentBody, 'executor'> &
  Partial<Pick<Deployment, 'executor' | 'astroRuntimeVersion' | 'cloudProvider' | 'region' | 'clusterId'>>

/** What the contract's words require of a new Deployment of each type, beyond the spec's name and Workspace. */
function checkPlace(body: CreateBody): void {
  const required = (field: keyof CreateBody): void => {
    if (body[field] === undefined) throw invalid(field, `is required for ${body.type}`, 'required')
  }
  required('executor')
  required('astroRuntimeVersion')
  if (body.type !== 'STANDARD') required('clusterId')
  else if (body.clusterId === undefined) {
    required('cloudProvider')
    required('region')
  }
}

function fieldsOf(call: Call<CreateBody>, executor: Deployment['executor']): Partial<Deployment> {
  const { store, principal, body } = call
  const { workloadIdentity, drWorkloadIdentity, scheduler, remoteExecution, workerQueues, ...plain } = body
  const { environmentVariables = [], ...others } = plain
  const now = store.timestamp()
  return {
    isDevelopmentMode: false,
    isHighAvailability: false,
    ...(body.type === 'HYBRID' ? {} : { schedulerSize: 'SMALL' as const }),
    ...others,
    executor,
    status: 'CREATING',
    createdAt: now,
    createdBy: principal.subject,
    updatedAt: now,
    updatedBy: principal.subject,
    environmentVariables: replaceVariables([], environmentVariables, now),
    ...(body.astroRuntimeVersion === undefined
      ? {}
      : { runtimeVersion: body.astroRuntimeVersion, imageTag: body.astroRuntimeVersion }),
    ...(workerQueues === undefined ? {} : { workerQueues: replaceQueues([], workerQueues, body.type, true) }),
    ...(remoteExecution?.enabled ? { remoteExecution: remoteExecutionOf(remoteExecution) } : {}),
    ...(scheduler?.au === undefined ? {} : { schedulerAu: scheduler.au }),
    ...(scheduler?.replicas === undefined ? {} : { schedulerReplicas: scheduler.replicas }),
    ...(workloadIdentity ? { effectiveWorkloadIdentity: workloadIdentity } : {}),
    ...(drWorkloadIdentity ? { effectiveDRWorkloadIdentity: drWorkloadIdentity } : {}),
  }
}

function comeAlive(call: Call<CreateBody>, record: DeploymentRecord): void {
  const { store } = call
  record.transitions = [
    {
      at: store.settings.now() + store.settings.rolloutMs,
      apply: () => (record.deployment.status = 'HEALTHY'),
    },
  ]
}

/** Two Deployments of one name are allowed: that the service forbids it is nowhere said. */
export function createDeployment(call: Call<CreateBody>): Answer {
  const { store, principal, params, body } = call
  const { organizationId = '' } = params
  requireOrganization(store, principal, organizationId)
  if (principal.kind === 'key' || principal.kind === 'deployment') throw forbidden()
  const workspace = store.workspaces.get(body.workspaceId)
  if (workspace?.organizationId !== organizationId) throw invalid('workspaceId', 'is not a Workspace')
  if (principal.workspaceId !== undefined && principal.workspaceId !== workspace.id) throw forbidden()
  checkPlace(body)
  const { executor = 'CELERY' } = body
  checkCombination({ ...body, executor })
  const release = store.runtimeReleases.find(({ version }) => version === body.astroRuntimeVersion)
  if (!release) throw invalid('astroRuntimeVersion', 'is not a version that can be had')
  const { airflowVersion } = release
  const fields = { ...fieldsOf(call, executor), airflowVersion }
  const record = addBareDeployment(store, { organizationId, workspaceId: workspace.id }, fields)
  record.workloadIdentity = body.workloadIdentity
  record.drWorkloadIdentity = body.drWorkloadIdentity
  comeAlive(call, record)
  const answer = ok(presentDeployment(record))
  settle(store, record)
  return answer
}
