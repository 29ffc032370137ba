import type { EnvironmentVariable, EnvironmentVariableRequest } from '../astro/types.ts'
import { ActionError } from '../errors.ts'
import type { EnvironmentWish, WishedVariable } from './wish.ts'

export type VariableChange = {
  readonly key: string
  readonly kind: 'added' | 'changed' | 'removed'
  /** As it will be; of a removed variable, as it was. */
  readonly isSecret: boolean
  /** What happens in words, where the kind does not say it all. */
  readonly note?: string
}

export type EnvironmentPlan = {
  readonly changes: readonly VariableChange[]
  /** How many variables stay as they are. */
  readonly unchanged: number
  /** The whole list of variables, as an update must carry it. */
  readonly variables: readonly EnvironmentVariableRequest[]
}

/** What the output `environment-changes` carries: names only. */
export type ChangedNames = {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  readonly unchanged: number
}

/**
 * What a wish means for the variables of a Deployment (section 6.1 of the control plane's contract). The value of a stored
 * secret cannot be read: a secret that is given always counts as changed, and one that is not mentioned is carried without
 * a value, which keeps it. Throws `ASTRO-ENV-SECRET-TO-PLAIN`. A pure function.
 */
export function planEnvironment(
  current: readonly EnvironmentVariable[],
  { mode, variables: wished }: EnvironmentWish,
): EnvironmentPlan {
  refuseUnveiling(current, wished)
  const wishes = new Map(wished.map((variable) => [variable.key, variable]))
  const known = new Set(current.map(({ key }) => key))

  const stored = current.map((variable) => settle(variable, wishes.get(variable.key), mode))
  const added = wished
    .filter(({ key }) => !known.has(key))
    .map((variable): Settled => {
      const { key, isSecret } = variable
      return { change: { key, kind: 'added', isSecret }, request: requestOf(variable) }
    })
  const settled = [...stored, ...added]
  return {
    changes: settled.flatMap(({ change }) => change ?? []),
    unchanged: settled.filter(({ change }) => change === undefined).length,
    variables: settled.flatMap(({ request }) => request ?? []),
  }
}

type Settled = {
  readonly change: VariableChange | undefined
  /** Undefined for a variable that goes. */
  readonly request: EnvironmentVariableRequest | undefined
}

/** What becomes of a variable that the Deployment has. */
function settle(
  stored: EnvironmentVariable,
  wish: WishedVariable | undefined,
  mode: EnvironmentWish['mode'],
): Settled {
  const { key, isSecret } = stored
  if (!wish) {
    return mode === 'replace'
      ? { change: { key, kind: 'removed', isSecret }, request: undefined }
      : { change: undefined, request: keep(stored) }
  }
  const request = requestOf(wish)
  if (wish.isSecret) {
    const note = isSecret ? 'its stored value cannot be read, so it is set again' : 'plain until now'
    return { change: { key, kind: 'changed', isSecret: true, note }, request }
  }
  return wish.value === (stored.value ?? '')
    ? { change: undefined, request: keep(stored) }
    : { change: { key, kind: 'changed', isSecret: false }, request }
}

/** A secret keeps its stored value only when none is sent; an empty one would blank it. */
function keep({ key, isSecret, value }: EnvironmentVariable): EnvironmentVariableRequest {
  return isSecret ? { key, isSecret } : { key, isSecret, value: value ?? '' }
}

const requestOf = ({ key, isSecret, value }: WishedVariable): EnvironmentVariableRequest => ({
  key,
  isSecret,
  value,
})

function refuseUnveiling(current: readonly EnvironmentVariable[], wished: readonly WishedVariable[]): void {
  const secret = new Set(current.filter(({ isSecret }) => isSecret).map(({ key }) => key))
  const unveiled = wished.filter(({ key, isSecret }) => !isSecret && secret.has(key)).map(({ key }) => key)
  if (unveiled.length === 0) return
  throw new ActionError({
    code: 'ASTRO-ENV-SECRET-TO-PLAIN',
    problem: `The step would turn ${unveiled.length === 1 ? 'a secret variable' : 'secret variables'} into plain text: ${unveiled.join(', ')}.`,
    observed: 'The Deployment stores it as a secret; the step gives it as a plain variable.',
    likelyCause:
      'The line stands in `environment-variables` (or a file) instead of `secret-environment-variables`.',
    fix: 'Move the line to `secret-environment-variables`. If the value may be seen by everybody with access to the Deployment, delete the variable in the Astro UI first, then run again.',
  })
}

/** The names of a plan, for the output. */
export function namesOf({ changes, unchanged }: EnvironmentPlan): ChangedNames {
  const names = (kind: VariableChange['kind']): string[] =>
    changes.filter((change) => change.kind === kind).map(({ key }) => key)
  return { added: names('added'), changed: names('changed'), removed: names('removed'), unchanged }
}
