import type { AstroClient, DeploymentPath } from '../astro/client.ts'
import type { EnvironmentObject } from '../astro/types.ts'
import { ActionError } from '../errors.ts'

/** Answers that mean "not for this credential" or "not here": then the objects are none of our business. */
const NOT_OURS = new Set(['ASTRO-API-FORBIDDEN', 'ASTRO-API-NOT-FOUND', 'ASTRO-API-REFUSED'])

/**
 * The objects of the Environment Manager that reach a Deployment; undefined when the credential may not see them. Throws
 * the client's error when Astro gives no answer.
 */
export async function readEnvironmentObjects(
  {
    astro,
    log,
  }: {
    readonly astro: Pick<AstroClient, 'listEnvironmentObjects'>
    readonly log: { readonly info: (line: string) => void }
  },
  target: DeploymentPath,
): Promise<readonly EnvironmentObject[] | undefined> {
  try {
    return await astro.listEnvironmentObjects(target)
  } catch (error) {
    if (!(error instanceof ActionError) || !NOT_OURS.has(error.code)) throw error
    log.info('The credential may not see the Environment Manager, so its objects are not compared.')
    return undefined
  }
}

/** A warning that names the keys which the Environment Manager sets as well, or undefined. */
export function sameKeysWarning(
  objects: readonly EnvironmentObject[],
  wished: readonly { readonly key: string }[],
): string | undefined {
  const keys = new Set(wished.map(({ key }) => key))
  const doubled = objects
    .filter(({ objectType, objectKey }) => objectType === 'ENVIRONMENT_VARIABLE' && keys.has(objectKey))
    .map((object) => `${object.objectKey} (${describeOrigin(object)})`)
  if (doubled.length === 0) return undefined
  return `The Environment Manager sets the same environment variables for this Deployment: ${doubled.join(', ')}. Which value wins is not documented; keep each variable in one place.`
}

/** The linked objects of before that are linked no more, in words. */
export function lostLinks(
  before: readonly EnvironmentObject[],
  after: readonly EnvironmentObject[],
): readonly string[] {
  const left = new Set(after.map(identify))
  return before
    .filter((object) => isLinked(object) && !left.has(identify(object)))
    .map(
      (object) =>
        `${object.objectKey} (${object.objectType.toLowerCase().replaceAll('_', ' ')}, ${describeOrigin(object)})`,
    )
}

const isLinked = ({ sourceScope }: EnvironmentObject): boolean => sourceScope !== undefined

function describeOrigin({ sourceScope, sourceScopeEntityId }: EnvironmentObject): string {
  return sourceScope === undefined
    ? "the Deployment's own"
    : `linked from the ${sourceScope === 'WORKSPACE' ? 'Workspace' : 'Deployment'} ${sourceScopeEntityId ?? ''}`.trim()
}

function identify({ objectType, objectKey, sourceScope, sourceScopeEntityId }: EnvironmentObject): string {
  return JSON.stringify([objectType, objectKey, sourceScope, sourceScopeEntityId])
}
