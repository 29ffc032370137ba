import { settle } from './store.ts'
import type { DeployRecord, DeploymentRecord, Store, Transition } from './store.ts'
import { newId } from './store.ts'
import type { Deployment } from './wire.ts'

/** How the next rollout of a Deployment goes. */
export type RolloutScript = {
  /**
   * `live`: our version runs and is healthy. `failed`: the deploy record turns FAILED, the old version runs on. `stuck`:
   * DEPLOYING for ever. `unhealthy`: our version runs, but not well. `recovers`: UNHEALTHY first, then live.
   * `superseded`: somebody else's newer deploy takes over on the way. `hibernating`: falls asleep in place of going live.
   */
  outcome: 'live' | 'failed' | 'stuck' | 'unhealthy' | 'recovers' | 'superseded' | 'hibernating'
  /** From finalize to the end; the local Astro's rolloutMs when left out. */
  ms?: number
  statusReason?: string
  /** For images: what the new image brings. */
  astroRuntimeVersion?: string
  airflowVersion?: string
  /** For how many rollouts; 1 when left out. */
  times?: number
}

/** The script for the rollout that starts now, taken off the Deployment's list when used up. */
export function takeScript(record: DeploymentRecord): RolloutScript {
  const script = record.scripts[0]
  if (!script) return { outcome: 'live' }
  const left = (script.times ?? 1) - 1
  if (left > 0) record.scripts[0] = { ...script, times: left }
  else record.scripts.shift()
  return script
}

function setReason(deployment: Deployment, reason: string | undefined): void {
  if (reason === undefined) delete deployment.statusReason
  else deployment.statusReason = reason
}

/** What runs becomes what is wanted. */
export function moveIntoPlace(record: DeploymentRecord): void {
  const { deployment, desiredImage } = record
  if (deployment.desiredDagTarballVersion !== undefined) {
    deployment.dagTarballVersion = deployment.desiredDagTarballVersion
  }
  deployment.imageTag = desiredImage.tag
  deployment.imageVersion = desiredImage.tag
  deployment.astroRuntimeVersion = desiredImage.runtimeVersion
  deployment.runtimeVersion = desiredImage.runtimeVersion
  deployment.airflowVersion = desiredImage.airflowVersion
  record.bundles = record.bundles
    .map((bundle) =>
      bundle.desiredVersion === undefined ? bundle : { ...bundle, currentVersion: bundle.desiredVersion },
    )
    .filter((bundle) => bundle.desiredVersion !== '')
}

/** A deploy by somebody else, created and finalized on the way. */
function supersede(store: Store, record: DeploymentRecord): void {
  const { deployment } = record
  const version = store.nextVersion()
  deployment.desiredDagTarballVersion = version
  const createdAt = store.timestamp()
  const other: DeployRecord = {
    deploy: {
      id: newId(),
      deploymentId: deployment.id,
      type: 'DAG_ONLY',
      status: 'DEPLOYED',
      imageRepository: deployment.imageRepository,
      imageTag: record.desiredImage.tag,
      isDagDeployEnabled: deployment.isDagDeployEnabled,
      createdAt,
      updatedAt: createdAt,
      createdBySubject: { id: newId(), subjectType: 'USER', fullName: 'Somebody Else' },
      description: 'A deploy by somebody else',
      dagTarballVersion: version,
    },
    ranImage: record.desiredImage,
    dagsBlob: undefined,
    bundleBlob: undefined,
  }
  record.deploys.push(other)
}

/**
 * Starts the rollout of what the Deployment now wants, in place of one that is under way. The status stays as it is for
 * the first quarter of the time, then DEPLOYING; what runs changes at three quarters; the end comes with the end.
 * `before` is what was wanted until now, for a rollout that fails.
 */
export function startRollout(
  store: Store,
  record: DeploymentRecord,
  script: RolloutScript,
  subject: { deploy?: DeployRecord; before?: () => void } = {},
): void {
  const ms = script.ms ?? store.settings.rolloutMs
  const start = store.settings.now()
  const steps: Transition[] = []
  const at = (share: number, apply: () => void): void => void steps.push({ at: start + ms * share, apply })
  const end = (status: Deployment['status'], reason?: string): void =>
    at(1, () => {
      record.deployment.status = status
      setReason(record.deployment, reason ?? script.statusReason)
      record.deployment.updatedAt = store.timestamp()
    })

  at(0.25, () => {
    record.deployment.status = 'DEPLOYING'
    setReason(record.deployment, undefined)
  })
  switch (script.outcome) {
    case 'live':
      at(0.75, () => moveIntoPlace(record))
      end('HEALTHY')
      break
    case 'stuck':
      break
    case 'unhealthy':
      at(0.75, () => moveIntoPlace(record))
      end('UNHEALTHY', script.statusReason ?? 'The scheduler is not sending heartbeats')
      break
    case 'recovers':
      at(0.5, () => moveIntoPlace(record))
      at(0.6, () => (record.deployment.status = 'UNHEALTHY'))
      end('HEALTHY')
      break
    case 'hibernating':
      at(0.75, () => moveIntoPlace(record))
      end('HIBERNATING')
      break
    case 'superseded':
      at(0.5, () => supersede(store, record))
      at(0.9, () => moveIntoPlace(record))
      end('HEALTHY')
      break
    case 'failed':
      at(1, () => {
        subject.before?.()
        if (subject.deploy) subject.deploy.deploy.status = 'FAILED'
      })
      end('HEALTHY', script.statusReason ?? 'The deploy could not be applied')
      break
  }
  record.transitions = steps
  settle(store, record)
}

/**
 * Restarts the components after a change of settings: DEPLOYING at once, for as long as a rollout takes. A rollout that is
 * under way, or stuck, goes on as it would have.
 */
export function restart(store: Store, record: DeploymentRecord): void {
  const { deployment, transitions } = record
  if (deployment.status === 'HIBERNATING' || deployment.status === 'CREATING') return
  const busy = deployment.status === 'DEPLOYING' || transitions.length > 0
  deployment.status = 'DEPLOYING'
  if (busy) return
  record.transitions = [
    {
      at: store.settings.now() + store.settings.rolloutMs,
      apply() {
        record.deployment.status = 'HEALTHY'
        setReason(record.deployment, undefined)
      },
    },
  ]
  settle(store, record)
}
