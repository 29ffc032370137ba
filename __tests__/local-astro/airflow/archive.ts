import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'

export type ArchivedFile = {
  readonly content: Buffer
  readonly mtime: Date
  readonly target: string | undefined
}

/** The files and links of a DAG bundle by their path below `dags/`. Rejects for what is no such archive. */
export async function readDagArchive(gzipped: Buffer): Promise<ReadonlyMap<string, ArchivedFile>> {
  const files = new Map<string, ArchivedFile>()
  for await (const entry of Readable.from([gunzipSync(gzipped)]).pipe(extract())) {
    const { name, mtime, type, linkname } = entry.header
    const content = await buffer(entry)
    const path = name.replace(/^dags\//, '')
    if (path.startsWith('/') || path.split('/').includes('..')) {
      throw new Error(`An entry leaves the folder: ${name}`)
    }
    if (type === 'file' || type === 'symlink') {
      files.set(path, { content, mtime, target: type === 'symlink' ? linkname : undefined })
    }
  }
  return files
}
