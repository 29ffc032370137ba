import * as fc from 'fast-check'
import type { EnvironmentWish, WishedVariable } from '../../src/environment/wish.ts'
import type {
  Deployment,
  EnvironmentVariable,
  NewDeployment,
  ScalingSpec,
  WorkerQueue,
} from '../local-astro/start.ts'

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,11}$/)
const id = fc.stringMatching(/^cl[a-z0-9]{23}$/)
const email = fc.tuple(word, word).map(([name, host]) => `${name}@${host}.example`)
const gibibytes = fc.integer({ min: 1, max: 200 }).map((size) => `${size}Gi`)
const cron = fc.constantFrom('0 18 * * *', '30 6 * * 1-5', '0 0 1 * *')

/** Keys from a small set, so that a wish meets what is there. */
export const KEYS = [
  'DB_HOST',
  'DB_PASSWORD',
  'TOKEN',
  'A',
  '_B',
  'c1',
  'AIRFLOW__CORE__PARALLELISM',
  'toString',
]
const key = fc.constantFrom(...KEYS)
/** Values with everything that has to survive JSON and the wire. */
const value = fc.oneof(
  fc.constantFrom(
    '',
    'true',
    ' padded ',
    'line one\nline two\n',
    '"quoted" \\ and \\n',
    'a=b',
    '$HOME',
    '***',
  ),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
)

function variable(updatedAt: string): fc.Arbitrary<EnvironmentVariable> {
  return fc.record({ key, isSecret: fc.boolean(), value, updatedAt: fc.constant(updatedAt) })
}

const variables = fc.uniqueArray(variable('2026-01-01T00:00:00Z'), {
  selector: (one) => one.key,
  maxLength: 6,
})

type Machine = Pick<WorkerQueue, 'astroMachine' | 'nodePoolId'>

function queues(machine: fc.Arbitrary<Machine>): fc.Arbitrary<WorkerQueue[]> {
  const queue = (name: fc.Arbitrary<string>): fc.Arbitrary<WorkerQueue> =>
    fc
      .record({
        id,
        name,
        minWorkerCount: fc.integer({ min: 0, max: 3 }),
        maxWorkerCount: fc.integer({ min: 3, max: 30 }),
        workerConcurrency: fc.integer({ min: 1, max: 64 }),
        podEphemeralStorage: gibibytes,
        machine,
      })
      .map(({ machine: own, ...rest }) => ({
        ...rest,
        ...own,
        isDefault: rest.name === 'default',
        ...podOf(own),
      }))
  return fc
    .tuple(
      queue(fc.constant('default')),
      fc.uniqueArray(queue(word.filter((name) => name !== 'default')), {
        selector: (one) => one.name,
        maxLength: 3,
      }),
    )
    .map(([first, others]) => [first, ...others])
}

/** What Astro says of a machine; of a node pool it says what it said before. */
function podOf({ astroMachine }: Machine): { podCpu: string; podMemory: string } {
  return astroMachine === 'A20' ? { podCpu: '4', podMemory: '8Gi' } : { podCpu: '1', podMemory: '2Gi' }
}

const hostedQueues = queues(fc.constantFrom<Machine>({ astroMachine: 'A5' }, { astroMachine: 'A20' }))
const hybridQueues = queues(id.map((nodePoolId): Machine => ({ nodePoolId })))

/** Fields that any Deployment may have or not have. */
const common = fc.record(
  {
    description: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
    contactEmails: fc.uniqueArray(email, { minLength: 1, maxLength: 3 }),
    effectiveWorkloadIdentity: word.map((role) => `arn:aws:iam::123456789012:role/${role}`),
    effectiveDRWorkloadIdentity: word.map((role) => `arn:aws:iam::123456789012:role/${role}-dr`),
    oidcIssuerUrl: word.map((name) => `https://${name}.example/oidc`),
    externalIPs: fc.uniqueArray(fc.ipV4(), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
)

const always = fc.record({
  name: word,
  isCicdEnforced: fc.boolean(),
  isDagDeployEnabled: fc.boolean(),
  status: fc.constantFrom<Deployment['status']>('HEALTHY', 'UNHEALTHY', 'DEPLOYING', 'HIBERNATING'),
  environmentVariables: variables,
})

const scalingSpec: fc.Arbitrary<ScalingSpec> = fc.record({
  hibernationSpec: fc.record(
    {
      schedules: fc.array(
        fc.record(
          { hibernateAtCron: cron, wakeAtCron: cron, isEnabled: fc.boolean(), description: word },
          { requiredKeys: ['hibernateAtCron', 'wakeAtCron', 'isEnabled'] },
        ),
        { minLength: 1, maxLength: 3 },
      ),
      override: fc.record({
        isHibernating: fc.boolean(),
        overrideUntil: fc.constant('2099-01-01T00:00:00Z'),
        isActive: fc.boolean(),
      }),
    },
    { requiredKeys: [] },
  ),
})

const development = fc.oneof(
  fc.record({ isDevelopmentMode: fc.constant(false) }),
  fc.record({ isDevelopmentMode: fc.constant(true), scalingSpec }, { requiredKeys: ['isDevelopmentMode'] }),
)

const remoteExecution = fc.record(
  {
    enabled: fc.constant(true),
    allowedIpAddressRanges: fc.uniqueArray(
      fc.ipV4().map((ip) => `${ip}/32`),
      { maxLength: 3 },
    ),
    remoteApiUrl: word.map((name) => `https://${name}.example/api`),
    taskLogBucket: word.map((name) => `s3://${name}`),
    taskLogUrlPattern: fc.constant('https://logs.example/{{ dag_id }}'),
  },
  { requiredKeys: ['enabled', 'allowedIpAddressRanges', 'remoteApiUrl'] },
)

const work = fc.oneof(
  fc.record({
    executor: fc.constantFrom<Deployment['executor']>('CELERY', 'ASTRO'),
    workerQueues: hostedQueues,
  }),
  fc.record({ executor: fc.constant<Deployment['executor']>('KUBERNETES') }),
  fc.record({ executor: fc.constant<Deployment['executor']>('ASTRO'), remoteExecution }),
)

const size = fc.record({
  isHighAvailability: fc.boolean(),
  schedulerSize: fc.constantFrom<'SMALL' | 'MEDIUM' | 'LARGE' | 'EXTRA_LARGE'>(
    'SMALL',
    'MEDIUM',
    'LARGE',
    'EXTRA_LARGE',
  ),
  defaultTaskPodCpu: fc.constantFrom('0.25', '1', '2.5'),
  defaultTaskPodMemory: gibibytes,
  resourceQuotaCpu: fc.integer({ min: 1, max: 1600 }).map(String),
  resourceQuotaMemory: gibibytes,
})

const hostedPlace = fc.oneof(
  fc.constant({ type: 'STANDARD' as const, cloudProvider: 'AWS' as const, region: 'us-east-1' }),
  fc.record({ type: fc.constant('DEDICATED' as const), clusterId: id, clusterName: word }),
)

const hosted = fc
  .tuple(always, common, development, work, size, hostedPlace)
  .map((parts): NewDeployment => Object.assign({ fixture: 'kubernetes' as const }, ...parts) as NewDeployment)

const hybridWork = fc.oneof(
  fc.record({
    fixture: fc.constant('hybrid' as const),
    executor: fc.constant('CELERY' as const),
    workerQueues: hybridQueues,
  }),
  fc.record({
    fixture: fc.constant('hybrid-kubernetes' as const),
    executor: fc.constant('KUBERNETES' as const),
    taskPodNodePoolId: id,
  }),
)

const hybrid = fc
  .tuple(
    always,
    common,
    hybridWork,
    fc.record({
      schedulerAu: fc.integer({ min: 5, max: 24 }),
      schedulerReplicas: fc.integer({ min: 1, max: 4 }),
    }),
  )
  .map((parts): NewDeployment => Object.assign({ type: 'HYBRID' as const }, ...parts) as NewDeployment)

/** Deployments of all three types, with every executor and every optional field there or not. */
export const deployments: fc.Arbitrary<NewDeployment> = fc.oneof(
  { arbitrary: hosted, weight: 3 },
  { arbitrary: hybrid, weight: 2 },
)

const wished: fc.Arbitrary<WishedVariable> = fc
  .record({ key, isSecret: fc.boolean(), value })
  .filter(({ isSecret, value: given }) => !isSecret || given !== '')

/** What a step may ask for; not a plain variable where this Deployment has a secret. */
export function wishesFor({ environmentVariables = [] }: NewDeployment): fc.Arbitrary<EnvironmentWish> {
  const secret = new Set(environmentVariables.filter(({ isSecret }) => isSecret).map((one) => one.key))
  return fc.record({
    mode: fc.constantFrom<EnvironmentWish['mode']>('merge', 'replace'),
    variables: fc
      .uniqueArray(wished, { selector: (one) => one.key, minLength: 1, maxLength: 5 })
      .map((list) => list.map((one) => (secret.has(one.key) ? secretly(one) : one))),
  })
}

const secretly = (variable: WishedVariable): WishedVariable => ({
  ...variable,
  isSecret: true,
  value: variable.value || 'not empty',
})
