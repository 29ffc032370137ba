import { requireDeployment } from './access.ts'
import { ApiError, invalid, notFound } from './api-error.ts'
import { noContent, ok } from './handler.ts'
import type { Answer, Call } from './handler.ts'
import { moveIntoPlace } from './rollout.ts'
import { settle } from './store.ts'
import type { DeploymentRecord, Store } from './store.ts'
import type { HibernationOverride } from './wire.ts'

export type OverrideBody = { isHibernating: boolean | null; overrideUntil?: string | null }

function showSleep(record: DeploymentRecord, isHibernating: boolean, reason: string): void {
  record.deployment.scalingStatus = { hibernationStatus: { isHibernating, reason } }
}

/** Puts the Deployment to sleep, or wakes it up in the time of a rollout: it stays asleep for a while, then DEPLOYING. */
function sleepOrWake(store: Store, record: DeploymentRecord, asleep: boolean, reason: string): void {
  const { deployment } = record
  const isAsleep = deployment.status === 'HIBERNATING'
  showSleep(record, asleep, reason)
  if (asleep === isAsleep) return
  if (asleep) {
    deployment.status = 'HIBERNATING'
    record.transitions = []
    return
  }
  const start = store.settings.now()
  const ms = store.settings.rolloutMs
  record.transitions = [
    { at: start + ms / 4, apply: () => (record.deployment.status = 'DEPLOYING') },
    {
      at: start + ms,
      apply() {
        moveIntoPlace(record)
        record.deployment.status = 'HEALTHY'
      },
    },
  ]
  settle(store, record)
}

function setOverride(record: DeploymentRecord, override: HibernationOverride | undefined): void {
  const spec = { ...record.deployment.scalingSpec?.hibernationSpec }
  if (override) spec.override = override
  else delete spec.override
  record.deployment.scalingSpec = { hibernationSpec: spec }
}

function endOverride(store: Store, record: DeploymentRecord): void {
  record.overrideEnd = undefined
  setOverride(record, undefined)
  sleepOrWake(store, record, record.scheduledAsleep, 'Hibernation schedule')
}

function developmentDeployment({ store, principal, params }: Call<unknown>): DeploymentRecord {
  const { organizationId = '', deploymentId = '' } = params
  const record = requireDeployment(store, principal, organizationId, deploymentId)
  if (record.deployment.isDevelopmentMode !== true) {
    throw new ApiError(400, 'Only a development Deployment can hibernate')
  }
  return record
}

export function postOverride(call: Call<OverrideBody>): Answer {
  const { store, body } = call
  const record = developmentDeployment(call)
  const { isHibernating, overrideUntil } = body
  if (isHibernating === null) throw invalid('isHibernating', 'must be true or false')
  const until = typeof overrideUntil === 'string' ? Date.parse(overrideUntil) : undefined
  if (until !== undefined && until <= store.settings.now()) throw invalid('overrideUntil', 'is in the past')
  const override: HibernationOverride = {
    isHibernating,
    isActive: true,
    ...(until === undefined ? {} : { overrideUntil: new Date(until).toISOString() }),
  }
  setOverride(record, override)
  record.overrideEnd =
    until === undefined ? undefined : { at: until, apply: () => endOverride(store, record) }
  sleepOrWake(store, record, isHibernating, 'Hibernation override')
  return ok(override)
}

/** The schedule counts again at once. */
export function deleteOverride(call: Call<unknown>): Answer {
  const record = developmentDeployment(call)
  if (!record.deployment.scalingSpec?.hibernationSpec?.override) throw notFound('Hibernation override')
  endOverride(call.store, record)
  return noContent
}
