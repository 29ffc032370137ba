import type { CreateDeployRequest, Deploy, Deployment } from '../astro/types.ts'
import type { Commit } from '../project/commit.ts'
import { describeDeploy, gitMetadata } from '../project/commit.ts'
import type { TreeMark } from '../project/tree-mark.ts'
import type { Choice, CodeType } from './infer.ts'

/** What a deploy will do, computed from what was read and nothing else. */
export type DeployPlan = {
  readonly type: CodeType
  /** Why nothing will be deployed; undefined when something is. */
  readonly skip: string | undefined
  /** A sentence each, for the log and the summary. */
  readonly reasons: readonly string[]
  /** Whether a DAG bundle is uploaded, and whether an image is pushed. */
  readonly ships: { readonly dags: boolean; readonly image: boolean }
  /** The deploy that is live now, if any. */
  readonly previous: Deploy | undefined
  readonly before: { readonly dagVersion: string | undefined; readonly imageTag: string | undefined }
  readonly request: CreateDeployRequest
  /** Paths of the repository that changed in the DAG folder; undefined when that is not known. */
  readonly changedDags?: readonly string[] | undefined
}

export type PlanFacts = {
  readonly choice: Choice
  readonly deployment: Pick<Deployment, 'dagTarballVersion' | 'imageTag' | 'isDagDeployEnabled'>
  readonly deploys: readonly Deploy[]
  readonly commit: Commit | undefined
  readonly mark: TreeMark
  readonly projectPath: string
  readonly description: string | undefined
  /** Undefined when the deploy has nothing to do with DAGs. */
  readonly dagFolder: { readonly dagFileCount: number; readonly files: readonly unknown[] } | undefined
}

const REQUEST_TYPES = {
  'dags-only': 'DAG_ONLY',
  'image-and-dags': 'IMAGE_AND_DAG',
  'image-only': 'IMAGE_ONLY',
} as const

/** Plans a deploy of what was chosen. A pure function of its facts. */
export function planDeploy(facts: PlanFacts): DeployPlan {
  const { choice, deployment, dagFolder } = facts
  const { type, skip } = choice
  const description = facts.description ?? describeDeploy(facts.commit)
  const ships = {
    dags: type !== 'image-only' && deployment.isDagDeployEnabled,
    image: type !== 'dags-only',
  }
  return {
    type,
    skip,
    reasons: [
      ...choice.reasons,
      ...(dagFolder && skip === undefined ? [aboutDags(dagFolder, ships.dags)] : []),
    ],
    ships,
    previous: newestDeployed(facts.deploys),
    before: { dagVersion: deployment.dagTarballVersion, imageTag: deployment.imageTag },
    request: {
      type: REQUEST_TYPES[type],
      ...(description === undefined ? {} : { description }),
      ...(facts.commit ? { git: gitMetadata(facts.commit, facts.projectPath, facts.mark) } : {}),
    },
  }
}

function aboutDags({ dagFileCount, files }: NonNullable<PlanFacts['dagFolder']>, apart: boolean): string {
  if (dagFileCount === 0) {
    return `The folder holds no DAG file, so every DAG of the Deployment will be removed, as \`allow-empty-dags\` permits.`
  }
  const content = `${count(files.length, 'file')} of the DAG folder, ${count(dagFileCount, 'DAG file')} among them`
  return apart
    ? `${content}, will replace what runs now.`
    : `DAG-only deploys are off, so the image has to bring the DAGs: ${content}.`
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
