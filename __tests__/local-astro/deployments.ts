import { requireDeployment, requireOrganization, sees } from './access.ts'
import { forbidden } from './api-error.ts'
import { list, noContent, ok, page, sorted } from './handler.ts'
import type { Answer, Call } from './handler.ts'
import { settle } from './store.ts'
import type { DeploymentRecord } from './store.ts'
import type { Deployment, EnvironmentVariable } from './wire.ts'

/** A variable without its value when it is secret: no answer ever carries one. */
function presentVariable({ value, ...variable }: EnvironmentVariable): EnvironmentVariable {
  return variable.isSecret ? variable : { ...variable, value: value ?? '' }
}

/** The Deployment as its own GET shows it. */
export function presentDeployment({ deployment }: DeploymentRecord): Deployment {
  return { ...deployment, environmentVariables: deployment.environmentVariables.map(presentVariable) }
}

/** What only a Deployment's own GET tells. */
const notInLists = new Set([
  'environmentVariables',
  'contactEmails',
  'scalingSpec',
  'remoteExecution',
  'imageVersion',
  'dagTarballVersion',
  'desiredDagTarballVersion',
])

/** The Deployment as a list shows it. */
function thinDeployment({ deployment }: DeploymentRecord): Partial<Deployment> {
  return Object.fromEntries(Object.entries(deployment).filter(([field]) => !notInLists.has(field)))
}

export function listDeployments({ store, principal, params, query }: Call<unknown>): Answer {
  const { organizationId = '' } = params
  requireOrganization(store, principal, organizationId)
  const [ids, names, workspaces] = [list(query.deploymentIds), list(query.names), list(query.workspaceIds)]
  const found = [...store.deployments.values()].filter((record) => {
    const { deployment } = record
    if (deployment.organizationId !== organizationId || !sees(principal, record)) return false
    if (ids && !ids.includes(deployment.id)) return false
    const matches = (name: string): boolean =>
      store.settings.namesFindParts ? deployment.name.includes(name) : deployment.name === name
    if (names && !names.some(matches)) return false
    return !workspaces || workspaces.includes(deployment.workspaceId)
  })
  for (const record of found) settle(store, record)
  const items = sorted(found.map(thinDeployment), query.sorts)
  return page('deployments', items, query)
}

export function getDeployment({ store, principal, params }: Call<unknown>): Answer {
  const { organizationId = '', deploymentId = '' } = params
  return ok(presentDeployment(requireDeployment(store, principal, organizationId, deploymentId)))
}

export function deleteDeployment({ store, principal, params }: Call<unknown>): Answer {
  const { organizationId = '', deploymentId = '' } = params
  requireDeployment(store, principal, organizationId, deploymentId)
  if (principal.kind === 'key') throw forbidden('A Deployment API key may not delete Deployments')
  store.deployments.delete(deploymentId)
  for (const [id, object] of store.environmentObjects) {
    if (object.scope === 'DEPLOYMENT' && object.scopeEntityId === deploymentId)
      store.environmentObjects.delete(id)
  }
  return noContent
}
