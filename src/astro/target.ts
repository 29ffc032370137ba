import type { Session } from '../auth/session.ts'
import { ActionError, listSome } from '../errors.ts'
import type { Inputs } from '../inputs/types.ts'
import type { AstroClient, DeploymentPath } from './client.ts'
import type { Deployment, DeploymentListItem } from './types.ts'

type Wish = Pick<Inputs, 'organizationId' | 'workspaceId' | 'target'>

const MOST_SHOWN = 10

/**
 * Finds out which Deployment the inputs ask for: by ID, by exact name, or the only one that the credential is bound to.
 * Throws `ASTRO-TARGET-…` when there is none or more than one.
 */
export async function locateDeployment(
  astro: Pick<AstroClient, 'listOrganizations' | 'listDeployments'>,
  session: Pick<Session, 'kind' | 'bound'>,
  wish: Wish,
): Promise<DeploymentPath> {
  const organizationId = await findOrganization(astro, session, wish.organizationId)
  return { organizationId, id: await findId(astro, session, wish, organizationId) }
}

/** Reads the Deployment. Throws `ASTRO-TARGET-WORKSPACE` when it is in another Workspace than named. */
export async function readDeployment(
  astro: Pick<AstroClient, 'getDeployment'>,
  path: DeploymentPath,
  wish: Pick<Wish, 'workspaceId'>,
): Promise<Deployment> {
  const deployment = await astro.getDeployment(path)
  if (wish.workspaceId !== undefined && deployment.workspaceId !== wish.workspaceId) {
    throw new ActionError({
      code: 'ASTRO-TARGET-WORKSPACE',
      problem: `The Deployment ${deployment.name} (${deployment.id}) is not in the Workspace that the step names.`,
      observed: `It is in ${deployment.workspaceId}; \`workspace\` says ${wish.workspaceId}.`,
      likelyCause: 'The ID of the Deployment or of the Workspace was copied from another environment.',
      fix: 'Correct `workspace` or `deployment-id`.',
    })
  }
  return deployment
}

async function findOrganization(
  astro: Pick<AstroClient, 'listOrganizations'>,
  session: Pick<Session, 'bound'>,
  wished: string | undefined,
): Promise<string> {
  const own = session.bound.organizationId
  if (wished !== undefined && own !== undefined && wished !== own) {
    throw new ActionError({
      code: 'ASTRO-TARGET-ORGANIZATION',
      problem: 'The token belongs to another Organization than the step names.',
      observed: `The token says ${own}; \`organization-id\` says ${wished}.`,
      fix: 'Leave `organization-id` out, or use a token of that Organization.',
    })
  }
  const known = wished ?? own
  if (known !== undefined) return known

  const organizations = await astro.listOrganizations().catch((error: unknown) => {
    throw error instanceof ActionError && error.code === 'ASTRO-API-FORBIDDEN' ? mayNotList(error) : error
  })
  const [only] = organizations
  if (only && organizations.length === 1) return only.id
  throw new ActionError({
    code: 'ASTRO-TARGET-ORGANIZATION',
    problem: 'Could not tell which Organization to work in.',
    observed:
      organizations.length === 0
        ? 'The credential sees none.'
        : `The credential sees ${organizations.length}: ${listSome(organizations.map(nameAndId), MOST_SHOWN)}.`,
    fix: 'Name one with the input `organization-id`.',
  })
}

/** Astro's own text says that only a user may list Organizations; a token that names its Organization need not. */
function mayNotList(error: ActionError): ActionError {
  return new ActionError({
    code: 'ASTRO-TARGET-ORGANIZATION',
    problem: 'Could not find out which Organization to work in.',
    observed: error.observed,
    likelyCause: 'This kind of credential may not list Organizations, and does not say which one it is for.',
    fix: 'Name the Organization with the input `organization-id`; its settings in the Astro UI show the ID.',
    cause: error,
  })
}

async function findId(
  astro: Pick<AstroClient, 'listDeployments'>,
  session: Pick<Session, 'kind' | 'bound'>,
  { target, workspaceId }: Wish,
  organizationId: string,
): Promise<string> {
  switch (target.kind) {
    case 'id':
      return target.id
    case 'name': {
      const listed = await astro.listDeployments(organizationId, { name: target.name, workspaceId })
      const matches = listed.filter(
        (one) => one.name === target.name && (workspaceId === undefined || one.workspaceId === workspaceId),
      )
      const [only] = matches
      if (only && matches.length === 1) return only.id
      if (only) throw ambiguous(target.name, matches)
      throw unknownName(target.name, await astro.listDeployments(organizationId, { workspaceId }))
    }
    case 'bound': {
      if (session.bound.deploymentId !== undefined) return session.bound.deploymentId
      if (session.kind !== 'api-key') throw unbound(session.kind)
      const visible = await astro.listDeployments(organizationId, {})
      const inWorkspace = visible.filter((one) => one.workspaceId === workspaceId)
      // One in another Workspace is taken as well: whoever reads it then says what is wrong.
      const candidates = inWorkspace.length > 0 ? inWorkspace : visible
      const [only] = candidates
      if (only && candidates.length === 1) return only.id
      throw unbound(session.kind, visible)
    }
  }
}

function ambiguous(name: string, matches: readonly DeploymentListItem[]): ActionError {
  return new ActionError({
    code: 'ASTRO-TARGET-AMBIGUOUS',
    problem: `More than one Deployment is named ${name}.`,
    observed: `${listSome(
      matches.map(({ id, workspaceId }) => `${id} in the Workspace ${workspaceId}`),
      MOST_SHOWN,
      '; ',
    )}.`,
    fix: 'Use `deployment-id`, or narrow the search with `workspace`.',
  })
}

function unknownName(name: string, visible: readonly DeploymentListItem[]): ActionError {
  return new ActionError({
    code: 'ASTRO-TARGET-NOT-FOUND',
    problem: `No Deployment is named ${name}.`,
    observed: whatIsVisible(visible),
    likelyCause:
      'The name has a typing error (upper and lower case count), or the credential belongs elsewhere.',
    fix: 'Correct `deployment-name`, or use `deployment-id`.',
  })
}

function unbound(kind: Session['kind'], visible?: readonly DeploymentListItem[]): ActionError {
  return new ActionError({
    code: 'ASTRO-TARGET-MISSING',
    problem: 'The step does not say which Deployment to act on.',
    observed: visible
      ? whatIsVisible(visible)
      : `The credential is ${kind === 'user-token' ? "a user's token" : 'an API token that is not bound to one Deployment'}.`,
    likelyCause: 'A variable that should hold the ID is not set, and reads as an empty text.',
    fix: 'Set `deployment-id` or `deployment-name`.',
  })
}

function whatIsVisible(visible: readonly DeploymentListItem[]): string {
  if (visible.length === 0) return 'The credential sees no Deployment at all.'
  return `The credential sees ${visible.length.toLocaleString('en')}: ${listSome(visible.map(nameAndId), MOST_SHOWN)}.`
}

const nameAndId = ({ name, id }: { readonly name: string; readonly id: string }): string => `${name} (${id})`
