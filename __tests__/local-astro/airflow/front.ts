import type { Principal, Tokens } from '../auth.ts'
import { sees } from '../access.ts'
import type { Blobs } from '../blobs.ts'
import { settle } from '../store.ts'
import type { DeploymentRecord, Store } from '../store.ts'
import type { AirflowAnswer, AirflowBackend, AirflowRequest } from './backend.ts'
import type { Major } from './shapes.ts'
import { failure } from './shapes.ts'
import type { StandIn } from './stand-in.ts'
import { createStandIn } from './stand-in.ts'

export const AIRFLOW_PREFIX = '/airflow/'

export type AirflowFront = {
  /** Lets every Airflow have the code that its Deployment runs now. */
  sync(): Promise<void>
  answer(request: AirflowRequest & { readonly authorization: string | undefined }): Promise<AirflowAnswer>
  /** The Deployment's stand-in; throws when another Airflow serves it. */
  standIn(deploymentId: string): StandIn
  /** Another Airflow serves this Deployment from now on. */
  use(deploymentId: string, backend: AirflowBackend): void
}

type Served = {
  backend: AirflowBackend
  standIn: StandIn | undefined
  version: string | undefined
  busy: Promise<void>
}

/**
 * What stands before the Airflow of each Deployment: it takes the control plane's bearer tokens, knows who may see which
 * Deployment, and answers a page of its own for an Airflow that is not up.
 */
export function createAirflowFront(store: Store, blobs: Blobs, tokens: Tokens): AirflowFront {
  const { settings } = store
  const served = new Map<string, Served>()

  const majorOf = ({ deployment }: DeploymentRecord): Major =>
    deployment.airflowVersion.startsWith('2.') ? 2 : 3

  function of(record: DeploymentRecord): Served {
    const { id, airflowVersion } = record.deployment
    const known = served.get(id)
    if (known) return known
    const standIn = createStandIn({
      major: majorOf(record),
      version: airflowVersion,
      now: settings.now,
      ...settings.airflow,
    })
    const made = { backend: standIn, standIn, version: undefined, busy: Promise.resolve() }
    served.set(id, made)
    return made
  }

  async function bring(record: DeploymentRecord): Promise<void> {
    const target = of(record)
    settle(store, record)
    const { id, dagTarballVersion: version } = record.deployment
    if (target.version === version) return target.busy
    target.version = version
    target.busy = target.busy.then(async () => {
      const uploaded = version !== undefined && blobs.has(version)
      await target.backend.deploy(version, uploaded ? await blobs.download(id, version) : undefined)
    })
    return target.busy
  }

  function refuse(major: Major, status: 401 | 403): AirflowAnswer {
    return failure(major, status, status === 401 ? 'Not authenticated' : 'Forbidden')
  }

  return {
    async sync() {
      for (const record of store.deployments.values()) await bring(record)
    },
    async answer(request) {
      const [, deploymentId = '', below = ''] = /^\/airflow\/([^/]+)(\/.*)?$/.exec(request.path) ?? []
      const record = store.deployments.get(deploymentId)
      if (!record || record.deployment.status === 'CREATING' || record.deployment.status === 'HIBERNATING') {
        return { status: 404, body: PAGE, headers: { 'content-type': 'text/html' } }
      }
      let principal: Principal
      try {
        principal = tokens.authenticate(request.authorization)
      } catch {
        return refuse(majorOf(record), 401)
      }
      if (!sees(principal, record)) return refuse(majorOf(record), 403)
      await bring(record)
      return of(record).backend.answer({ ...request, path: below })
    },
    standIn(deploymentId) {
      const record = store.deployments.get(deploymentId)
      const { standIn } = record ? of(record) : {}
      if (!standIn) throw new Error(`No stand-in serves the Deployment ${deploymentId}`)
      return standIn
    },
    use(deploymentId, backend) {
      served.set(deploymentId, { backend, standIn: undefined, version: undefined, busy: Promise.resolve() })
    },
  }
}

const PAGE = '<html><head><title>404 Not Found</title></head><body>default backend</body></html>\n'
