/** The control plane's objects as far as they are read here; unknown fields are kept by whoever echoes them. */

export type DeploymentStatus = 'CREATING' | 'DEPLOYING' | 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN' | 'HIBERNATING'

export type EnvironmentVariable = {
  readonly key: string
  readonly isSecret: boolean
  /** Left out of answers for secrets. */
  readonly value?: string
  readonly updatedAt?: string
}

/** A variable as an update carries it. A stored secret is kept when `value` is left out, and blanked by an empty one. */
export type EnvironmentVariableRequest = {
  readonly key: string
  readonly isSecret: boolean
  readonly value?: string
}

export type WorkerQueue = Readonly<Record<string, unknown>> & {
  readonly id: string
  readonly name: string
}

export type DeploymentType = 'STANDARD' | 'DEDICATED' | 'HYBRID'

/** The whole of a Deployment's settings, whose fields depend on its type; what is left out may be lost. */
export type UpdateDeploymentRequest = Readonly<Record<string, unknown>> & {
  readonly type: DeploymentType
  readonly environmentVariables: readonly EnvironmentVariableRequest[]
}

/** An object of the Environment Manager, as far as it is read here. */
export type EnvironmentObject = {
  /** Left out of objects that are linked from a Workspace. */
  readonly id?: string
  readonly objectKey: string
  readonly objectType: 'CONNECTION' | 'ENVIRONMENT_VARIABLE' | 'AIRFLOW_VARIABLE' | 'METRICS_EXPORT'
  readonly scope: 'WORKSPACE' | 'DEPLOYMENT'
  readonly scopeEntityId: string
  /** Where a linked object comes from. */
  readonly sourceScope?: 'WORKSPACE' | 'DEPLOYMENT'
  readonly sourceScopeEntityId?: string
}

export type Deployment = {
  readonly id: string
  readonly name: string
  readonly organizationId: string
  readonly workspaceId: string
  readonly workspaceName?: string
  readonly namespace: string
  readonly type?: DeploymentType
  readonly status: DeploymentStatus
  readonly statusReason?: string
  readonly isDagDeployEnabled: boolean
  readonly isCicdEnforced: boolean
  readonly isDevelopmentMode?: boolean
  readonly isHighAvailability?: boolean
  readonly astroRuntimeVersion: string
  readonly runtimeVersion: string
  readonly airflowVersion: string
  readonly imageRepository: string
  readonly imageTag: string
  readonly imageVersion?: string
  readonly dagTarballVersion?: string
  readonly desiredDagTarballVersion?: string
  readonly apiUrl: string
  readonly uiUrl: string
  readonly webServerUrl: string
  readonly webServerAirflowApiUrl: string
  readonly executor?: 'CELERY' | 'KUBERNETES' | 'ASTRO'
  readonly remoteExecution?: {
    readonly enabled: boolean
    readonly allowedIpAddressRanges: readonly string[]
    readonly remoteApiUrl: string
    readonly taskLogBucket?: string
    readonly taskLogUrlPattern?: string
  }
  readonly environmentVariables?: readonly EnvironmentVariable[]
  readonly workerQueues?: readonly WorkerQueue[]
  readonly contactEmails?: readonly string[]
  readonly description?: string
  readonly schedulerSize?: string
  readonly schedulerAu?: number
  readonly schedulerReplicas: number
  readonly defaultTaskPodCpu?: string
  readonly defaultTaskPodMemory?: string
  readonly resourceQuotaCpu?: string
  readonly resourceQuotaMemory?: string
  readonly taskPodNodePoolId?: string
  readonly updatedAt: string
}

/** An item of the list, which may hold less than the Deployment itself. */
export type DeploymentListItem = Pick<Deployment, 'id' | 'name' | 'workspaceId'>

export type DeployType = 'IMAGE_AND_DAG' | 'IMAGE_ONLY' | 'DAG_ONLY' | 'BUNDLE'

export type GitMetadata = {
  readonly provider: 'GITHUB' | 'GENERIC'
  readonly commitSha: string
  readonly account?: string
  readonly repo?: string
  readonly remoteUrl?: string
  readonly branch?: string
  readonly path?: string
  readonly commitUrl?: string
  readonly authorName?: string
  readonly authorUsername?: string
  readonly authorUrl?: string
  readonly beforeCommitSha?: string
}

export type Deploy = {
  readonly id: string
  readonly deploymentId: string
  /** An open string: the specification forgets BUNDLE. */
  readonly type: string
  readonly status: 'INITIALIZED' | 'DEPLOYED' | 'FAILED'
  readonly imageRepository: string
  readonly imageTag: string
  readonly isDagDeployEnabled: boolean
  readonly createdAt: string
  readonly dagsUploadUrl?: string
  readonly dagTarballVersion?: string
  readonly description?: string
  readonly git?: GitMetadata
  readonly rollbackFromId?: string
  readonly astroRuntimeVersion?: string
}

export type CreateDeployRequest = {
  readonly type: DeployType
  readonly description?: string
  readonly git?: GitMetadata
}

export type Organization = {
  readonly id: string
  readonly name: string
  readonly product?: 'HOSTED' | 'HYBRID'
}

export type DeploymentOptions = {
  readonly runtimeReleases: readonly { readonly version: string; readonly airflowVersion: string }[]
}
