import type { Deploy, Deployment } from '../astro/types.ts'
import type { Inputs } from '../inputs/types.ts'
import type { Changes, Compare } from '../project/changes.ts'
import { readCommittedChanges } from '../project/changes.ts'
import type { Commit } from '../project/commit.ts'
import type { Git } from '../project/git.ts'
import type { Hole } from '../project/holes.ts'
import type { ProjectTree } from '../project/tree.ts'
import type { Part, TreeMark } from '../project/tree-mark.ts'
import { PARTS } from '../project/tree-mark.ts'
import { findBaseline } from './baseline.ts'
import type { Choice, Layout, PartState } from './infer.ts'
import { chooseType, judgePart, sortHoles, sortPaths } from './infer.ts'

export type ChooseDependencies = { readonly git: Git; readonly compare: Compare }

export type ChooseFacts = {
  readonly inputs: Pick<Inputs, 'deployType' | 'skipUnchanged' | 'imageName' | 'imageTriggerPaths'>
  /** Names of the inputs that the parts are made with. */
  readonly partInputs: TreeMark['inputs']
  readonly deployment: Pick<
    Deployment,
    'isDagDeployEnabled' | 'desiredDagTarballVersion' | 'imageTag' | 'remoteExecution'
  >
  readonly deploys: readonly Deploy[]
  readonly commit: Commit | undefined
  readonly projectPath: string
  /** Absolute. */
  readonly projectFolder: string
  readonly tree: ProjectTree
}

const DAGS_ELSEWHERE = 'the DAG folder is a link to a place outside of this repository'

/** Reads what changed, where that matters for the deploy type that was asked for, and decides what is deployed. */
export async function chooseDeploy(
  deps: ChooseDependencies,
  facts: ChooseFacts,
): Promise<Choice & { readonly changedDags: readonly string[] | undefined }> {
  const { deployType, skipUnchanged, imageName } = facts.inputs
  const { deployment, tree } = facts
  const parts = deployType === 'infer' || skipUnchanged ? await readParts(deps, facts) : undefined
  const choice = chooseType({
    wish: deployType,
    skipUnchanged,
    isDagDeployEnabled: deployment.isDagDeployEnabled,
    isRemote: deployment.remoteExecution?.enabled === true,
    image: imageName !== undefined ? 'prebuilt' : tree.hasDockerfile ? 'build' : 'none',
    parts,
  })
  return { ...choice, changedDags: parts && changedPaths(parts.dags) }
}

/** What changed in the DAG folder as the local clone has it; undefined when it does not know. */
export async function readChangedDags(git: Git, facts: ChooseFacts): Promise<readonly string[] | undefined> {
  const compare: Compare = () => Promise.resolve({ known: false, why: 'the clone does not have it' })
  const { dags } = await readParts({ git, compare }, facts)
  return changedPaths(dags)
}

const changedPaths = (state: PartState): readonly string[] | undefined =>
  state.kind === 'unknown' ? undefined : state.kind === 'changed' ? state.paths : []

type PartFacts = Pick<ChooseFacts, 'inputs' | 'projectPath' | 'tree'>

/** Parts of which the files are not those of the commit, or of which that is not known. */
export function modifiedParts(facts: PartFacts): readonly Part[] {
  const { uncommitted, hasDagsElsewhere } = facts.tree
  if (uncommitted === undefined) return PARTS
  const sorted = sortPaths(uncommitted, layoutOf(facts))
  const holes = holesOfParts(facts)
  return PARTS.filter(
    (part) => sorted[part].length > 0 || holes[part].length > 0 || (part === 'dags' && hasDagsElsewhere),
  )
}

/** What the checkout lacks of each part, as far as git tells. */
export function holesOfParts(facts: PartFacts): Readonly<Record<Part, readonly Hole[]>> {
  return sortHoles(facts.tree.holes, layoutOf(facts))
}

/** Those of some paths that a build sees. */
export function filesOfImage(facts: PartFacts, paths: readonly string[]): readonly string[] {
  return sortPaths(paths, { ...layoutOf(facts), imageTriggers: [] }).image
}

/** Parts of which a checkout may lack something. */
export function precariousParts(facts: PartFacts): readonly Part[] {
  const sorted = sortHoles(facts.tree.precarious, layoutOf(facts))
  return PARTS.filter((part) => sorted[part].length > 0)
}

function layoutOf({ inputs, projectPath, tree }: PartFacts): Layout {
  return {
    project: projectPath,
    dagFolders: tree.dagFolders,
    dockerIgnore: tree.dockerIgnore,
    imageTriggers: inputs.imageTriggerPaths,
  }
}

async function readParts(
  deps: ChooseDependencies,
  facts: ChooseFacts,
): Promise<Readonly<Record<Part, PartState>>> {
  const { deployment, tree } = facts
  const layout = layoutOf(facts)
  const compared = new Map<string, Promise<Changes>>()
  /** Both parts often have the same baseline. */
  const changesSince = (sha: string, head: string): Promise<Changes> => {
    const known = compared.get(sha) ?? readCommittedChanges(deps, facts.projectFolder, sha, head)
    compared.set(sha, known)
    return known
  }
  const read = async (part: Part): Promise<PartState> => {
    const baseline = findBaseline(part, {
      deploys: facts.deploys,
      commit: facts.commit,
      projectPath: facts.projectPath,
      desiredDagVersion: deployment.desiredDagTarballVersion,
      isDagDeployEnabled: deployment.isDagDeployEnabled,
      imageTag: deployment.imageTag,
      inputs: facts.partInputs,
      precarious: precariousParts(facts),
    })
    if (part === 'dags' && tree.hasDagsElsewhere) return { kind: 'unknown', why: DAGS_ELSEWHERE }
    const changes =
      baseline.known && tree.clone ? await changesSince(baseline.sha, tree.clone.head) : undefined
    return judgePart(part, baseline, changes, tree.uncommitted ?? tree.unknown?.why, layout)
  }
  const [dags, image] = await Promise.all([read('dags'), read('image')])
  return { dags, image }
}
