import { newId, randomText } from './store.ts'
import type { DeploymentRecord, Store } from './store.ts'
import type { Deployment, EnvironmentVariable, Organization, Subject, WorkerQueue } from './wire.ts'

const ageMs = 30 * 24 * 3600 * 1000
const admin: Subject = { id: newId(), subjectType: 'USER', fullName: 'Grace Local' }

/** Ready-made Deployments by what is special about them; each name is the Deployment's name as well. */
export const fixtureNames = [
  'etl',
  'hibernating',
  'remote-execution',
  'cicd-enforced',
  'dag-deploys-off',
  'hybrid',
  'hybrid-kubernetes',
  'dedicated',
  'kubernetes',
  'airflow-2',
  'full-standard',
  'full-dedicated',
  'full-hybrid',
] as const
export type FixtureName = (typeof fixtureNames)[number]

/** When everything here came into being: a month ago, so that its deploys can still be returned to. */
function birthday(store: Store): string {
  return new Date(store.settings.now() - ageMs).toISOString()
}

export function addOrganization(store: Store, name: string): Organization {
  const id = newId()
  const createdAt = birthday(store)
  const organization: Organization = {
    id,
    name,
    product: 'HOSTED',
    status: 'ACTIVE',
    createdAt,
    createdBy: admin,
    updatedAt: createdAt,
    updatedBy: admin,
    productPlans: [
      { astronomerProduct: 'ASTRO', organizationId: id, productPlanId: newId(), productPlanName: 'TEAM_V2' },
    ],
    allowEnhancedSupportAccess: false,
    hasAllowedIpAddressRanges: false,
    isBlockedEnableAiFeatures: false,
    isScimEnabled: false,
    shouldEnforceDedicatedClusters: false,
    billingEmail: 'billing@example.com',
  }
  store.organizations.set(id, organization)
  return organization
}

function variables(updatedAt: string): EnvironmentVariable[] {
  return [
    { key: 'AIRFLOW__CORE__PARALLELISM', isSecret: false, value: '32', updatedAt },
    { key: 'DB_HOST', isSecret: false, value: 'db.example.com', updatedAt },
    { key: 'DB_PASSWORD', isSecret: true, value: 'stored-by-somebody', updatedAt },
  ]
}

function queue(name: string, own: Partial<WorkerQueue>): WorkerQueue {
  return {
    id: newId(),
    name,
    isDefault: name === 'default',
    minWorkerCount: 0,
    maxWorkerCount: 10,
    workerConcurrency: 5,
    podCpu: '1',
    podMemory: '2Gi',
    ...own,
  }
}

const hosted = (): Partial<Deployment> => ({
  ...hostedWithoutQueues(),
  workerQueues: [
    queue('default', { astroMachine: 'A5', podEphemeralStorage: '10Gi' }),
    queue('heavy', { astroMachine: 'A20', podEphemeralStorage: '50Gi', podCpu: '4', podMemory: '8Gi' }),
  ],
})

const hostedWithoutQueues = (): Partial<Deployment> => ({
  isHighAvailability: false,
  isDevelopmentMode: false,
  schedulerSize: 'SMALL',
  defaultTaskPodCpu: '0.25',
  defaultTaskPodMemory: '0.5Gi',
  resourceQuotaCpu: '10',
  resourceQuotaMemory: '20Gi',
})

const hybrid = (): Partial<Deployment> => ({
  type: 'HYBRID',
  clusterId: newId(),
  clusterName: 'own-cluster',
  schedulerAu: 10,
  schedulerReplicas: 2,
})

/** What any Deployment may have and few have all of. */
const everyExtra = (): Partial<Deployment> => ({
  description: 'Everything that can be set is set',
  contactEmails: ['data@example.com', 'oncall@example.com'],
  effectiveWorkloadIdentity: 'arn:aws:iam::123456789012:role/own',
  effectiveDRWorkloadIdentity: 'arn:aws:iam::123456789012:role/own-dr',
  oidcIssuerUrl: 'https://oidc.example.com/a',
  drOidcIssuerUrl: 'https://oidc.example.com/b',
  externalIPs: ['192.0.2.10'],
  drExternalIPs: ['192.0.2.11'],
})

const particulars: Record<FixtureName, () => Partial<Deployment>> = {
  etl: () => ({
    ...hosted(),
    description: 'Loads the warehouse every night',
    contactEmails: ['data@example.com', 'oncall@example.com'],
  }),
  hibernating: () => ({
    ...hosted(),
    status: 'HIBERNATING',
    statusReason: 'Hibernation schedule',
    isDevelopmentMode: true,
    scalingSpec: {
      hibernationSpec: {
        schedules: [
          { hibernateAtCron: '0 18 * * *', wakeAtCron: '0 8 * * *', isEnabled: true, description: 'nights' },
        ],
      },
    },
    scalingStatus: {
      hibernationStatus: {
        isHibernating: true,
        reason: 'Hibernation schedule',
        nextEventType: 'WAKE',
        nextEventAt: '2099-01-01T08:00:00Z',
      },
    },
  }),
  'remote-execution': () => ({
    ...hostedWithoutQueues(),
    executor: 'ASTRO',
    remoteExecution: {
      enabled: true,
      allowedIpAddressRanges: ['192.0.2.0/24'],
      remoteApiUrl: 'https://remote.example.com/api',
      taskLogBucket: 's3://task-logs',
      taskLogUrlPattern: 'https://logs.example.com/{{ dag_id }}',
    },
  }),
  'cicd-enforced': () => ({ ...hosted(), isCicdEnforced: true }),
  'dag-deploys-off': () => ({ ...hosted(), isDagDeployEnabled: false }),
  hybrid: () => ({
    ...hybrid(),
    workerQueues: [queue('default', { nodePoolId: newId(), podEphemeralStorage: '20Gi' })],
  }),
  'hybrid-kubernetes': () => ({ ...hybrid(), executor: 'KUBERNETES', taskPodNodePoolId: newId() }),
  dedicated: () => ({
    ...hosted(),
    type: 'DEDICATED',
    clusterId: newId(),
    clusterName: 'blue',
    isHighAvailability: true,
    schedulerSize: 'MEDIUM',
    externalIPs: ['192.0.2.10'],
    drExternalIPs: ['192.0.2.11'],
    effectiveWorkloadIdentity: 'arn:aws:iam::123456789012:role/platform',
    effectiveDRWorkloadIdentity: 'arn:aws:iam::123456789012:role/platform-dr',
    oidcIssuerUrl: 'https://oidc.example.com/a',
    drOidcIssuerUrl: 'https://oidc.example.com/b',
  }),
  kubernetes: () => ({ ...hostedWithoutQueues(), executor: 'KUBERNETES' }),
  'airflow-2': () => ({
    ...hosted(),
    astroRuntimeVersion: '13.2.0',
    runtimeVersion: '13.2.0',
    airflowVersion: '2.11.0',
  }),
  'full-standard': () => ({
    ...hosted(),
    ...everyExtra(),
    isHighAvailability: true,
    isDevelopmentMode: true,
    schedulerSize: 'EXTRA_LARGE',
    isCicdEnforced: true,
    scalingSpec: {
      hibernationSpec: {
        schedules: [
          { hibernateAtCron: '0 18 * * *', wakeAtCron: '0 8 * * *', isEnabled: true, description: 'nights' },
          { hibernateAtCron: '0 0 * * 6', wakeAtCron: '0 8 * * 1', isEnabled: false },
        ],
        override: { isHibernating: false, overrideUntil: '2099-01-01T08:00:00Z', isActive: true },
      },
    },
  }),
  'full-dedicated': () => ({
    ...hostedWithoutQueues(),
    ...everyExtra(),
    type: 'DEDICATED',
    executor: 'ASTRO',
    clusterId: newId(),
    clusterName: 'green',
    isHighAvailability: true,
    schedulerSize: 'LARGE',
    remoteExecution: {
      enabled: true,
      allowedIpAddressRanges: ['192.0.2.0/24', '198.51.100.7/32'],
      remoteApiUrl: 'https://remote.example.com/api',
      taskLogBucket: 's3://task-logs',
      taskLogUrlPattern: 'https://logs.example.com/{{ dag_id }}',
    },
  }),
  'full-hybrid': () => ({
    ...hybrid(),
    ...everyExtra(),
    workerQueues: [
      queue('default', { nodePoolId: newId(), podEphemeralStorage: '20Gi' }),
      queue('gpu', { nodePoolId: newId(), podEphemeralStorage: '100Gi', minWorkerCount: 1 }),
    ],
  }),
}

export type NewDeployment = Partial<Deployment> & { fixture?: FixtureName }

type Place = { organizationId: string; workspaceId: string }

/** Adds a Deployment that has nothing but what each one has, with the given fields over it. */
export function addBareDeployment(store: Store, place: Place, fields: Partial<Deployment>): DeploymentRecord {
  const id = fields.id ?? newId()
  const createdAt = birthday(store)
  const namespace = fields.namespace ?? `local-${id.slice(2, 8)}-${id.slice(-4)}`
  const address = `${store.origin}/airflow/${id}`
  const host = address.replace(/^https?:\/\//, '')
  const workspaceName = store.workspaces.get(fields.workspaceId ?? place.workspaceId)?.name
  const { airflowVersion = '3.1.1', astroRuntimeVersion = '3.1-2' } = fields
  const major = airflowVersion.startsWith('2.') ? 'v1' : 'v2'
  const deployment: Deployment = {
    id,
    name: 'deployment',
    ...place,
    ...(workspaceName === undefined ? {} : { workspaceName }),
    namespace,
    type: 'STANDARD',
    status: 'HEALTHY',
    createdAt,
    createdBy: admin,
    updatedAt: createdAt,
    updatedBy: admin,
    astroRuntimeVersion,
    runtimeVersion: astroRuntimeVersion,
    airflowVersion,
    imageRepository: `${store.settings.imageRegistry}/${namespace}/${id}`,
    imageTag: astroRuntimeVersion,
    isDagDeployEnabled: false,
    isCicdEnforced: false,
    executor: 'CELERY',
    schedulerReplicas: 1,
    schedulerCpu: '1',
    schedulerMemory: '2Gi',
    environmentVariables: [],
    webServerUrl: `${host}?orgId=local`,
    webServerAirflowApiUrl: `${host}/api/${major}`,
    webServerIngressHostname: host,
    webServerCpu: '0.5',
    webServerMemory: '1Gi',
    webServerReplicas: 1,
    uiUrl: `${address}?orgId=${place.organizationId}`,
    apiUrl: `${address}/api/${major}`,
    ...fields,
  }
  deployment.imageVersion ??= deployment.imageTag
  const { status, imageTag: tag } = deployment
  const record: DeploymentRecord = {
    deployment,
    deploys: [],
    bundles: [],
    transitions: [],
    overrideEnd: undefined,
    scripts: [],
    desiredImage: { tag, runtimeVersion: astroRuntimeVersion, airflowVersion },
    workloadIdentity: undefined,
    drWorkloadIdentity: undefined,
    scheduledAsleep: status === 'HIBERNATING',
  }
  store.deployments.set(id, record)
  return record
}

/**
 * Adds a Deployment that somebody has used: a fixture (`etl` unless named) with the given fields over it, code that runs, and
 * the deploy that brought it.
 */
export function addDeployment(store: Store, place: Place, given: NewDeployment = {}): DeploymentRecord {
  const { fixture = 'etl', ...fields } = given
  const own = { ...particulars[fixture](), ...fields }
  const { isDagDeployEnabled = true, remoteExecution } = own
  const hasDags = isDagDeployEnabled && remoteExecution?.enabled !== true
  const version = own.dagTarballVersion ?? store.nextVersion()
  const record = addBareDeployment(store, place, {
    name: fixture,
    isDagDeployEnabled,
    imageTag: `deploy-${birthday(store).slice(0, 19).replaceAll(':', '-')}`,
    environmentVariables: variables(birthday(store)),
    ...(own.type === 'HYBRID' || own.type === 'DEDICATED'
      ? {}
      : { cloudProvider: 'AWS', region: 'us-east-1' }),
    ...(hasDags ? { dagTarballVersion: version, desiredDagTarballVersion: version } : {}),
    ...own,
  })
  const { deployment } = record
  record.deploys.push({
    deploy: {
      id: newId(),
      deploymentId: deployment.id,
      type: 'IMAGE_AND_DAG',
      status: 'DEPLOYED',
      imageRepository: deployment.imageRepository,
      imageTag: deployment.imageTag,
      isDagDeployEnabled,
      createdAt: deployment.createdAt,
      createdBySubject: admin,
      updatedAt: deployment.createdAt,
      updatedBySubject: admin,
      description: 'The first deploy',
      ...(hasDags ? { dagTarballVersion: version } : {}),
      airflowVersion: deployment.airflowVersion,
      astroRuntimeVersion: deployment.astroRuntimeVersion,
    },
    ranImage: record.desiredImage,
    dagsBlob: undefined,
    bundleBlob: undefined,
  })
  return record
}

/** An API key bound to a Deployment, in the lengths that the service uses. */
export function addKey(store: Store, deploymentId: string): { keyId: string; keySecret: string } {
  const key = { keyId: randomText(32).replace(/[-_]/g, '0'), keySecret: randomText(64), deploymentId }
  store.keys.set(key.keyId, key)
  store.secrets.add(key.keyId).add(key.keySecret)
  return { keyId: key.keyId, keySecret: key.keySecret }
}
