import type { CreateDeployRequest, Deploy, Deployment } from '../astro/types.ts'
import type { Commit } from '../project/commit.ts'
import { describeDeploy, gitMetadata } from '../project/commit.ts'

/** What a deploy will do, computed from what was read and nothing else. */
export type DeployPlan = {
  readonly type: 'dags-only'
  /** A sentence each, for the log and the summary. */
  readonly reasons: readonly string[]
  /** The deploy that is live now, if any. */
  readonly previous: Deploy | undefined
  readonly before: { readonly dagVersion: string | undefined }
  readonly request: CreateDeployRequest
}

export type PlanFacts = {
  readonly deployment: Pick<Deployment, 'dagTarballVersion'>
  readonly deploys: readonly Deploy[]
  readonly commit: Commit | undefined
  readonly projectPath: string
  readonly description: string | undefined
  readonly dagFolder: { readonly dagFileCount: number; readonly files: readonly unknown[] }
}

/** Plans a DAG deploy. A pure function of its facts. */
export function planDeploy(facts: PlanFacts): DeployPlan {
  const description = facts.description ?? describeDeploy(facts.commit)
  const { dagFileCount, files } = facts.dagFolder
  return {
    type: 'dags-only',
    reasons: [
      dagFileCount === 0
        ? `The folder holds no DAG file, so every DAG of the Deployment will be removed, as \`allow-empty-dags\` permits.`
        : `${count(files.length, 'file')} of the DAG folder, ${count(dagFileCount, 'DAG file')} among them, will replace what runs now.`,
    ],
    previous: newestDeployed(facts.deploys),
    before: { dagVersion: facts.deployment.dagTarballVersion },
    request: {
      type: 'DAG_ONLY',
      ...(description === undefined ? {} : { description }),
      ...(facts.commit ? { git: gitMetadata(facts.commit, facts.projectPath) } : {}),
    },
  }
}

/** The newest deploy that Astro accepted; the list comes in no promised order. */
export function newestDeployed(deploys: readonly Deploy[]): Deploy | undefined {
  return deploys
    .filter(({ status }) => status === 'DEPLOYED')
    .reduce<Deploy | undefined>(
      (newest, deploy) =>
        newest && Date.parse(newest.createdAt) >= Date.parse(deploy.createdAt) ? newest : deploy,
      undefined,
    )
}

function count(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`
}
