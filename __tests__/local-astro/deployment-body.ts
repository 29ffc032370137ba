import { invalid } from './api-error.ts'
import type { VariableRequest } from './variables.ts'
import { hasQueues } from './worker-queues.ts'
import type { QueueRequest } from './worker-queues.ts'
import type { Deployment, RemoteExecution, ScalingSpec } from './wire.ts'

export type RemoteExecutionRequest = Partial<RemoteExecution> & Pick<RemoteExecution, 'enabled'>

/** What updates and creates of a Deployment have in common; the contract has checked which of it is required. */
export type DeploymentBody = Pick<Deployment, 'type' | 'name' | 'workspaceId' | 'executor'> &
  Partial<
    Pick<
      Deployment,
      | 'isCicdEnforced'
      | 'isDagDeployEnabled'
      | 'isHighAvailability'
      | 'isDevelopmentMode'
      | 'schedulerSize'
      | 'defaultTaskPodCpu'
      | 'defaultTaskPodMemory'
      | 'resourceQuotaCpu'
      | 'resourceQuotaMemory'
      | 'taskPodNodePoolId'
      | 'description'
      | 'contactEmails'
    >
  > & {
    environmentVariables?: VariableRequest[]
    workerQueues?: QueueRequest[]
    remoteExecution?: RemoteExecutionRequest
    scalingSpec?: ScalingSpec
    scheduler?: { au?: number; replicas?: number }
    workloadIdentity?: string
    drWorkloadIdentity?: string
  }

/** Resources that a hosted Deployment without remote execution must have. */
export const podFields = [
  'defaultTaskPodCpu',
  'defaultTaskPodMemory',
  'resourceQuotaCpu',
  'resourceQuotaMemory',
] as const

/** What the contract says in words about which fields go together. Throws 400. */
export function checkCombination(body: DeploymentBody): void {
  const remote = body.remoteExecution?.enabled === true
  const { type, executor, workerQueues } = body
  if (type !== 'HYBRID' && !remote) {
    for (const field of podFields) {
      if (body[field] === undefined) throw invalid(field, 'is required without remote execution', 'required')
    }
  }
  if (hasQueues(executor, remote)) {
    if (!workerQueues) throw invalid('workerQueues', `is required for ${executor}`, 'required')
  } else if (workerQueues) {
    throw invalid('workerQueues', `has no place in a Deployment with the executor ${executor}`)
  }
  if (body.taskPodNodePoolId !== undefined && executor !== 'KUBERNETES') {
    throw invalid('taskPodNodePoolId', 'is for KUBERNETES only')
  }
  if (body.scalingSpec?.hibernationSpec && body.isDevelopmentMode !== true) {
    throw invalid('scalingSpec', 'is for development Deployments only')
  }
}

/** Remote execution as a Deployment shows it. */
export function remoteExecutionOf(
  request: RemoteExecutionRequest,
  current?: RemoteExecution,
): RemoteExecution {
  return {
    allowedIpAddressRanges: [],
    ...request,
    remoteApiUrl: current?.remoteApiUrl ?? 'https://remote.local-astro.example/api',
  }
}
