import { readFile } from 'node:fs/promises'
import * as path from 'node:path'
import type { Inputs } from '../inputs/types.ts'
import type { GeneratedFile } from './archive.ts'
import { packDagFolder } from './archive.ts'
import type { Commit } from './commit.ts'
import { completeCommit, readCommit } from './commit.ts'
import type { DagFolder } from './dag-folder.ts'
import { readDagFolder, requireDags } from './dag-folder.ts'
import type { Git } from './git.ts'
import { readLocalCommit, readPathInClone } from './git.ts'
import type { ProjectTree } from './tree.ts'
import { readProjectTree } from './tree.ts'

/** The user's repository, being read while the network is busy. */
export type PreparedProject = {
  /** The DAG folder, checked; rejects with ActionError `ASTRO-DAGS-…`. */
  readonly dagFolder: Promise<DagFolder>
  readonly commit: Promise<Commit | undefined>
  /** The project inside its repository, with forward slashes; empty at the root. */
  readonly projectPath: Promise<string>
  /** The project, absolute. */
  readonly folder: string
  readonly tree: Promise<ProjectTree>
  /** The DAG bundle as a gzipped tarball, with files that are made up for the Deployment. To be called once. */
  bundle(generated: readonly GeneratedFile[]): Promise<AsyncIterable<Buffer>>
}

type Environment = Readonly<Record<string, string | undefined>>

/** Starts reading the project and packing its DAGs. Nothing here writes anything, or leaves the machine. */
export function prepareProject(
  deps: { readonly env: Environment; readonly git: Git; readonly signal: AbortSignal },
  inputs: Pick<
    Inputs,
    'rootFolder' | 'dagsPath' | 'allowEmptyDags' | 'dryRun' | 'deployType' | 'imageTriggerPaths'
  >,
): PreparedProject {
  const workspace = deps.env.GITHUB_WORKSPACE ?? process.cwd()
  const projectFolder = path.join(workspace, inputs.rootFolder)
  const generated = Promise.withResolvers<readonly GeneratedFile[]>()

  const dagFolder = checkedDagFolder(
    path.join(projectFolder, inputs.dagsPath),
    workspace,
    inputs.allowEmptyDags,
  )
  const pack = async (): Promise<AsyncIterable<Buffer>> =>
    packDagFolder(await dagFolder, { extra: generated.promise, signal: deps.signal })
  const packed = inputs.dryRun || inputs.deployType === 'image-only' ? undefined : pack()
  const projectPath = readPathInClone(deps.git, projectFolder).then((found) => found ?? inputs.rootFolder)
  const project = {
    dagFolder,
    commit: findCommit(deps.env, deps.git, projectFolder),
    projectPath,
    folder: projectFolder,
    tree: readProjectTree(deps.git, {
      folder: projectFolder,
      projectPath,
      dagsPath: inputs.dagsPath,
      everywhere: inputs.imageTriggerPaths.length > 0,
    }),
    bundle(files: readonly GeneratedFile[]): Promise<AsyncIterable<Buffer>> {
      generated.resolve(files)
      return packed ?? pack()
    },
  }
  for (const begun of [dagFolder, packed, project.commit, projectPath, project.tree])
    begun?.catch(() => undefined)
  return project
}

async function checkedDagFolder(
  folder: string,
  workspace: string,
  allowEmptyDags: boolean,
): Promise<DagFolder> {
  const read = await readDagFolder(folder, { workspace })
  requireDags(read, { allowEmptyDags })
  return read
}

async function findCommit(env: Environment, git: Git, folder: string): Promise<Commit | undefined> {
  const [event, local] = await Promise.all([readEvent(env.GITHUB_EVENT_PATH), readLocalCommit(git, folder)])
  return completeCommit(readCommit(env, event), local, env.GITHUB_SHA)
}

/** The webhook event; undefined when there is none that can be read, for it only decorates the deploy. */
async function readEvent(file: string | undefined): Promise<unknown> {
  if (!file) return undefined
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown
  } catch {
    return undefined
  }
}
