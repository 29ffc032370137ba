import type { AstroClient, DeploymentPath } from '../astro/client.ts'
import type {
  Deployment,
  EnvironmentObject,
  EnvironmentVariable,
  UpdateDeploymentRequest,
} from '../astro/types.ts'
import type { SessionKind } from '../auth/session.ts'
import type { Clock } from '../clock.ts'
import type { Progress, VariablesState } from '../progress.ts'
import { ActionError } from '../errors.ts'
import { HttpFailure } from '../http/failure.ts'
import { areSame, compareSettings, compareVariables } from './compare.ts'
import { changedMeanwhile, linksLost, mayNotUpdate, notAsPlanned, settingsChanged } from './apply-failure.ts'
import { lostLinks, readEnvironmentObjects } from './linked.ts'
import type { EnvironmentPlan } from './plan.ts'
import { planEnvironment } from './plan.ts'
import { updateBody } from './update-body.ts'
import type { EnvironmentWish } from './wish.ts'

export type ApplyDependencies = {
  readonly astro: Pick<AstroClient, 'getDeployment' | 'updateDeployment' | 'listEnvironmentObjects'>
  readonly session: { readonly kind: SessionKind }
  readonly clock: Clock
  readonly log: { readonly info: (line: string) => void }
  readonly progress: Pick<Progress, 'variables'>
  readonly signal: AbortSignal
}

/** What was shown of a change before it is written. */
export type ShownChange = {
  readonly plan: EnvironmentPlan
  /** Undefined when the credential may not see them. */
  readonly objects: readonly EnvironmentObject[] | undefined
}

export type WrittenChange = {
  readonly plan: EnvironmentPlan
  /** The Deployment as it was read back. */
  readonly deployment: Deployment
}

const TRIES = 3
const LOOKS = 4
const PAUSE_MS = 1_000

/**
 * Writes a change of variables in one update that carries every other setting, and proves it: the Deployment is read again
 * right before, planned again when somebody changed its variables meanwhile (`onNewPlan` hears of that), read back
 * afterwards and compared. Undefined when there is nothing to write after all.
 *
 * Throws ActionError; `progress` then knows whether the old or the new list is there.
 */
export async function applyEnvironment(
  deps: ApplyDependencies,
  target: DeploymentPath,
  wish: EnvironmentWish,
  shown: ShownChange,
  onNewPlan: (plan: EnvironmentPlan) => void,
): Promise<WrittenChange | undefined> {
  const { astro, clock, log, progress, signal } = deps
  let plan = shown.plan
  /** As it was before the first request that may have had an effect. */
  let baseline: Deployment | undefined
  /** What a request that is refused leaves behind. */
  let standing: VariablesState = 'kept'

  for (let attempt = 1; ; attempt++) {
    const before = await astro.getDeployment(target)
    if (baseline === undefined || !hasList(before, plan)) {
      const fresh = planEnvironment(variablesOf(before), wish)
      refuseNewRemovals(plan, fresh)
      if (baseline === undefined && !isEqual(fresh.changes, plan.changes)) onNewPlan(fresh)
      plan = fresh
    }
    if (plan.changes.length === 0) {
      if (baseline === undefined) return undefined
      await proveNothingElseChanged(deps, target, baseline, before, shown.objects)
      return { plan, deployment: before }
    }
    baseline ??= before

    const unclear = await write(deps, target, updateBody(before, plan.variables), standing)
    const after = await readBack(deps, target, before, plan, unclear)
    standing = judgeList(before, after, plan, unclear !== undefined)
    progress.variables(standing)
    if (standing === 'written') {
      await proveNothingElseChanged(deps, target, baseline, after, shown.objects)
      return { plan, deployment: after }
    }
    if (attempt >= TRIES) throw unclear ?? notAsPlanned(after, plan)
    log.info(
      unclear
        ? 'Astro does not show the new variables. Writing them again.'
        : 'Somebody else changed the variables at the same moment. Planning again.',
    )
    await clock.sleep(PAUSE_MS * attempt, signal)
  }
}

const variablesOf = ({ environmentVariables }: Deployment): readonly EnvironmentVariable[] =>
  environmentVariables ?? []
const hasList = (deployment: Deployment, { variables }: EnvironmentPlan): boolean =>
  areSame(compareVariables(variables, variablesOf(deployment)))
const isEqual = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** A list that somebody else made longer meanwhile: what nobody has been shown is not removed. */
function refuseNewRemovals(shown: EnvironmentPlan, fresh: EnvironmentPlan): void {
  const known = new Set(shown.changes.filter(({ kind }) => kind === 'removed').map(({ key }) => key))
  const surprising = fresh.changes
    .filter(({ kind, key }) => kind === 'removed' && !known.has(key))
    .map(({ key }) => key)
  if (surprising.length > 0) throw changedMeanwhile(surprising)
}

/**
 * Sends the update. Returns the error of an answer that leaves open whether it had an effect; throws any other.
 *
 * @param standing what is known of the list of variables when this request has no effect
 */
async function write(
  { astro, log, progress, session }: ApplyDependencies,
  target: DeploymentPath,
  body: UpdateDeploymentRequest,
  standing: VariablesState,
): Promise<ActionError | undefined> {
  progress.variables('writing')
  try {
    await astro.updateDeployment(target, body)
    progress.variables('written')
    return undefined
  } catch (error) {
    if (!(error instanceof ActionError) || error.code === 'ASTRO-CANCELLED') throw error
    if (!leavesOpen(error)) {
      progress.variables(standing)
      throw error.code === 'ASTRO-API-FORBIDDEN' ? mayNotUpdate(error, session.kind) : error
    }
    log.info(`The update had no clear answer (${error.observed ?? error.code}); reading the Deployment.`)
    return error
  }
}

/** Whether the update may have had an effect although it ended with this error. */
function leavesOpen({ code, cause }: ActionError): boolean {
  if (code === 'ASTRO-API-UNREACHABLE') return !(cause instanceof HttpFailure) || cause.reached
  return code === 'ASTRO-API-UNAVAILABLE' || code === 'ASTRO-API-ANSWER'
}

/** The Deployment as soon as it shows the new list; the last of a few looks otherwise, for a copy of it may lag. */
async function readBack(
  { astro, clock, signal }: ApplyDependencies,
  target: DeploymentPath,
  before: Deployment,
  plan: EnvironmentPlan,
  unclear: ActionError | undefined,
): Promise<Deployment> {
  for (let look = 1; ; look++) {
    let after: Deployment
    try {
      after = await astro.getDeployment(target)
    } catch (error) {
      signal.throwIfAborted()
      throw unclear ?? error
    }
    const isThere = judgeList(before, after, plan, unclear !== undefined) === 'written'
    if (isThere || look >= LOOKS) return after
    await clock.sleep(PAUSE_MS, signal)
  }
}

/**
 * Which list is there after an update. Values of secrets cannot be compared, but a list is replaced as a whole, so any sign
 * of the new one is a sign of all of it.
 */
export function judgeList(
  before: Deployment,
  after: Deployment,
  plan: EnvironmentPlan,
  isUnclear: boolean,
): VariablesState {
  if (!isUnclear) return hasList(after, plan) ? 'written' : 'replaced'
  const isVisible = !hasList(before, plan)
  if (isVisible && hasList(after, plan)) return 'written'
  const isAsBefore = areSame(compareVariables(variablesOf(before), variablesOf(after)))
  if (!isAsBefore) return 'writing'
  if (isVisible) return 'kept'
  const times = new Map(variablesOf(before).map(({ key, updatedAt }) => [key, updatedAt]))
  const isTouched = ({ key, updatedAt }: EnvironmentVariable): boolean => times.get(key) !== updatedAt
  const changed = new Set(plan.changes.map(({ key }) => key))
  return variablesOf(after).some((variable) => changed.has(variable.key) && isTouched(variable))
    ? 'written'
    : 'writing'
}

/** Throws when the update did more than was planned. What runs may change beside it, and is only told. */
async function proveNothingElseChanged(
  deps: ApplyDependencies,
  target: DeploymentPath,
  before: Deployment,
  after: Deployment,
  objects: readonly EnvironmentObject[] | undefined,
): Promise<void> {
  const { settings, running } = compareSettings(before, after)
  for (const { field, before: old, after: now } of running) {
    deps.log.info(`Meanwhile, by a deploy: ${field} was ${old ?? 'nothing'} and is ${now ?? 'nothing'}.`)
  }
  if (settings.length > 0) throw settingsChanged(after, settings)
  if (objects === undefined) return
  const lost = lostLinks(objects, (await readEnvironmentObjects(deps, target)) ?? objects)
  if (lost.length > 0) throw linksLost(after, lost)
}
