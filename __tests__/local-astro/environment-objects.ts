import { requireDeployment, requireOrganization } from './access.ts'
import { ApiError, forbidden, invalid, notFound } from './api-error.ts'
import { noContent, ok, page, sorted } from './handler.ts'
import type { Answer, Call } from './handler.ts'
import { fieldsOfKind, isSecretField, kindOf, presentInherited, presentObject } from './object-fields.ts'
import type { TypedFields } from './object-fields.ts'
import { newId } from './store.ts'
import type { EnvironmentObjectRecord } from './store.ts'
import type { EnvironmentObjectType, ExcludedLink, ObjectFields, ObjectLink } from './wire.ts'

type LinkRequest = {
  scope: 'DEPLOYMENT'
  scopeEntityId: string
  overrides?: TypedFields & { unsetFields?: string[] }
}
type Linking = {
  description?: string
  autoLinkDeployments?: boolean
  links?: LinkRequest[]
  excludeLinks?: ExcludedLink[]
}
export type CreateObjectBody = TypedFields &
  Linking & {
    objectKey: string
    objectType: EnvironmentObjectType
    scope: 'WORKSPACE' | 'DEPLOYMENT'
    scopeEntityId: string
  }
export type UpdateObjectBody = TypedFields & Linking

type Entity = Pick<EnvironmentObjectRecord, 'scope' | 'scopeEntityId'>

/** Throws 404 when the Workspace or Deployment does not exist or is not the principal's, 403 when it is out of its reach. */
function requireEntity({ store, principal, params }: Call<unknown>, { scope, scopeEntityId }: Entity): void {
  const { organizationId = '' } = params
  if (scope === 'DEPLOYMENT') {
    requireDeployment(store, principal, organizationId, scopeEntityId)
    return
  }
  requireOrganization(store, principal, organizationId)
  const workspace = store.workspaces.get(scopeEntityId)
  if (workspace?.organizationId !== organizationId) throw notFound('Workspace')
  if (principal.workspaceId !== undefined && principal.workspaceId !== workspace.id)
    throw notFound('Workspace')
  if (principal.deploymentId !== undefined) throw forbidden()
}

function requireObject(call: Call<unknown>): EnvironmentObjectRecord {
  const found = call.store.environmentObjects.get(call.params.environmentObjectId ?? '')
  if (!found) throw notFound('Environment object')
  requireEntity(call, found)
  return found
}

function showsSecrets({ store, query }: Call<unknown>): boolean {
  if (query.showSecrets !== true) return false
  if (!store.settings.showSecretsAllowed) throw forbidden('showSecrets is not allowed by the organization')
  return true
}

function reaches(record: EnvironmentObjectRecord, deploymentId: string): boolean {
  const isIt = ({ scopeEntityId }: { scopeEntityId: string }): boolean => scopeEntityId === deploymentId
  return (record.autoLinkDeployments || record.links.some(isIt)) && !record.excludeLinks.some(isIt)
}

export function listObjects(call: Call<unknown>): Answer {
  const { store, principal, params, query } = call
  const { deploymentId, workspaceId, objectType, objectKey } = query
  requireOrganization(store, principal, params.organizationId ?? '')
  const show = showsSecrets(call)
  const fits = (record: EnvironmentObjectRecord): boolean =>
    (objectType === undefined || record.objectType === objectType) &&
    (objectKey === undefined || record.objectKey === objectKey)
  const all = [...store.environmentObjects.values()].filter(fits)
  const scope = deploymentId === undefined ? 'WORKSPACE' : 'DEPLOYMENT'
  const scopeEntityId = deploymentId ?? workspaceId
  if (typeof scopeEntityId !== 'string')
    throw invalid('deploymentId', 'or a workspaceId is required', 'required')
  requireEntity(call, { scope, scopeEntityId })
  const own = all.filter((record) => record.scope === scope && record.scopeEntityId === scopeEntityId)
  const items = own.map((record) => presentObject(record, show))
  if (scope === 'DEPLOYMENT' && query.resolveLinked === true) {
    const workspace = store.deployments.get(scopeEntityId)?.deployment.workspaceId
    const hidden = new Set(own.map((record) => `${record.objectType} ${record.objectKey}`))
    const inherited = all.filter(
      (record) =>
        record.scopeEntityId === workspace &&
        reaches(record, scopeEntityId) &&
        !hidden.has(`${record.objectType} ${record.objectKey}`),
    )
    items.push(...inherited.map((record) => presentInherited(record, scopeEntityId, show)))
  }
  return page('environmentObjects', sorted(items, query.sorts), query)
}

export function getObject(call: Call<unknown>): Answer {
  return ok(presentObject(requireObject(call), false))
}

/** A link keeps the overrides it has for every field that the request does not name. */
function replaceLinks(
  call: Call<unknown>,
  type: EnvironmentObjectType,
  current: readonly ObjectLink[],
  requested: readonly LinkRequest[],
): ObjectLink[] {
  return requested.map(({ scope, scopeEntityId, overrides }) => {
    requireEntity(call, { scope, scopeEntityId })
    const stored = current.find((link) => link.scopeEntityId === scopeEntityId)?.overrides
    const merged: ObjectFields = { ...stored, ...overrides?.[kindOf[type]] }
    for (const field of overrides?.unsetFields ?? []) Reflect.deleteProperty(merged, field)
    return {
      scope,
      scopeEntityId,
      ...(Object.keys(merged).length === 0 ? {} : { overrides: merged }),
    }
  })
}

function checkLinking(scope: Entity['scope'], body: Linking): void {
  const { autoLinkDeployments, links = [], excludeLinks = [] } = body
  if (scope === 'DEPLOYMENT' && (autoLinkDeployments === true || links.length + excludeLinks.length > 0)) {
    throw invalid('links', 'are for objects of a Workspace only')
  }
}

export function createObject(call: Call<CreateObjectBody>): Answer {
  const { store, principal, body } = call
  const { objectKey, objectType, scope, scopeEntityId, description } = body
  requireEntity(call, body)
  checkLinking(scope, body)
  const given = fieldsOfKind(objectType, body)
  if (objectType === 'ENVIRONMENT_VARIABLE' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(objectKey)) {
    throw invalid('objectKey', 'takes letters, digits and underscores, no digit first')
  }
  const same = [...store.environmentObjects.values()].some(
    (record) =>
      record.objectKey === objectKey &&
      record.objectType === objectType &&
      record.scopeEntityId === scopeEntityId,
  )
  if (same) throw new ApiError(409, `An object with the key ${objectKey} exists`)
  const isVariable = objectType === 'ENVIRONMENT_VARIABLE' || objectType === 'AIRFLOW_VARIABLE'
  const at = store.timestamp()
  const record: EnvironmentObjectRecord = {
    id: newId(),
    objectKey,
    objectType,
    scope,
    scopeEntityId,
    fields: isVariable ? { isSecret: false, value: '', ...given } : given,
    description,
    autoLinkDeployments: body.autoLinkDeployments ?? false,
    links: replaceLinks(call, objectType, [], body.links ?? []),
    excludeLinks: body.excludeLinks ?? [],
    createdAt: at,
    createdBy: principal.subject,
    updatedAt: at,
    updatedBy: principal.subject,
  }
  store.environmentObjects.set(record.id, record)
  return ok({ id: record.id })
}

/** Links, exclusions and automatic linking that are left out are gone; an empty secret changes nothing. */
export function updateObject(call: Call<UpdateObjectBody>): Answer {
  const { store, principal, body } = call
  const record = requireObject(call)
  const { objectType } = record
  checkLinking(record.scope, body)
  const given = fieldsOfKind(objectType, body)
  const changed = Object.entries(given).filter(
    ([name, value]) => !(value === '' && isSecretField(objectType, record.fields, name)),
  )
  record.links = replaceLinks(call, objectType, record.links, body.links ?? [])
  record.fields = { ...record.fields, ...Object.fromEntries(changed) }
  record.excludeLinks = body.excludeLinks ?? []
  record.autoLinkDeployments = body.autoLinkDeployments ?? false
  record.description = body.description ?? (store.settings.worstCase ? undefined : record.description)
  record.updatedAt = store.timestamp()
  record.updatedBy = principal.subject
  return ok(presentObject(record, false))
}

export function deleteObject(call: Call<unknown>): Answer {
  call.store.environmentObjects.delete(requireObject(call).id)
  return noContent
}

export function excludeLinking(call: Call<ExcludedLink>): Answer {
  const record = requireObject(call)
  const { scope, scopeEntityId } = call.body
  if (record.scope !== 'WORKSPACE') throw invalid('scope', 'only objects of a Workspace are linked')
  requireEntity(call, { scope, scopeEntityId })
  const others = record.excludeLinks.filter((link) => link.scopeEntityId !== scopeEntityId)
  record.excludeLinks = [...others, { scope, scopeEntityId }]
  record.links = record.links.filter((link) => link.scopeEntityId !== scopeEntityId)
  return ok()
}
