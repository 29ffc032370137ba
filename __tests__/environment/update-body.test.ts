import { describe, expect, test } from '@jest/globals'
import type { Deployment } from '../../src/astro/types.ts'
import { updateBody } from '../../src/environment/update-body.ts'
import { makeDeployment } from '../make/deployment.ts'
import { failureOf } from '../make/failure.ts'

const VARIABLES = [{ key: 'A', isSecret: false, value: '1' }]
const QUEUE = {
  id: 'clqueue1',
  name: 'default',
  isDefault: true,
  minWorkerCount: 0,
  maxWorkerCount: 5,
  workerConcurrency: 16,
  podEphemeralStorage: '25Gi',
}
/** What Astro says of a queue beside what it is told. */
const POD = { podCpu: '1', podMemory: '2Gi' }
const SHARED = {
  name: 'etl',
  workspaceId: 'clworkspace1',
  isCicdEnforced: false,
  isDagDeployEnabled: true,
  environmentVariables: VARIABLES,
}
const SIZE = {
  isHighAvailability: true,
  schedulerSize: 'MEDIUM',
  defaultTaskPodCpu: '0.25',
  defaultTaskPodMemory: '0.5Gi',
  resourceQuotaCpu: '10',
  resourceQuotaMemory: '20Gi',
} as const

const body = (fields: Partial<Deployment>) => updateBody(makeDeployment(fields), VARIABLES)

describe('the whole body', () => {
  test.each<[string, Partial<Deployment>, object]>([
    [
      'STANDARD, CELERY, everything set',
      {
        ...SIZE,
        isDevelopmentMode: true,
        description: 'nightly',
        contactEmails: ['a@example.com'],
        workerQueues: [{ ...QUEUE, ...POD, astroMachine: 'A10' }],
      },
      {
        ...SHARED,
        ...SIZE,
        type: 'STANDARD',
        executor: 'CELERY',
        isDevelopmentMode: true,
        description: 'nightly',
        contactEmails: ['a@example.com'],
        workerQueues: [{ ...QUEUE, astroMachine: 'A10' }],
      },
    ],
    [
      'DEDICATED, KUBERNETES, without queues and task pod pool, whatever Astro says of them',
      {
        ...SIZE,
        type: 'DEDICATED',
        executor: 'KUBERNETES',
        workerQueues: [{ ...QUEUE, ...POD, astroMachine: 'A5' }],
        taskPodNodePoolId: 'clpool1',
      },
      { ...SHARED, ...SIZE, type: 'DEDICATED', executor: 'KUBERNETES' },
    ],
    [
      'STANDARD, ASTRO with remote execution: its own address stays with Astro',
      {
        isHighAvailability: false,
        schedulerSize: 'SMALL',
        executor: 'ASTRO',
        workerQueues: [{ ...QUEUE, ...POD, astroMachine: 'A5' }],
        remoteExecution: {
          enabled: true,
          allowedIpAddressRanges: ['192.0.2.0/24'],
          remoteApiUrl: 'https://remote.example/api',
          taskLogBucket: 's3://logs',
        },
      },
      {
        ...SHARED,
        type: 'STANDARD',
        executor: 'ASTRO',
        isHighAvailability: false,
        schedulerSize: 'SMALL',
        remoteExecution: {
          enabled: true,
          allowedIpAddressRanges: ['192.0.2.0/24'],
          taskLogBucket: 's3://logs',
        },
      },
    ],
    [
      'DEDICATED, ASTRO with remote execution off',
      {
        ...SIZE,
        type: 'DEDICATED',
        executor: 'ASTRO',
        workerQueues: [{ ...QUEUE, ...POD, astroMachine: 'A5' }],
        remoteExecution: { enabled: false, allowedIpAddressRanges: [], remoteApiUrl: '' },
      },
      {
        ...SHARED,
        ...SIZE,
        type: 'DEDICATED',
        executor: 'ASTRO',
        workerQueues: [{ ...QUEUE, astroMachine: 'A5' }],
      },
    ],
    [
      'HYBRID, CELERY: the scheduler in its own form, the pool of each queue',
      {
        ...SIZE,
        type: 'HYBRID',
        schedulerAu: 10,
        schedulerReplicas: 2,
        workerQueues: [{ ...QUEUE, ...POD, nodePoolId: 'clpool1', astroMachine: 'A5' }],
      },
      {
        ...SHARED,
        type: 'HYBRID',
        executor: 'CELERY',
        scheduler: { au: 10, replicas: 2 },
        workerQueues: [{ ...QUEUE, nodePoolId: 'clpool1' }],
      },
    ],
    [
      'HYBRID, KUBERNETES: the pool of the task pods',
      {
        type: 'HYBRID',
        executor: 'KUBERNETES',
        schedulerAu: 5,
        schedulerReplicas: 1,
        taskPodNodePoolId: 'clpool1',
      },
      {
        ...SHARED,
        type: 'HYBRID',
        executor: 'KUBERNETES',
        scheduler: { au: 5, replicas: 1 },
        taskPodNodePoolId: 'clpool1',
      },
    ],
  ])('%s', (_, fields, expected) => {
    expect(body(fields)).toStrictEqual(expected)
  })

  test('never carries what Astro keeps by itself', () => {
    const kept = {
      scalingSpec: { hibernationSpec: { schedules: [] } },
      effectiveWorkloadIdentity: 'role',
      effectiveDRWorkloadIdentity: 'role',
    }
    expect(Object.keys(body({ ...SIZE, ...kept })).join()).not.toMatch(/scaling|identity/i)
  })

  test('an empty description and an empty list of addresses are carried, null is not', () => {
    const empty = JSON.parse('{"description":"","contactEmails":[],"isDevelopmentMode":null}') as object
    const made = body({ ...SIZE, ...empty })
    expect(made).toMatchObject({ description: '', contactEmails: [] })
    expect(made).not.toHaveProperty('isDevelopmentMode')
  })
})

test.each<[string, Partial<Deployment>]>([
  ['type', { ...SIZE, type: 'SOMETHING' as 'STANDARD' }],
  ['isHighAvailability', { schedulerSize: 'SMALL' }],
  ['schedulerSize', { isHighAvailability: true }],
  ['scheduler', { type: 'HYBRID' }],
])('without %s no update is sent, for a guess could change it', async (field, fields) => {
  const error = await failureOf(() => body(fields))
  expect(error.code).toBe('ASTRO-ENV-INCOMPLETE')
  expect(error.message).toContain(`lacks \`${field}\``)
})
