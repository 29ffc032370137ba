import type { Deployment } from '../astro/types.ts'
import type { SessionKind } from '../auth/session.ts'
import { ActionError } from '../errors.ts'
import type { CodeType } from './infer.ts'

type Open = Pick<Deployment, 'name' | 'id' | 'status' | 'isCicdEnforced'>

/** Refuses a Deployment that takes no rollback from this credential, or now. Throws `ASTRO-DEPLOY-…`. */
export function refuseRollback(deployment: Open, session: SessionKind): void {
  refuseClosed(deployment, session, `Cannot roll back the Deployment ${deployment.name} (${deployment.id}).`)
}

/**
 * Refuses a Deployment that takes no deploy at all, before anything is written (section 4 of the control plane's
 * contract). Throws `ASTRO-DEPLOY-…`.
 */
export function refuseUndeployable(deployment: Open, session: SessionKind): void {
  const problem = `Cannot deploy to the Deployment ${deployment.name} (${deployment.id}).`
  refuseClosed(deployment, session, problem)
}

export type TypeFacts = {
  readonly type: CodeType
  readonly deployment: Pick<
    Deployment,
    'name' | 'id' | 'isDagDeployEnabled' | 'remoteExecution' | 'desiredDagTarballVersion'
  >
  /** Whether the project can bring an image. */
  readonly hasImage: boolean
}

/**
 * Refuses a deploy type that the Deployment's settings rule out. With DAG-only deploys off, Astro takes images that bring
 * the DAGs and nothing else; with remote execution, images without DAGs and nothing else. An image alone leaves the DAGs
 * as they are, so there must be some. Throws `ASTRO-DEPLOY-…`.
 */
export function refuseType({ type, deployment, hasImage }: TypeFacts): void {
  const problem = `Cannot deploy ${type} to the Deployment ${deployment.name} (${deployment.id}).`
  if (deployment.remoteExecution?.enabled) {
    if (type === 'image-only' && hasImage) return
    throw new ActionError({
      code: 'ASTRO-DEPLOY-REMOTE-EXECUTION',
      problem,
      observed: 'It uses remote execution, where the agents bring the DAGs, not Astro.',
      fix: 'Ship the DAGs with the agents (as part of their image or through a DAG bundle of theirs). Astro takes `deploy-type: image-only`.',
    })
  }
  if (!deployment.isDagDeployEnabled && (type !== 'image-and-dags' || !hasImage)) {
    throw new ActionError({
      code: 'ASTRO-DEPLOY-DAG-DEPLOYS-OFF',
      problem,
      observed: `DAG-only deploys are switched off for it${hasImage ? '' : ', and the project has no Dockerfile for an image that could bring the DAGs'}.`,
      fix: 'Switch on DAG-only deploys in the settings of the Deployment, or run `astro deployment update` with `--dag-deploy enable`. Without them, use `deploy-type: image-and-dags`.',
    })
  }
  if (type === 'image-only' && !deployment.desiredDagTarballVersion) {
    throw new ActionError({
      code: 'ASTRO-DEPLOY-NO-DAGS-YET',
      problem,
      observed: 'It has no DAGs yet; an image alone needs DAGs that were deployed before.',
      fix: 'Use `deploy-type: image-and-dags` for the first deploy.',
    })
  }
}

/** Refuses a Deployment that takes no deploy of any kind. */
function refuseClosed(deployment: Open, session: SessionKind, problem: string): void {
  if (deployment.isCicdEnforced && session === 'user-token') {
    throw new ActionError({
      code: 'ASTRO-DEPLOY-CICD-ENFORCED',
      problem,
      observed: 'It enforces CI/CD, and the credential is a user token.',
      likelyCause: 'With CI/CD enforcement Astro takes deploys from API tokens and API keys only.',
      fix: 'Use an API token of this Deployment or its Workspace as `api-token`.',
    })
  }
  if (deployment.status === 'HIBERNATING') {
    throw new ActionError({
      code: 'ASTRO-DEPLOY-HIBERNATING',
      problem,
      observed: 'It is hibernating; a hibernating Deployment takes no deploys.',
      fix: 'Wake it in the Astro UI (or wait for its schedule to do so), then run again.',
    })
  }
}
