import { open, readFile } from 'node:fs/promises'
import type { GeneratedFile } from './archive.ts'
import type { IgnoreFiles } from './airflow-ignore.ts'
import { isIgnored } from './airflow-ignore.ts'
import type { DagFile, DagFolder, DagRegularFile } from './dag-file.ts'
import type { DagPromise } from './dag-promise.ts'
import { fingerprint, readDagPromise } from './dag-promise.ts'

/** A file of the DAG folder that Airflow may find DAGs in. */
export type PromisedFile = {
  /** Below the DAG folder, with forward slashes. */
  readonly path: string
  readonly promise: DagPromise
  /** Of its text; undefined for an archive. */
  readonly fingerprint: string | undefined
}

export type PromisedDags = {
  readonly files: readonly PromisedFile[]
  /** Every file of the folder, those included that hold no DAG. */
  readonly all: ReadonlySet<string>
}

/** A path of the archive, below the DAG folder. */
export const belowDags = (path: string): string => path.replace(/^dags\//, '')

/** The same with files that are only in the archive. */
export function withGenerated(
  { files, all }: PromisedDags,
  generated: readonly GeneratedFile[],
): PromisedDags {
  const added = generated.map(({ path, content }) => promisedFile(belowDags(path), content))
  const names = new Set(added.map(({ path }) => path))
  return {
    files: [...files.filter(({ path }) => !names.has(path)), ...added],
    all: new Set([...all, ...names]),
  }
}

const promisedFile = (path: string, source: string): PromisedFile => ({
  path,
  promise: readDagPromise(source),
  fingerprint: fingerprint(source),
})

const LARGEST_READ_BYTES = 1024 * 1024
const IGNORE_FILE = '.airflowignore'

/** Reads what the DAG folder promises. A file that Airflow is told to ignore promises nothing. */
export async function readPromisedDags(folder: DagFolder, major: 2 | 3): Promise<PromisedDags> {
  const byPath = new Map(folder.files.map((file) => [belowDags(file.path), file]))
  const ignoreFiles = await readIgnoreFiles(byPath)
  const files: PromisedFile[] = []
  const readSource = createSourceReader()
  for (const [path, file] of byPath) {
    const ignored = isIgnored(path, ignoreFiles, major)
    if (ignored === 'yes') continue
    const read = await readPromise(path, file, readSource)
    if (!read || read.promise.kind === 'none') continue
    const kind = ignored === 'maybe' ? 'possible' : read.promise.kind
    files.push({ ...read, promise: { ...read.promise, kind } })
  }
  return { files, all: new Set(byPath.keys()) }
}

async function readPromise(
  path: string,
  file: DagFile,
  readSource: SourceReader,
): Promise<PromisedFile | undefined> {
  if (path.endsWith('.zip')) {
    return { path, promise: { kind: 'possible', ids: [] }, fingerprint: undefined }
  }
  if (!path.endsWith('.py') || file.kind !== 'file' || file.size > LARGEST_READ_BYTES) return undefined
  const source = await readSource(file)
  return { path, promise: readDagPromise(source), fingerprint: fingerprint(source) }
}

type SourceReader = (file: DagRegularFile) => Promise<string>

/** Reads one file at a time, all into the same memory: thousands of dead buffers would wait for the garbage collector. */
function createSourceReader(): SourceReader {
  let scratch = Buffer.alloc(0)
  return async ({ absolutePath, size }) => {
    if (scratch.length < size) scratch = Buffer.allocUnsafeSlow(Math.min(LARGEST_READ_BYTES, 2 * size))
    const handle = await open(absolutePath)
    try {
      const { bytesRead } = await handle.read(scratch, 0, size, 0)
      return scratch.toString('utf8', 0, bytesRead)
    } finally {
      await handle.close()
    }
  }
}

/** What the files `.airflowignore` of a DAG folder say. */
export async function readIgnoreFiles(byPath: ReadonlyMap<string, DagFile>): Promise<IgnoreFiles> {
  const found = [...byPath].filter(
    (entry): entry is [string, DagRegularFile] =>
      entry[1].kind === 'file' && (entry[0] === IGNORE_FILE || entry[0].endsWith(`/${IGNORE_FILE}`)),
  )
  return new Map(
    await Promise.all(
      found.map(async ([path, { absolutePath }]): Promise<[string, string]> => [
        path.slice(0, -IGNORE_FILE.length).replace(/\/$/, ''),
        await readFile(absolutePath, 'utf8'),
      ]),
    ),
  )
}
