import { ActionError } from '../errors.ts'
import type { HttpResponse, Request } from '../http/request.ts'
import { isJson } from '../http/request.ts'
import type { Repeat } from '../http/retry.ts'
import type { HttpMethod } from '../http/transport.ts'
import { HttpFailure } from '../http/transport.ts'
import { refused, unanswered, unreadable } from './failure.ts'
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

/** What the client needs to know of whoever holds the token. */
export type TokenHolder = {
  /** A token that is still good for at least one call. */
  accessToken(): Promise<string>
  /** Gets another token after a 401; false when there is no other. */
  renew(): Promise<boolean>
}

type Call = {
  readonly method: HttpMethod
  readonly path: string
  /** What failed, should it fail: "Could not read the Deployment cl1." */
  readonly problem: string
  readonly what: string
  readonly repeat: Repeat
  readonly body?: unknown
  /** Texts without which the answer is none of Astro's. */
  readonly texts?: readonly string[]
  /** For what the server says of a failure, which may quote what it was sent. */
  readonly redact?: (text: string) => string
}

const DEPLOYMENT_TEXTS = ['id', 'name', 'workspaceId', 'status', 'airflowVersion', 'apiUrl', 'uiUrl']
const DEPLOY_TEXTS = ['id', 'status']

const PAGE = 1000
const MOST_PAGES = 100
const CLIENT_NAME = 'deploy-to-astro'

export type AstroClient = ReturnType<typeof createAstroClient>

/**
 * The control plane, one thin method per endpoint (sections 2, 3 and 8 of its contract). Each method throws ActionError
 * (`ASTRO-API-…`) when the answer is not a success, after the retries that the contract's table allows; a 401 gets one
 * more try with a new token.
 */
export function createAstroClient(deps: {
  readonly request: Request
  readonly apiOrigin: string
  readonly tokens: TokenHolder
}) {
  const { request, apiOrigin, tokens } = deps
  const host = new URL(apiOrigin).host

  async function send(call: Call): Promise<HttpResponse> {
    const attempt = async (): Promise<HttpResponse> =>
      request({
        what: call.what,
        method: call.method,
        url: `${apiOrigin}/v1${call.path}`,
        headers: {
          authorization: `Bearer ${await tokens.accessToken()}`,
          accept: 'application/json',
          'x-api-version': '1.0',
          'x-astro-client-identifier': CLIENT_NAME,
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: call.body === undefined ? undefined : JSON.stringify(call.body),
        repeat: call.repeat,
        expectJson: true,
      })
    try {
      const response = await attempt()
      return response.status === 401 && (await tokens.renew()) ? await attempt() : response
    } catch (error) {
      if (error instanceof HttpFailure) throw unanswered(call.problem, host, error)
      throw error
    }
  }

  async function json<T>(call: Call): Promise<T> {
    const answered = await send(call)
    if (answered.status !== 200) {
      const response = call.redact ? { ...answered, text: call.redact(answered.text) } : answered
      throw response.status < 400 ? unreadable(call.problem, response) : refused(call.problem, response)
    }
    if (!isJson(answered)) throw unreadable(call.problem, answered)
    const answer = parse(answered.text)
    if (!isRecord(answer)) throw unreadable(call.problem, answered)
    const missing = (call.texts ?? []).filter((name) => typeof answer[name] !== 'string')
    if (missing.length > 0) throw unreadable(call.problem, answered, `It lacks ${missing.join(', ')}.`)
    return answer as T
  }

  /** Pages until an empty page or until everything that was promised is there. */
  async function all<T>(call: Call, items: string, name = 'id'): Promise<T[]> {
    const found: T[] = []
    for (let page = 0; page < MOST_PAGES; page++) {
      const separator = call.path.includes('?') ? '&' : '?'
      const path = `${call.path}${separator}limit=${PAGE}&offset=${found.length}`
      const answer = await json<Record<string, unknown>>({ ...call, path })
      const batch = answer[items]
      if (!Array.isArray(batch) || !batch.every((item) => isRecord(item) && typeof item[name] === 'string')) {
        throw new ActionError({
          code: 'ASTRO-API-ANSWER',
          problem: call.problem,
          observed: `The answer has no list of ${items}.`,
          likelyCause: 'Another server than Astro answered.',
          fix: 'Check the `domain` input.',
        })
      }
      found.push(...(batch as T[]))
      if (batch.length === 0 || found.length >= Number(answer.totalCount)) break
    }
    return found
  }

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

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
