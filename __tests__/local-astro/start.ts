import type { AirflowFront } from './airflow/front.ts'
import { createAirflowFront } from './airflow/front.ts'
import { createTokens } from './auth.ts'
import type { TokenRequest } from './auth.ts'
import { createBlobs } from './blobs.ts'
import { compileContract } from './contract/check.ts'
import type { ControlPlane, Violation } from './control-plane.ts'
import { createFaults } from './faults.ts'
import type { RuntimeRelease } from './deployment-options.ts'
import type { Faults } from './faults.ts'
import { addDeployment, addKey, addOrganization } from './fixtures.ts'
import { resolveOptions } from './options.ts'
import type { LocalAstroOptions } from './options.ts'
import { createRateLimiter } from './rate-limit.ts'
import { startRegistry } from './registry.ts'
import type { Registry } from './registry.ts'
import { refuseImages } from './registry-access.ts'
import type { LoggedRequest } from './request-log.ts'
import { listen } from './server.ts'
import { deploymentsFace } from './state.ts'
import type { DeploymentsFace } from './state.ts'
import { createStore, newId } from './store.ts'

export type { LocalAstroOptions, RateLimits } from './options.ts'
export type { Fault, FaultRule, Faults, Step } from './faults.ts'
export type { LoggedRequest } from './request-log.ts'
export type { RolloutScript } from './rollout.ts'
export type { FixtureName, NewDeployment } from './fixtures.ts'
export type { DeploymentsFace } from './state.ts'
export { fixtureNames } from './fixtures.ts'
export type { AirflowBackend, AirflowAnswer, AirflowRequest } from './airflow/backend.ts'
export { holdAzurite } from './azurite.ts'
export type { Violation } from './control-plane.ts'
export type * from './wire.ts'

export type LocalAstro = {
  /** http://127.0.0.1:PORT */
  origin: string
  organizationId: string
  workspaceId: string
  /** Of the fixture `etl`: STANDARD, CELERY, DAG deploys on, HEALTHY, Airflow 3. */
  deploymentId: string
  deploymentName: string
  /** An API key bound to that Deployment. */
  keyId: string
  keySecret: string
  tokens: { workspace: string; organization: string; deployment: string; user: string; expired: string }
  /** One more token; what is left out is the default Organization, Workspace and Deployment, as the kind needs. */
  issueToken(request: Partial<TokenRequest> & Pick<TokenRequest, 'kind'>): string
  /** Tokens from the key exchange so far stop working, as if their time were over. */
  revokeExchangedTokens(): void
  keys: {
    create(deploymentId: string): { keyId: string; keySecret: string }
    remove(keyId: string): void
  }
  /** What must not be seen of all that was given out so far: keys, tokens, signatures of upload URLs. */
  secrets: ReadonlySet<string>
  /** Every request in the order of its arrival. */
  requests: LoggedRequest[]
  faults: Faults
  /** Answers of the local Astro itself that broke the contract; tests expect none. */
  violations: Violation[]
  deployments: DeploymentsFace
  /** The Airflow of each Deployment: a stand-in, unless another one is put in its place. */
  airflow: Pick<AirflowFront, 'standIn' | 'use'>
  /** What deployment-options offers; may be changed in place. */
  runtimeReleases: RuntimeRelease[]
  addOrganization(name: string): { organizationId: string; workspaceId: string }
  addWorkspace(name: string, organizationId?: string): string
  /** The registry, where one was asked for. */
  images: Pick<Registry, 'find'> | undefined
  /** What was uploaded with this version, to this Deployment. */
  download(deploymentId: string, version: string): Promise<Buffer>
  /** Resolves when all is warm: the blob store is up, which the first upload waits for otherwise. */
  ready(): Promise<void>
  /** Ends everything; may be called again. */
  stop(): Promise<void>
}

const tokenDays = 24 * 3600

/** Starts a local Astro with one Organization, one Workspace, the Deployment `etl`, a key and tokens for it. */
export async function startLocalAstro(options: LocalAstroOptions = {}): Promise<LocalAstro> {
  const settings = resolveOptions(options)
  const store = createStore(settings)
  const tokens = createTokens(store)
  const blobs = createBlobs(store)
  const faults = createFaults()
  const violations: Violation[] = []
  const registry = options.registry
    ? await startRegistry({
        refuse: (user, password, repository) => refuseImages({ store, tokens }, user, password, repository),
        fault: (request) => faults.take(request),
      })
    : undefined
  if (registry) {
    settings.imageRegistry = registry.host
    store.images = registry
  }
  const limit = createRateLimiter(settings.rateLimits, settings.now)
  const airflow = createAirflowFront(store, blobs, tokens)
  const plane: ControlPlane = { store, blobs, airflow, tokens, limit, violations }
  const server = await listen(plane, faults)
  store.origin = server.origin

  function addWorkspace(name: string, organizationId: string): string {
    const id = newId()
    store.workspaces.set(id, { id, name, organizationId })
    return id
  }

  const organizationId = addOrganization(store, 'local').id
  const workspaceId = addWorkspace('main', organizationId)
  const { deployment } = addDeployment(store, { organizationId, workspaceId })
  const deploymentId = deployment.id
  const key = addKey(store, deploymentId)

  function issueToken(request: Partial<TokenRequest> & Pick<TokenRequest, 'kind'>): string {
    const { kind, lifetimeSeconds = tokenDays } = request
    const scope = { organizationId, workspaceId, deploymentId, ...request }
    const reach: Partial<TokenRequest> = {}
    if (kind !== 'user') reach.organizationId = scope.organizationId
    if (kind === 'workspace' || kind === 'deployment') reach.workspaceId = scope.workspaceId
    if (kind === 'deployment') reach.deploymentId = scope.deploymentId
    return tokens.issue({ kind, lifetimeSeconds, ...reach })
  }

  let stopped: Promise<void> | undefined

  return {
    origin: server.origin,
    organizationId,
    workspaceId,
    deploymentId,
    deploymentName: deployment.name,
    ...key,
    tokens: {
      workspace: issueToken({ kind: 'workspace' }),
      organization: issueToken({ kind: 'organization' }),
      deployment: issueToken({ kind: 'deployment' }),
      user: issueToken({ kind: 'user' }),
      expired: issueToken({ kind: 'workspace', lifetimeSeconds: -3600 }),
    },
    issueToken,
    revokeExchangedTokens: () => tokens.revokeExchanged(),
    keys: {
      create: (id) => addKey(store, id),
      remove: (keyId) => void store.keys.delete(keyId),
    },
    secrets: store.secrets,
    requests: server.requests,
    faults: { add: (rule) => faults.add(rule), clear: () => faults.clear() },
    violations,
    runtimeReleases: store.runtimeReleases,
    images: registry,
    deployments: deploymentsFace(store, blobs, { organizationId, workspaceId }),
    airflow,
    addOrganization(name) {
      const { id } = addOrganization(store, name)
      return { organizationId: id, workspaceId: addWorkspace('main', id) }
    },
    addWorkspace: (name, organization = organizationId) => addWorkspace(name, organization),
    async download(id, version) {
      if (!store.deployments.has(id)) throw new Error(`There is no Deployment ${id}`)
      return blobs.download(id, version)
    },
    async ready() {
      compileContract()
      await blobs.ready()
    },
    stop() {
      stopped ??= Promise.all([server.stop(), blobs.stop(), registry?.stop()]).then(() => undefined)
      return stopped
    },
  }
}
