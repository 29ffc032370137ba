import type { Deployment } from '../astro/types.ts'
import type { SessionKind } from '../auth/session.ts'
import { ActionError } from '../errors.ts'

type Checked = Pick<
  Deployment,
  'name' | 'id' | 'status' | 'isDagDeployEnabled' | 'isCicdEnforced' | 'remoteExecution'
>

type Open = Pick<Checked, 'name' | 'id' | 'status' | 'isCicdEnforced'>

/** Refuses a Deployment that takes no rollback from this credential, or now. Throws `ASTRO-DEPLOY-…`. */
export function refuseRollback(deployment: Open, session: SessionKind): void {
  refuseClosed(deployment, session, `Cannot roll back the Deployment ${deployment.name} (${deployment.id}).`)
}

/**
 * Refuses a Deployment on which a DAG deploy cannot work, before anything is written (section 4 of the control plane's
 * contract). Throws `ASTRO-DEPLOY-…`.
 */
export function refuseUndeployable(deployment: Checked, session: SessionKind): void {
  const problem = `Cannot deploy DAGs to the Deployment ${deployment.name} (${deployment.id}).`
  refuseClosed(deployment, session, problem)
  if (deployment.remoteExecution?.enabled) {
    throw new ActionError({
      code: 'ASTRO-DEPLOY-REMOTE-EXECUTION',
      problem,
      observed: 'It uses remote execution, where the agents bring the DAGs, not Astro.',
      fix: 'Ship the DAGs with the agents (as part of their image or through a DAG bundle of theirs).',
    })
  }
  if (!deployment.isDagDeployEnabled) {
    throw new ActionError({
      code: 'ASTRO-DEPLOY-DAG-DEPLOYS-OFF',
      problem,
      observed: 'DAG-only deploys are switched off for it.',
      fix: 'Switch on DAG-only deploys in the settings of the Deployment, or run `astro deployment update` with `--dag-deploy enable`.',
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
