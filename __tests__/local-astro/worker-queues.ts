import { invalid } from './api-error.ts'
import { newId } from './store.ts'
import type { DeploymentType, Executor, WorkerQueue } from './wire.ts'

export type QueueRequest = Omit<WorkerQueue, 'id' | 'podCpu' | 'podMemory'> & { id?: string }

/** Storage of a queue that asked for none. */
export const defaultEphemeralStorage = '10Gi'

const machines: Record<string, { cpu: string; memory: string }> = {
  A5: { cpu: '1', memory: '2Gi' },
  A10: { cpu: '2', memory: '4Gi' },
  A20: { cpu: '4', memory: '8Gi' },
  A40: { cpu: '8', memory: '16Gi' },
  A60: { cpu: '12', memory: '24Gi' },
  A120: { cpu: '24', memory: '48Gi' },
  A160: { cpu: '32', memory: '64Gi' },
}

function checkQueue(queue: QueueRequest, type: DeploymentType, field: string): void {
  const { nodePoolId, astroMachine } = queue
  if (type === 'HYBRID') {
    if (nodePoolId === undefined) throw invalid(`${field}.nodePoolId`, 'is required for HYBRID', 'required')
    if (astroMachine !== undefined) throw invalid(`${field}.astroMachine`, 'is not for HYBRID')
  } else {
    if (astroMachine === undefined)
      throw invalid(`${field}.astroMachine`, `is required for ${type}`, 'required')
    if (nodePoolId !== undefined) throw invalid(`${field}.nodePoolId`, 'is for HYBRID only')
  }
  if (queue.minWorkerCount > queue.maxWorkerCount)
    throw invalid(`${field}.minWorkerCount`, 'is above the maximum')
}

/** Whether a Deployment of this kind has queues at all. */
export function hasQueues(executor: Executor, remote: boolean): boolean {
  return executor === 'CELERY' || (executor === 'ASTRO' && !remote)
}

/**
 * The queues after a create or an update. A queue without an ID is a new one, also when its name is known, and one that is
 * left out is gone; with `worstCase`, storage that is left out goes back to the default. Throws 400.
 */
export function replaceQueues(
  current: readonly WorkerQueue[],
  requested: readonly QueueRequest[],
  type: DeploymentType,
  worstCase: boolean,
): WorkerQueue[] {
  const names = requested.map(({ name }) => name)
  if (new Set(names).size < names.length)
    throw invalid('workerQueues', 'has two queues of one name', 'duplicate')
  const defaults = requested.filter(({ isDefault }) => isDefault)
  if (defaults.length !== 1 || defaults[0]?.name !== 'default') {
    throw invalid('workerQueues', 'must have one default queue, with the name default')
  }
  return requested.map((queue, index) => {
    const field = `workerQueues.${index}`
    checkQueue(queue, type, field)
    const stored = current.find(({ id }) => id === queue.id)
    if (queue.id !== undefined && !stored) throw invalid(`${field}.id`, 'is not a queue of this Deployment')
    const kept = worstCase ? undefined : stored?.podEphemeralStorage
    const machine = machines[queue.astroMachine ?? ''] ?? {
      cpu: stored?.podCpu ?? '1',
      memory: stored?.podMemory ?? '2Gi',
    }
    return {
      ...queue,
      id: queue.id ?? newId(),
      podEphemeralStorage: queue.podEphemeralStorage ?? kept ?? defaultEphemeralStorage,
      podCpu: machine.cpu,
      podMemory: machine.memory,
    }
  })
}
