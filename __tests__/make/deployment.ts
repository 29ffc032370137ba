import type { Deploy, Deployment } from '../../src/astro/types.ts'

/** A healthy STANDARD Deployment with what a test needs changed. */
export function makeDeployment(overrides: Partial<Deployment> = {}): Deployment {
  return {
    id: 'cldeployment1',
    name: 'etl',
    organizationId: 'clorganization1',
    workspaceId: 'clworkspace1',
    workspaceName: 'Data',
    namespace: 'quiet-star-1234',
    type: 'STANDARD',
    status: 'HEALTHY',
    isDagDeployEnabled: true,
    isCicdEnforced: false,
    astroRuntimeVersion: '3.1-2',
    runtimeVersion: '3.1-2',
    airflowVersion: '3.1.8',
    imageRepository: 'images.example/quiet-star-1234',
    imageTag: 'deploy-2026-01-01T00-00-00',
    dagTarballVersion: 'v1',
    desiredDagTarballVersion: 'v1',
    apiUrl: 'https://host.example/d1/api/v1',
    uiUrl: 'https://host.example/d1?orgId=org_1',
    webServerUrl: 'host.example/d1?orgId=org_1',
    webServerAirflowApiUrl: 'host.example/d1/api/v1',
    executor: 'CELERY',
    schedulerReplicas: 1,
    updatedAt: '2026-01-01T00:00:00Z',
    ...overrides,
  }
}

/** A DAG deploy that Astro accepted, with what a test needs changed. */
export function makeDeploy(overrides: Partial<Deploy> = {}): Deploy {
  return {
    id: 'cldeploy1',
    deploymentId: 'cldeployment1',
    type: 'DAG_ONLY',
    status: 'DEPLOYED',
    imageRepository: 'images.example/quiet-star-1234',
    imageTag: 'deploy-2026-01-01T00-00-00',
    isDagDeployEnabled: true,
    createdAt: '2026-01-01T00:00:00Z',
    dagTarballVersion: 'v2',
    ...overrides,
  }
}
