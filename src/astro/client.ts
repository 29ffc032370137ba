import type { AstroConnection } from './api.ts'
import { createAstroApi } from './api.ts'
import type {
  CreateDeployRequest,
  Deploy,
  Deployment,
  DeploymentListItem,
  DeploymentOptions,
  EnvironmentObject,
  Organization,
  UpdateDeploymentRequest,
} from './types.ts'
import { withoutValues } from './without-values.ts'

const DEPLOYMENT_TEXTS = ['id', 'name', 'workspaceId', 'status', 'airflowVersion', 'apiUrl', 'uiUrl']
const DEPLOY_TEXTS = ['id', 'status']

export type AstroClient = ReturnType<typeof createAstroClient>

/**
 * The control plane, one thin method per endpoint (sections 2, 3 and 8 of its contract). Each method throws ActionError
 * (`ASTRO-API-…`) when the answer is not a success, after the retries that the contract's table allows.
 */
export function createAstroClient(connection: AstroConnection) {
  const { json, all } = createAstroApi(connection)

  const deployments = (organizationId: string): string =>
    `/organizations/${encodeURIComponent(organizationId)}/deployments`
  const deployment = (target: DeploymentPath): string =>
    `${deployments(target.organizationId)}/${encodeURIComponent(target.id)}`
  const deploy = (target: DeploymentPath, deployId: string): string =>
    `${deployment(target)}/deploys/${encodeURIComponent(deployId)}`

  return {
    listOrganizations: (): Promise<Organization[]> =>
      all(
        {
          method: 'GET',
          path: '/organizations',
          what: 'list the Organizations',
          problem: 'Could not find out which Organization the credential belongs to.',
          repeat: 'always',
        },
        'organizations',
      ),

    /** Deployments that the credential sees, narrowed on the server and, since its filters may be loose, by the caller. */
    listDeployments: (
      organizationId: string,
      filter: { readonly name?: string; readonly workspaceId?: string | undefined },
    ): Promise<DeploymentListItem[]> => {
      const query = new URLSearchParams()
      if (filter.name !== undefined) query.append('names', filter.name)
      if (filter.workspaceId !== undefined) query.append('workspaceIds', filter.workspaceId)
      const suffix = query.size > 0 ? `?${query.toString()}` : ''
      return all(
        {
          method: 'GET',
          path: `${deployments(organizationId)}${suffix}`,
          what: 'list the Deployments',
          problem: 'Could not list the Deployments.',
          repeat: 'always',
        },
        'deployments',
      )
    },

    getDeployment: (target: DeploymentPath): Promise<Deployment> =>
      json({
        method: 'GET',
        path: deployment(target),
        what: 'read the Deployment',
        problem: `Could not read the Deployment ${target.id}.`,
        repeat: 'always',
        texts: DEPLOYMENT_TEXTS,
      }),

    /**
     * Replaces every setting. Sent again only when it cannot have had an effect: after an unclear answer the caller reads the
     * Deployment first.
     */
    updateDeployment: (target: DeploymentPath, body: UpdateDeploymentRequest): Promise<Deployment> =>
      json({
        method: 'POST',
        path: deployment(target),
        what: 'update the Deployment',
        problem: `Could not update the Deployment ${target.id}.`,
        repeat: 'refused',
        body,
        texts: DEPLOYMENT_TEXTS,
        redact: withoutValues(body.environmentVariables),
      }),

    /** Objects of the Environment Manager that a Deployment has, its own and those linked to it, without secret values. */
    listEnvironmentObjects: (target: DeploymentPath): Promise<EnvironmentObject[]> =>
      all(
        {
          method: 'GET',
          path: `/organizations/${encodeURIComponent(target.organizationId)}/environment-objects?${new URLSearchParams({ deploymentId: target.id, resolveLinked: 'true' }).toString()}`,
          what: 'list the environment objects',
          problem: `Could not list the environment objects of the Deployment ${target.id}.`,
          repeat: 'always',
        },
        'environmentObjects',
        'objectKey',
      ),

    /** What Astro offers this Deployment, such as runtime versions. */
    getDeploymentOptions: (target: DeploymentPath): Promise<DeploymentOptions> =>
      json({
        method: 'GET',
        path: `/organizations/${encodeURIComponent(target.organizationId)}/deployment-options?deploymentId=${encodeURIComponent(target.id)}`,
        what: 'read which runtime versions Astro offers',
        problem: `Could not read which runtime versions Astro offers the Deployment ${target.id}.`,
        repeat: 'always',
      }),

    listDeploys: (target: DeploymentPath): Promise<Deploy[]> =>
      all(
        {
          method: 'GET',
          path: `${deployment(target)}/deploys`,
          what: 'list the deploys',
          problem: `Could not list the deploys of the Deployment ${target.id}.`,
          repeat: 'always',
        },
        'deploys',
      ),

    getDeploy: (target: DeploymentPath, deployId: string): Promise<Deploy> =>
      json({
        method: 'GET',
        path: deploy(target, deployId),
        what: 'read the deploy',
        problem: `Could not read the deploy ${deployId}.`,
        repeat: 'always',
        texts: DEPLOY_TEXTS,
      }),

    /** A lost answer leaves at worst an unused INITIALIZED row behind, so it is sent again. */
    createDeploy: (target: DeploymentPath, body: CreateDeployRequest): Promise<Deploy> =>
      json({
        method: 'POST',
        path: `${deployment(target)}/deploys`,
        what: 'create the deploy',
        problem: `Could not create a deploy on the Deployment ${target.id}.`,
        repeat: 'unanswered',
        body,
        texts: DEPLOY_TEXTS,
      }),

    /** Whether a second finalize is accepted is not documented: the caller reads the deploy when the answer is unclear. */
    finalizeDeploy: (
      target: DeploymentPath,
      deployId: string,
      body: { readonly dagTarballVersion?: string },
    ): Promise<Deploy> =>
      json({
        method: 'POST',
        path: `${deploy(target, deployId)}/finalize`,
        what: 'finalize the deploy',
        problem: `Could not finalize the deploy ${deployId}.`,
        repeat: 'refused',
        body,
        texts: DEPLOY_TEXTS,
      }),

    /**
     * Asks for a new deploy that brings back the code of an earlier one (section 9). A second request would be a second
     * rollback: the caller looks for a new deploy with this `rollbackFromId` when the answer is unclear.
     */
    rollbackDeploy: (
      target: DeploymentPath,
      deployId: string,
      body: { readonly description?: string },
    ): Promise<Deploy> =>
      json({
        method: 'POST',
        path: `${deploy(target, deployId)}/rollback`,
        what: 'ask for the rollback',
        problem: `Could not roll back to the deploy ${deployId}.`,
        repeat: 'refused',
        body,
        texts: DEPLOY_TEXTS,
      }),
  }
}

/** Names a Deployment in paths. */
export type DeploymentPath = { readonly organizationId: string; readonly id: string }
