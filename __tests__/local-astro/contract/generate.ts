/**
 * Writes astro-api.json, the contract that the local Astro checks itself and its clients against, from Astro's official
 * OpenAPI file:
 *
 *     node __tests__/local-astro/contract/generate.ts PATH-OF-THE-OFFICIAL-FILE
 *
 * Only the operations that are used and the schemas they reach are kept, and nothing that is prose.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { parse } from 'yaml'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type JsonObject = Record<string, Json>

export const usedOperations = [
  'ListOrganizations',
  'GetOrganization',
  'GetDeploymentOptions',
  'ListDeployments',
  'CreateDeployment',
  'GetDeployment',
  'UpdateDeployment',
  'DeleteDeployment',
  'ListDeploys',
  'CreateDeploy',
  'GetDeploy',
  'UpdateDeploy',
  'FinalizeDeploy',
  'DeployRollback',
  'UpdateDeploymentHibernationOverride',
  'DeleteDeploymentHibernationOverride',
  'ListEnvironmentObjects',
  'CreateEnvironmentObject',
  'GetEnvironmentObject',
  'UpdateEnvironmentObject',
  'DeleteEnvironmentObject',
  'ExcludeLinkingEnvironmentObject',
] as const

export type OperationId = (typeof usedOperations)[number]

/** Keywords that explain to people and bind nobody. As names of properties they are data and stay. */
const prose = new Set(['description', 'summary', 'example', 'examples', 'title', 'externalDocs', 'tags'])

/** Places whose keys are names that somebody chose, not keywords. */
const nameMaps = new Set(['properties', 'patternProperties', 'schemas', 'paths', 'responses', 'mapping'])

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withoutProse(value: Json, keysAreNames = false): Json {
  if (Array.isArray(value)) return value.map((item) => withoutProse(item))
  if (!isObject(value)) return value
  const kept: JsonObject = {}
  for (const [key, inner] of Object.entries(value)) {
    if (!keysAreNames && (prose.has(key) || key.startsWith('x-'))) continue
    kept[key] = withoutProse(inner, !keysAreNames && nameMaps.has(key))
  }
  return kept
}

function references(value: Json, found: Set<string>): void {
  if (typeof value === 'string') {
    const name = /^#\/components\/schemas\/(.+)$/.exec(value)?.[1]
    if (name !== undefined) found.add(name)
  } else if (Array.isArray(value)) {
    for (const item of value) references(item, found)
  } else if (isObject(value)) {
    for (const inner of Object.values(value)) references(inner, found)
  }
}

function member(parent: Json | undefined, key: string): JsonObject {
  const value = isObject(parent) ? parent[key] : undefined
  if (!isObject(value)) throw new Error(`The OpenAPI file has no object at ${key}.`)
  return value
}

/** The reduced contract, still an OpenAPI document, from the parsed official one. Throws when an operation is missing. */
export function reduceContract(official: JsonObject): JsonObject {
  const wanted = new Set<string>(usedOperations)
  const paths: JsonObject = {}
  for (const [path, methods] of Object.entries(member(official, 'paths'))) {
    if (!isObject(methods)) continue
    for (const [method, operation] of Object.entries(methods)) {
      if (!isObject(operation) || typeof operation.operationId !== 'string') continue
      if (!wanted.delete(operation.operationId)) continue
      const { operationId, parameters, requestBody, responses } = operation
      const kept: JsonObject = { operationId }
      if (parameters !== undefined) kept.parameters = parameters
      if (requestBody !== undefined) kept.requestBody = requestBody
      if (responses !== undefined) kept.responses = responses
      paths[path] = { ...(isObject(paths[path]) ? paths[path] : {}), [method]: kept }
    }
  }
  if (wanted.size > 0) throw new Error(`The OpenAPI file lacks ${[...wanted].join(', ')}.`)

  const all = member(member(official, 'components'), 'schemas')
  const reached = new Set<string>()
  references(paths, reached)
  for (const name of reached) references(member(all, name), reached)
  const schemas: JsonObject = {}
  for (const name of [...reached].sort()) schemas[name] = member(all, name)

  return withoutProse({
    openapi: official.openapi ?? '3.0.3',
    info: { version: member(official, 'info').version ?? '' },
    paths,
    components: { schemas },
  }) as JsonObject
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const source = process.argv[2]
  if (source === undefined) {
    process.stderr.write('Usage: node __tests__/local-astro/contract/generate.ts PATH-OF-THE-OFFICIAL-FILE\n')
    process.exitCode = 1
  } else {
    const contract = reduceContract(parse(readFileSync(source, 'utf8')) as JsonObject)
    const target = new URL('astro-api.json', import.meta.url)
    const style = (await resolveConfig(target)) ?? {}
    writeFileSync(target, await format(JSON.stringify(contract), { ...style, parser: 'json' }))
  }
}
