import { forbidden, notFound } from './api-error.ts'
import { ok, page, sorted } from './handler.ts'
import type { Answer, Call } from './handler.ts'

export function listOrganizations({ store, principal, query }: Call<unknown>): Answer {
  if (store.settings.organizationsNeedUserToken && principal.kind !== 'user') {
    throw forbidden('This endpoint takes personal tokens only')
  }
  const found = [...store.organizations.values()].filter(
    ({ id, product }) =>
      (principal.organizationId === undefined || principal.organizationId === id) &&
      (query.product === undefined || query.product === product),
  )
  return page('organizations', sorted(found, query.sorts), query)
}

export function getOrganization({ store, principal, params }: Call<unknown>): Answer {
  const organization = store.organizations.get(params.organizationId ?? '')
  if (!organization) throw notFound('Organization')
  if (principal.organizationId !== undefined && principal.organizationId !== organization.id)
    throw forbidden()
  return ok(organization)
}
