import { readdir, readFile } from 'node:fs/promises'
import * as path from 'node:path'
import type { StartThread } from '../check/engine.ts'
import type { ProjectToRead, ReadProject } from '../check/read-project.ts'
import type { Inputs } from '../inputs/types.ts'
import type { GeneratedFile } from './archive.ts'
import { packDagFolder } from './archive.ts'
import type { Commit } from './commit.ts'
import { completeCommit, readCommit, readOwnRepository } from './commit.ts'
import type { DagFolder } from './dag-folder.ts'
import { readDagFolder, requireDags } from './dag-folder.ts'
import type { Git } from './git.ts'
import { readClone, readLocalCommit } from './clone.ts'
import type { CloneResult } from './clone.ts'
import type { Hole } from './holes.ts'
import { isCredentialFile } from './left-behind.ts'
import { findStandIns } from './stand-ins.ts'
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
  /** Files of the DAG folder that something else stands in for, by paths from the repository's root. */
  readonly dagStandIns: Promise<readonly Hole[]>
  /** Credentials of other actions that are left out, by paths from the project. */
  readonly credentialFiles: Promise<readonly string[]>
  /** What is in its Python files; undefined when they are not to be looked at. Never rejects. */
  readonly checked: Promise<ReadProject> | undefined
  /** The DAG bundle as a gzipped tarball, with files that are made up for the Deployment. To be called once. */
  bundle(generated: readonly GeneratedFile[]): Promise<AsyncIterable<Buffer>>
}

type Environment = Readonly<Record<string, string | undefined>>

/** Starts reading the project and packing its DAGs. Nothing here writes anything, or leaves the machine. */
export function prepareProject(
  deps: {
    readonly env: Environment
    readonly git: Git
    readonly startThread: StartThread
    readonly signal: AbortSignal
  },
  inputs: Pick<
    Inputs,
    | 'action'
    | 'rootFolder'
    | 'dagsPath'
    | 'allowEmptyDags'
    | 'check'
    | 'dryRun'
    | 'deployType'
    | 'imageTriggerPaths'
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
  const packed =
    inputs.dryRun || inputs.action === 'check' || inputs.deployType === 'image-only' ? undefined : pack()
  const clone = readClone(deps.git, projectFolder)
  const projectPath = clone.then((found) => (found.is === 'clone' ? found.clone.prefix : inputs.rootFolder))
  const where = {
    folder: projectFolder,
    projectPath,
    dagsPath: inputs.dagsPath,
    everywhere: inputs.imageTriggerPaths.length > 0,
  }
  const tree = readProjectTree(deps.git, where, clone)
  const project = {
    dagFolder,
    commit: findCommit(
      deps.env,
      deps.git,
      clone.then((found) =>
        found.is === 'no-clone' && inputs.deployType !== 'image-only'
          ? readClone(deps.git, path.join(projectFolder, inputs.dagsPath))
          : found,
      ),
    ),
    projectPath,
    folder: projectFolder,
    tree,
    dagStandIns: inputs.deployType === 'image-only' ? Promise.resolve([]) : standInsAmong(dagFolder, tree),
    checked:
      inputs.check === 'no' ? undefined : readPython(deps, { ...inputs, folder: projectFolder, dagFolder }),
    credentialFiles: findCredentialFiles(projectFolder, inputs.dagsPath, dagFolder),
    bundle(files: readonly GeneratedFile[]): Promise<AsyncIterable<Buffer>> {
      generated.resolve(files)
      return packed ?? pack()
    },
  }
  const { commit, dagStandIns } = project
  for (const begun of [dagFolder, packed, commit, projectPath, tree, dagStandIns])
    begun?.catch(() => undefined)
  return project
}

async function readPython(
  deps: { readonly startThread: StartThread; readonly signal: AbortSignal },
  project: ProjectToRead,
): Promise<ReadProject> {
  const { readProject } = await import('../check/read-project.ts')
  return readProject(deps, project)
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

/** @param reading the clone of the project, or that of the DAG folder alone */
async function findCommit(
  env: Environment,
  git: Git,
  reading: Promise<CloneResult>,
): Promise<Commit | undefined> {
  const [event, found] = await Promise.all([readEvent(env.GITHUB_EVENT_PATH), reading])
  const local = found.is === 'clone' ? await readLocalCommit(git, found.clone) : undefined
  return completeCommit(readCommit(env, event), local, env.GITHUB_SHA, readOwnRepository(env))
}

async function standInsAmong(
  dagFolder: Promise<DagFolder>,
  tree: Promise<ProjectTree>,
): Promise<readonly Hole[]> {
  const [{ files }, { filtered, dagFolders }] = await Promise.all([dagFolder, tree])
  const [folder = ''] = dagFolders
  const regular = files.flatMap((file) => (file.kind === 'file' ? [file] : []))
  return findStandIns(
    regular.map((file) => ({ ...file, path: path.posix.join(folder, file.path.slice('dags/'.length)) })),
    filtered,
  )
}

/** Actions leave them at the root of the workspace, which the project often is. */
async function findCredentialFiles(
  folder: string,
  dagsPath: string,
  dagFolder: Promise<DagFolder>,
): Promise<readonly string[]> {
  const [names, inDags] = await Promise.all([
    readdir(folder).catch(() => []),
    dagFolder.then(
      ({ credentialFiles = [] }) => credentialFiles,
      () => [],
    ),
  ])
  return [
    ...new Set([
      ...names.filter(isCredentialFile),
      ...inDags.map((inside) => path.posix.join(dagsPath, inside)),
    ]),
  ]
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
