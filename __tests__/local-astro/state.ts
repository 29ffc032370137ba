import type { Blobs } from './blobs.ts'
import { addDeployment } from './fixtures.ts'
import type { NewDeployment } from './fixtures.ts'
import type { RolloutScript } from './rollout.ts'
import { settle } from './store.ts'
import type { DeploymentRecord, Store } from './store.ts'
import type { Deploy, Deployment } from './wire.ts'

/** The state behind the API, for tests to set up and to read back. IDs that do not exist throw. */
export type DeploymentsFace = {
  /** Adds one: a fixture (`etl` unless named) with these fields over it. */
  create(given?: NewDeployment): Deployment
  /** As it is now, secret values included. A copy. */
  get(deploymentId: string): Deployment
  /** Changes fields at once, without a rollout. */
  patch(deploymentId: string, fields: Partial<Deployment>): Deployment
  remove(deploymentId: string): void
  /** All IDs, in the order of creation. */
  ids(): string[]
  /** Its deploys in the order of creation. */
  deploys(deploymentId: string): Deploy[]
  /** Changes fields of a deploy, such as `createdAt`. */
  patchDeploy(deploymentId: string, deployId: string, fields: Partial<Deploy>): Deploy
  /** Empties its deploy history; what runs stays. */
  forgetDeploys(deploymentId: string): void
  /** Values of its variables by key, secrets included. */
  variables(deploymentId: string): Record<string, string>
  /** What no answer shows. */
  hidden(deploymentId: string): {
    workloadIdentity: string | undefined
    drWorkloadIdentity: string | undefined
  }
  /** How the next rollouts go, in this order; `live` after that. */
  script(deploymentId: string, ...scripts: RolloutScript[]): void
  /** Digest of the image that a deploy was finalized with, where there is a real registry. */
  imageDigest(deploymentId: string, deployId: string): string | undefined
  /** Versions that were uploaded, in order, for one of its deploys or for all. */
  uploads(deploymentId: string, deployId?: string): string[]
}

export function deploymentsFace(
  store: Store,
  blobs: Blobs,
  place: { organizationId: string; workspaceId: string },
): DeploymentsFace {
  function find(deploymentId: string): DeploymentRecord {
    const record = store.deployments.get(deploymentId)
    if (!record) throw new Error(`There is no Deployment ${deploymentId}`)
    settle(store, record)
    return record
  }
  return {
    create: (given) => structuredClone(addDeployment(store, place, given).deployment),
    get: (id) => structuredClone(find(id).deployment),
    patch(id, fields) {
      const record = find(id)
      Object.assign(record.deployment, structuredClone(fields))
      const { imageTag, astroRuntimeVersion, airflowVersion, status } = record.deployment
      if ('imageTag' in fields || 'astroRuntimeVersion' in fields || 'airflowVersion' in fields) {
        record.desiredImage = { tag: imageTag, runtimeVersion: astroRuntimeVersion, airflowVersion }
      }
      if ('status' in fields) record.scheduledAsleep = status === 'HIBERNATING'
      return structuredClone(record.deployment)
    },
    remove: (id) => void store.deployments.delete(find(id).deployment.id),
    ids: () => [...store.deployments.keys()],
    deploys: (id) => find(id).deploys.map(({ deploy }) => structuredClone(deploy)),
    patchDeploy(id, deployId, fields) {
      const found = find(id).deploys.find(({ deploy }) => deploy.id === deployId)
      if (!found) throw new Error(`There is no deploy ${deployId}`)
      return structuredClone(Object.assign(found.deploy, fields))
    },
    forgetDeploys: (id) => void find(id).deploys.splice(0),
    variables: (id) =>
      Object.fromEntries(
        find(id).deployment.environmentVariables.map(({ key, value }) => [key, value ?? '']),
      ),
    hidden(id) {
      const { workloadIdentity, drWorkloadIdentity } = find(id)
      return { workloadIdentity, drWorkloadIdentity }
    },
    script: (id, ...scripts) => void find(id).scripts.push(...scripts),
    imageDigest: (id, deployId) => find(id).deploys.find(({ deploy }) => deploy.id === deployId)?.imageDigest,
    uploads(id, deployId) {
      return find(id)
        .deploys.filter(({ deploy }) => deployId === undefined || deploy.id === deployId)
        .flatMap(({ dagsBlob, bundleBlob }) => [dagsBlob, bundleBlob])
        .flatMap((blob) => (blob === undefined ? [] : blobs.versions(blob)))
    },
  }
}
