import { readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import * as path from 'node:path'
import type { IgnoreFiles } from '../project/airflow-ignore.ts'
import { isIgnored } from '../project/airflow-ignore.ts'
import type { DagFile, DagFolder } from '../project/dag-file.ts'
import { isLeftOut } from '../project/dag-file.ts'
import { belowDags, readIgnoreFiles } from '../project/promised-dags.ts'
import { readDockerfile } from '../image/dockerfile.ts'
import type { StartThread } from './engine.ts'
import { readFiles } from './engine.ts'
import type { FileResult, SourceFile } from './types.ts'

export type ProjectToRead = {
  /** Absolute. */
  readonly folder: string
  /** Relative to the project. */
  readonly dagsPath: string
  readonly dagFolder: Promise<DagFolder>
  readonly deployType: string
}

/** What is in the Python files of a project, whatever it is deployed to. */
export type ReadProject = {
  readonly results: readonly FileResult[]
  /** Whether `.airflowignore` hides a file of the project. */
  readonly isIgnored: (path: string, major: 2 | 3) => 'yes' | 'maybe' | 'no'
  /** The FROM line of the Dockerfile. */
  readonly from: string | undefined
  /** Names that the packages of requirements.txt are imported by, as far as these are those of the packages. */
  readonly installed: ReadonlySet<string>
  /** How long the reading took. */
  readonly elapsedMs: number
  /** The Dockerfile mentions where Python looks for modules. */
  readonly isPathSet: boolean
}

/** Folders of an Astro project that go into its image and hold Python. */
export const IMAGE_FOLDERS = ['plugins', 'include'] as const

/** Reads all Python files that a deploy may bring. Never rejects: what cannot be read is not there. */
export async function readProject(
  deps: { readonly startThread: StartThread; readonly signal: AbortSignal },
  { folder, dagsPath, dagFolder, deployType }: ProjectToRead,
): Promise<ReadProject> {
  const started = performance.now()
  const [dags, dockerfile, requirements] = await Promise.all([
    dagFolder.then(
      ({ files }) => files,
      (): readonly DagFile[] => [],
    ),
    readText(path.join(folder, 'Dockerfile')),
    readText(path.join(folder, 'requirements.txt')),
  ])
  const beside = deployType === 'dags-only' ? [] : IMAGE_FOLDERS.flatMap((name) => listPython(folder, name))
  const files = new Map<string, SourceFile>()
  for (const file of [...dags.flatMap((dag) => asSource(dag, dagsPath)), ...beside]) {
    if (!files.has(file.absolutePath)) files.set(file.absolutePath, file)
  }
  const [results, ignores] = await Promise.all([
    files.size === 0 ? [] : readFiles(deps.startThread, [...files.values()], deps),
    readIgnores(folder, dagsPath, dags),
  ])
  return {
    results,
    isIgnored: rememberIgnored(ignores),
    from: dockerfile === undefined ? undefined : readDockerfile(dockerfile).from,
    installed: readRequirements(requirements ?? ''),
    elapsedMs: performance.now() - started,
    isPathSet: dockerfile?.includes('PYTHONPATH') === true,
  }
}

function asSource(file: DagFile, dagsPath: string): readonly SourceFile[] {
  if (file.kind !== 'file' || !file.path.endsWith('.py')) return []
  const { absolutePath, size } = file
  return [{ path: path.posix.join(dagsPath, belowDags(file.path)), absolutePath, size }]
}

/** Links are not followed: they may go round in circles, and what they lead to is read where it is. */
function listPython(project: string, folder: string): readonly SourceFile[] {
  const found: SourceFile[] = []
  const folders: string[] = [folder]
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of entriesOf(path.join(project, next))) {
      const inside = `${next}/${entry.name}`
      if (isLeftOut(entry.name)) continue
      if (entry.isDirectory()) folders.push(inside)
      else if (entry.isFile() && entry.name.endsWith('.py')) found.push(sourceAt(project, inside))
    }
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

function sourceAt(project: string, inside: string): SourceFile {
  const absolutePath = path.join(project, inside)
  return { path: inside, absolutePath, size: statSync(absolutePath, { throwIfNoEntry: false })?.size ?? 0 }
}

type Ignores = readonly { readonly folder: string; readonly files: IgnoreFiles }[]

/** Airflow honours `.airflowignore` in the DAG folder and in the folder of plugins. */
async function readIgnores(project: string, dagsPath: string, dags: readonly DagFile[]): Promise<Ignores> {
  const plugins = await readText(path.join(project, 'plugins', '.airflowignore'))
  const inDags = await readIgnoreFiles(new Map(dags.map((file) => [belowDags(file.path), file]))).catch(
    (): IgnoreFiles => new Map(),
  )
  return [
    { folder: dagsPath, files: inDags },
    ...(plugins === undefined ? [] : [{ folder: 'plugins', files: new Map([['', plugins]]) }]),
  ].filter(({ files }) => files.size > 0)
}

function rememberIgnored(ignores: Ignores): ReadProject['isIgnored'] {
  const known = new Map<string, 'yes' | 'maybe' | 'no'>()
  return (file, major) => {
    const found = ignores.find(({ folder }) => folder === '' || file.startsWith(`${folder}/`))
    if (!found) return 'no'
    const { folder, files } = found
    const key = `${major} ${file}`
    const answer =
      known.get(key) ?? isIgnored(folder === '' ? file : file.slice(folder.length + 1), files, major)
    known.set(key, answer)
    return answer
  }
}

function readRequirements(text: string): ReadonlySet<string> {
  return new Set(
    text.split(/\r?\n/).flatMap((line) => {
      const [name] = /^[a-z0-9][\w.-]*/i.exec(line.trim()) ?? []
      return name === undefined ? [] : [name.toLowerCase().replaceAll(/[-.]+/g, '_')]
    }),
  )
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    return undefined
  }
}
