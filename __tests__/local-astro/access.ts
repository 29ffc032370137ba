import { forbidden, notFound } from './api-error.ts'
import type { Principal } from './auth.ts'
import { settle } from './store.ts'
import type { DeploymentRecord, Store } from './store.ts'

/** Whether the principal sees the Deployment in lists. */
export function sees(principal: Principal, { deployment }: DeploymentRecord): boolean {
  if (principal.organizationId !== undefined && principal.organizationId !== deployment.organizationId)
    return false
  if (principal.workspaceId !== undefined && principal.workspaceId !== deployment.workspaceId) return false
  return principal.deploymentId === undefined || principal.deploymentId === deployment.id
}

/** Throws 403 unless the principal belongs to the Organization. */
export function requireOrganization(store: Store, principal: Principal, organizationId: string): void {
  const { organizationId: own } = principal
  if (!store.organizations.has(organizationId) || (own !== undefined && own !== organizationId)) {
    throw forbidden('You do not have access to this Organization')
  }
}

/**
 * The Deployment with its due transitions done. Throws 404 when it does not exist or lies in a Workspace that the principal
 * cannot see, 403 when it is another one of the same Workspace than the one the credential is bound to.
 */
export function requireDeployment(
  store: Store,
  principal: Principal,
  organizationId: string,
  deploymentId: string,
): DeploymentRecord {
  requireOrganization(store, principal, organizationId)
  const record = store.deployments.get(deploymentId)
  if (record?.deployment.organizationId !== organizationId) throw notFound('Deployment')
  if (!sees(principal, record)) {
    if (principal.workspaceId === record.deployment.workspaceId) throw forbidden()
    throw notFound('Deployment')
  }
  settle(store, record)
  return record
}

/** Throws 403 when a person's token would deploy to a Deployment that takes deploys from CI/CD only. */
export function requireDeployRight(principal: Principal, { deployment }: DeploymentRecord): void {
  if (deployment.isCicdEnforced && principal.kind === 'user') {
    throw forbidden('CI/CD enforcement is on: this Deployment takes deploys with API tokens only')
  }
}
