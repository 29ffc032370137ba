/** The shapes that the control plane answers with, as far as the local Astro fills them. The contract checks the rest. */

export type Subject = {
  id: string
  subjectType?: 'USER' | 'SERVICEKEY'
  fullName?: string
  apiTokenName?: string
}

export type DeploymentType = 'STANDARD' | 'DEDICATED' | 'HYBRID'
export type DeploymentStatus = 'CREATING' | 'DEPLOYING' | 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN' | 'HIBERNATING'
export type Executor = 'CELERY' | 'KUBERNETES' | 'ASTRO'

export type EnvironmentVariable = { key: string; isSecret: boolean; updatedAt: string; value?: string }

export type WorkerQueue = {
  id: string
  name: string
  isDefault: boolean
  minWorkerCount: number
  maxWorkerCount: number
  workerConcurrency: number
  podCpu: string
  podMemory: string
  astroMachine?: string
  nodePoolId?: string
  podEphemeralStorage?: string
}

export type HibernationOverride = { isHibernating?: boolean; overrideUntil?: string; isActive?: boolean }
export type HibernationSchedule = {
  hibernateAtCron: string
  wakeAtCron: string
  isEnabled: boolean
  description?: string
}
export type ScalingSpec = {
  hibernationSpec?: { schedules?: HibernationSchedule[]; override?: HibernationOverride }
}

export type RemoteExecution = {
  enabled: boolean
  allowedIpAddressRanges: string[]
  remoteApiUrl: string
  taskLogBucket?: string
  taskLogUrlPattern?: string
}

export type Deployment = {
  id: string
  name: string
  organizationId: string
  workspaceId: string
  workspaceName?: string
  namespace: string
  type: DeploymentType
  status: DeploymentStatus
  statusReason?: string
  description?: string
  createdAt: string
  createdBy: Subject
  updatedAt: string
  updatedBy: Subject
  clusterId?: string
  clusterName?: string
  cloudProvider?: 'AWS' | 'AZURE' | 'GCP'
  region?: string
  astroRuntimeVersion: string
  runtimeVersion: string
  airflowVersion: string
  imageRepository: string
  imageTag: string
  imageVersion?: string
  dagTarballVersion?: string
  desiredDagTarballVersion?: string
  isDagDeployEnabled: boolean
  isCicdEnforced: boolean
  isDevelopmentMode?: boolean
  isHighAvailability?: boolean
  executor: Executor
  schedulerSize?: 'SMALL' | 'MEDIUM' | 'LARGE' | 'EXTRA_LARGE'
  schedulerAu?: number
  schedulerReplicas: number
  schedulerCpu: string
  schedulerMemory: string
  defaultTaskPodCpu?: string
  defaultTaskPodMemory?: string
  resourceQuotaCpu?: string
  resourceQuotaMemory?: string
  taskPodNodePoolId?: string
  workerQueues?: WorkerQueue[]
  environmentVariables: EnvironmentVariable[]
  contactEmails?: string[]
  scalingSpec?: ScalingSpec
  scalingStatus?: {
    hibernationStatus?: {
      isHibernating: boolean
      reason?: string
      nextEventAt?: string
      nextEventType?: 'HIBERNATE' | 'WAKE'
    }
  }
  remoteExecution?: RemoteExecution
  effectiveWorkloadIdentity?: string
  effectiveDRWorkloadIdentity?: string
  oidcIssuerUrl?: string
  drOidcIssuerUrl?: string
  externalIPs?: string[]
  drExternalIPs?: string[]
  webServerUrl: string
  webServerAirflowApiUrl: string
  webServerIngressHostname: string
  webServerCpu: string
  webServerMemory: string
  webServerReplicas?: number
  uiUrl: string
  apiUrl: string
}

export type DeployType = 'IMAGE_AND_DAG' | 'IMAGE_ONLY' | 'DAG_ONLY' | 'BUNDLE'

export type DeployGit = {
  provider: 'GITHUB' | 'GENERIC'
  commitSha: string
  account?: string
  repo?: string
  remoteUrl?: string
  branch?: string
  path?: string
  commitUrl?: string
  authorName?: string
  authorUsername?: string
  authorUrl?: string
  beforeCommitSha?: string
}

export type Bundle = {
  mountPath: string
  bundleType: string
  deployId: string
  currentVersion?: string
  desiredVersion?: string
}

export type Deploy = {
  id: string
  deploymentId: string
  type: DeployType
  status: 'INITIALIZED' | 'DEPLOYED' | 'FAILED'
  imageRepository: string
  imageTag: string
  isDagDeployEnabled: boolean
  createdAt: string
  createdBySubject?: Subject
  updatedAt?: string
  updatedBySubject?: Subject
  description?: string
  git?: DeployGit
  dagTarballVersion?: string
  dagsUploadUrl?: string
  bundleUploadUrl?: string
  bundleMountPath?: string
  bundles?: Bundle[]
  rollbackFromId?: string
  airflowVersion?: string
  astroRuntimeVersion?: string
}

export type EnvironmentObjectType =
  'CONNECTION' | 'ENVIRONMENT_VARIABLE' | 'AIRFLOW_VARIABLE' | 'METRICS_EXPORT'
export type EnvironmentObjectKind = 'environmentVariable' | 'airflowVariable' | 'connection' | 'metricsExport'
/** The type-specific fields of an environment object, as flat as they come. */
export type ObjectFields = Record<string, unknown>
export type ObjectLink = { scope: 'DEPLOYMENT'; scopeEntityId: string; overrides?: ObjectFields }
export type ExcludedLink = { scope: 'DEPLOYMENT'; scopeEntityId: string }

export type Organization = {
  id: string
  name: string
  product?: 'HOSTED' | 'HYBRID'
  status?: 'ACTIVE' | 'INACTIVE' | 'SUSPENDED'
  createdAt: string
  createdBy: Subject
  updatedAt: string
  updatedBy: Subject
  productPlans: {
    astronomerProduct: 'ASTRO'
    organizationId: string
    productPlanId: string
    productPlanName: string
  }[]
  allowEnhancedSupportAccess: boolean
  hasAllowedIpAddressRanges: boolean
  isBlockedEnableAiFeatures: boolean
  isScimEnabled: boolean
  shouldEnforceDedicatedClusters: boolean
  billingEmail?: string
}
