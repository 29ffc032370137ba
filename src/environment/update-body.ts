import type {
  Deployment,
  DeploymentType,
  EnvironmentVariableRequest,
  UpdateDeploymentRequest,
} from '../astro/types.ts'
import { ActionError } from '../errors.ts'

type Source = Omit<Deployment, 'environmentVariables'>

type Field = {
  readonly name: string
  readonly types: readonly DeploymentType[]
  /** The specification wants it in every update of these types. */
  readonly isRequired?: true
  /** The value to send; undefined or null: leave the field out. */
  readonly from: (deployment: Source) => unknown
}

const EVERY: readonly DeploymentType[] = ['STANDARD', 'DEDICATED', 'HYBRID']
const HOSTED: readonly DeploymentType[] = ['STANDARD', 'DEDICATED']
const HYBRID: readonly DeploymentType[] = ['HYBRID']

/**
 * The field map of section 6.2 of the control plane's contract. Three settings are left out on purpose, for then Astro keeps
 * them: `scalingSpec`, and the two workload identities, of which answers show only what is in effect. To send that back
 * would pin the platform's default.
 */
const FIELDS: readonly Field[] = [
  { name: 'type', types: EVERY, isRequired: true, from: ({ type }) => type },
  { name: 'name', types: EVERY, isRequired: true, from: ({ name }) => name },
  { name: 'workspaceId', types: EVERY, isRequired: true, from: ({ workspaceId }) => workspaceId },
  { name: 'executor', types: EVERY, isRequired: true, from: ({ executor }) => executor },
  { name: 'isCicdEnforced', types: EVERY, isRequired: true, from: (d) => d.isCicdEnforced },
  { name: 'isDagDeployEnabled', types: EVERY, isRequired: true, from: (d) => d.isDagDeployEnabled },
  { name: 'description', types: EVERY, from: ({ description }) => description },
  { name: 'contactEmails', types: EVERY, from: ({ contactEmails }) => contactEmails },
  { name: 'workerQueues', types: EVERY, from: workerQueues },
  { name: 'isHighAvailability', types: HOSTED, isRequired: true, from: (d) => d.isHighAvailability },
  { name: 'schedulerSize', types: HOSTED, isRequired: true, from: ({ schedulerSize }) => schedulerSize },
  { name: 'isDevelopmentMode', types: HOSTED, from: ({ isDevelopmentMode }) => isDevelopmentMode },
  { name: 'defaultTaskPodCpu', types: HOSTED, from: ({ defaultTaskPodCpu }) => defaultTaskPodCpu },
  { name: 'defaultTaskPodMemory', types: HOSTED, from: ({ defaultTaskPodMemory }) => defaultTaskPodMemory },
  { name: 'resourceQuotaCpu', types: HOSTED, from: ({ resourceQuotaCpu }) => resourceQuotaCpu },
  { name: 'resourceQuotaMemory', types: HOSTED, from: ({ resourceQuotaMemory }) => resourceQuotaMemory },
  { name: 'remoteExecution', types: HOSTED, from: remoteExecution },
  { name: 'scheduler', types: HYBRID, isRequired: true, from: scheduler },
  { name: 'taskPodNodePoolId', types: HYBRID, from: taskPodNodePoolId },
]

/**
 * An update that changes nothing but the variables. Throws `ASTRO-ENV-INCOMPLETE` when the Deployment, as Astro described
 * it, lacks something that every update has to carry.
 */
export function updateBody(
  deployment: Deployment,
  environmentVariables: readonly EnvironmentVariableRequest[],
): UpdateDeploymentRequest {
  const { type } = deployment
  if (type === undefined || !EVERY.includes(type)) throw incomplete(deployment, 'type')
  const fields = FIELDS.filter(({ types }) => types.includes(type)).flatMap(({ name, isRequired, from }) => {
    const value = from(deployment)
    if (value !== undefined && value !== null) return [[name, value] as const]
    if (isRequired) throw incomplete(deployment, name)
    return []
  })
  return { ...Object.fromEntries(fields), type, environmentVariables }
}

/** Queues belong to CELERY, and to ASTRO where Astro runs the workers. Without its ID a queue would become a new one. */
function workerQueues({ type, executor, remoteExecution: remote, workerQueues: queues }: Source): unknown {
  const hasQueues = executor === 'CELERY' || (executor === 'ASTRO' && remote?.enabled !== true)
  if (!hasQueues || !queues || queues.length === 0) return undefined
  const machine = type === 'HYBRID' ? 'nodePoolId' : 'astroMachine'
  return queues.map((queue) => pick(queue, [...QUEUE_FIELDS, machine]))
}

const QUEUE_FIELDS = [
  'id',
  'name',
  'isDefault',
  'minWorkerCount',
  'maxWorkerCount',
  'workerConcurrency',
  'podEphemeralStorage',
]

function pick(from: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = from[name]
      return value === undefined || value === null ? [] : [[name, value]]
    }),
  )
}

/** All of it but the address, which is Astro's to give. */
function remoteExecution({ remoteExecution: remote }: Source): unknown {
  if (!remote?.enabled) return undefined
  return pick(remote, ['enabled', 'allowedIpAddressRanges', 'taskLogBucket', 'taskLogUrlPattern'])
}

function scheduler({ schedulerAu, schedulerReplicas }: Source): unknown {
  return typeof schedulerAu === 'number' ? { au: schedulerAu, replicas: schedulerReplicas } : undefined
}

function taskPodNodePoolId({ executor, taskPodNodePoolId: pool }: Source): unknown {
  return executor === 'KUBERNETES' ? pool : undefined
}

function incomplete({ name, id }: Deployment, field: string): ActionError {
  return new ActionError({
    code: 'ASTRO-ENV-INCOMPLETE',
    problem: `Cannot change the environment variables of the Deployment ${name} (${id}) without a risk for its other settings.`,
    observed: `An update has to carry every setting, and Astro's description of the Deployment lacks \`${field}\`.`,
    likelyCause: 'The Deployment is of a kind that this version of the action does not know.',
    fix: 'Change the variables in the Astro UI, and open an issue that names the type and the executor of the Deployment.',
  })
}
