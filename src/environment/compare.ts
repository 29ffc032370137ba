import type { Deployment, EnvironmentVariable, EnvironmentVariableRequest } from '../astro/types.ts'

/** A setting that is not what it was. */
export type Difference = {
  /** Such as `workerQueues[default].podEphemeralStorage`. */
  readonly field: string
  /** As JSON; undefined for nothing. */
  readonly before: string | undefined
  readonly after: string | undefined
}

/** How the variables of a Deployment differ from a list that was to be written. Names only. */
export type VariableDifferences = {
  readonly missing: readonly string[]
  readonly unexpected: readonly string[]
  /** Another value of a plain variable, or secret in place of plain or the reverse. */
  readonly different: readonly string[]
}

/** Moves by itself: times, who did it, and how the Deployment is doing. */
const MOVING: readonly RegExp[] = [
  /^(?:updatedAt|updatedBy|status|statusReason|scalingStatus)\b/,
  /^scalingSpec\.hibernationSpec\.override\.isActive$/,
]

/** What runs is changed by deploys, which may end at any moment; no update of settings carries it. */
const RUNNING =
  /^(?:imageTag|imageVersion|dagTarballVersion|desiredDagTarballVersion|astroRuntimeVersion|runtimeVersion|airflowVersion|webServerAirflowApiUrl|apiUrl)$/

/**
 * Every setting that differs between two looks at a Deployment, but for the variables; and what runs, apart. Nothing, an
 * empty text and an empty list count as the same; so do remote execution that is off and none. The order of lists counts
 * where it means something.
 */
export function compareSettings(
  before: Deployment,
  after: Deployment,
): { readonly settings: readonly Difference[]; readonly running: readonly Difference[] } {
  const [old, now] = [flatten(before), flatten(after)]
  const differences = [...new Set([...old.keys(), ...now.keys()])]
    .filter((field) => old.get(field) !== now.get(field) && !MOVING.some((pattern) => pattern.test(field)))
    .map((field): Difference => ({ field, before: old.get(field), after: now.get(field) }))
  return {
    settings: differences.filter(({ field }) => !RUNNING.test(field)),
    running: differences.filter(({ field }) => RUNNING.test(field)),
  }
}

/** Whether a Deployment has exactly the variables of an update, as far as answers show them. */
export function compareVariables(
  wanted: readonly EnvironmentVariableRequest[],
  found: readonly EnvironmentVariable[],
): VariableDifferences {
  const present = new Map(found.map((variable) => [variable.key, variable]))
  const expected = new Set(wanted.map(({ key }) => key))
  return {
    missing: wanted.filter(({ key }) => !present.has(key)).map(({ key }) => key),
    unexpected: found.filter(({ key }) => !expected.has(key)).map(({ key }) => key),
    different: wanted
      .filter(({ key, isSecret, value }) => {
        const other = present.get(key)
        if (!other) return false
        return other.isSecret !== isSecret || (!isSecret && (other.value ?? '') !== (value ?? ''))
      })
      .map(({ key }) => key),
  }
}

export function areSame({ missing, unexpected, different }: VariableDifferences): boolean {
  return missing.length + unexpected.length + different.length === 0
}

/** The leaves of a Deployment by their path, as JSON. */
function flatten(deployment: Deployment): Map<string, string> {
  const leaves = new Map<string, string>()
  const { remoteExecution: remote } = deployment
  const settings = {
    ...deployment,
    environmentVariables: undefined,
    remoteExecution: remote?.enabled ? remote : undefined,
  }
  collect(settings, '', leaves)
  return leaves
}

function collect(value: unknown, path: string, leaves: Map<string, string>): void {
  if (value === undefined || value === null || value === '') return
  if (Array.isArray(value)) {
    collectItems(value, path, leaves)
  } else if (typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) {
      collect(inner, path === '' ? name : `${path}.${name}`, leaves)
    }
  } else {
    leaves.set(path, JSON.stringify(value))
  }
}

/** Lists of texts are sets; items with a name (queues) are known by it; others by their place. */
function collectItems(items: readonly unknown[], path: string, leaves: Map<string, string>): void {
  if (items.length === 0) return
  if (items.every((item) => typeof item === 'string')) {
    leaves.set(path, JSON.stringify([...items].sort()))
    return
  }
  items.forEach((item, index) => {
    const name = typeof item === 'object' && item !== null && 'name' in item ? String(item.name) : index
    collect(item, `${path}[${name}]`, leaves)
  })
}
