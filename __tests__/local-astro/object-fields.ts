import { invalid } from './api-error.ts'
import type { EnvironmentObjectRecord } from './store.ts'
import type { EnvironmentObjectKind, EnvironmentObjectType, ObjectFields, ObjectLink } from './wire.ts'

/** The property that holds an object's own fields, by its type. */
export const kindOf: Record<EnvironmentObjectType, EnvironmentObjectKind> = {
  ENVIRONMENT_VARIABLE: 'environmentVariable',
  AIRFLOW_VARIABLE: 'airflowVariable',
  CONNECTION: 'connection',
  METRICS_EXPORT: 'metricsExport',
}

export type TypedFields = Partial<Record<EnvironmentObjectKind, ObjectFields>>

/** The fields of the object's own kind; throws 400 when they are missing, or those of another kind are there. */
export function fieldsOfKind(type: EnvironmentObjectType, body: TypedFields): ObjectFields {
  const own = kindOf[type]
  for (const kind of Object.values(kindOf)) {
    if (kind !== own && body[kind] !== undefined) throw invalid(kind, `is not for ${type}`)
  }
  const fields = body[own]
  if (!fields) throw invalid(own, `is required for ${type}`, 'required')
  return fields
}

/** Whether the field keeps a secret, in an object with these fields. */
export function isSecretField(type: EnvironmentObjectType, fields: ObjectFields, name: string): boolean {
  if (type === 'CONNECTION') return name === 'password'
  if (type === 'METRICS_EXPORT') return name === 'password' || name === 'basicToken'
  return name === 'value' && fields.isSecret === true
}

/** Names of the fields that have a value, those in maps as dotted paths. */
function setFields(fields: ObjectFields): string[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (typeof value === 'object' && value !== null) return Object.keys(value).map((key) => `${name}.${key}`)
    return value === '' || value === undefined || name === 'isSecret' ? [] : [name]
  })
}

function masked(
  type: EnvironmentObjectType,
  base: ObjectFields,
  fields: ObjectFields,
  show: boolean,
): ObjectFields {
  const entries = Object.entries(fields)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isSecretField(type, base, name) && !show ? '' : value]),
  )
}

function presentLink(record: EnvironmentObjectRecord, link: ObjectLink, show: boolean): object {
  const { objectType, fields } = record
  const { scope, scopeEntityId, overrides } = link
  const shown = overrides && {
    [`${kindOf[objectType]}Overrides`]: masked(objectType, fields, overrides, show),
  }
  return { scope, scopeEntityId, setFields: setFields(overrides ?? {}), ...shown }
}

/** An object as answers show it: secrets are empty texts unless `show`. */
export function presentObject(record: EnvironmentObjectRecord, show: boolean): object {
  const { id, objectKey, objectType, scope, scopeEntityId, fields, description } = record
  const { createdAt, createdBy, updatedAt, updatedBy } = record
  return {
    id,
    objectKey,
    objectType,
    scope,
    scopeEntityId,
    [kindOf[objectType]]: masked(objectType, fields, fields, show),
    setFields: setFields(fields),
    ...(description === undefined ? {} : { description }),
    ...(scope === 'WORKSPACE'
      ? {
          autoLinkDeployments: record.autoLinkDeployments,
          links: record.links.map((link) => presentLink(record, link, show)),
          excludeLinks: record.excludeLinks,
        }
      : {}),
    createdAt,
    createdBy,
    updatedAt,
    updatedBy,
  }
}

/** A Workspace's object as one of its Deployments inherits it: without an ID, since it is not that Deployment's own. */
export function presentInherited(
  record: EnvironmentObjectRecord,
  deploymentId: string,
  show: boolean,
): object {
  const { objectType, fields } = record
  const link = record.links.find(({ scopeEntityId }) => scopeEntityId === deploymentId)
  const effective = { ...fields, ...link?.overrides }
  return {
    objectKey: record.objectKey,
    objectType,
    scope: 'DEPLOYMENT',
    scopeEntityId: deploymentId,
    sourceScope: record.scope,
    sourceScopeEntityId: record.scopeEntityId,
    [kindOf[objectType]]: masked(objectType, fields, effective, show),
    setFields: setFields(effective),
  }
}
