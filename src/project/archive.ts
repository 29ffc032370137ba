import { open } from 'node:fs/promises'
import { pack } from 'tar-stream'
import type { Pack } from 'tar-stream'
import { ActionError, describeError } from '../errors.ts'
import type { DagFolder, DagRegularFile } from './dag-file.ts'
import { gzip } from './gzip.ts'

/** A file that only exists in the archive. */
export type GeneratedFile = {
  /** As in DagFile: below `dags/`. */
  readonly path: string
  readonly content: string
}

type Generated = readonly GeneratedFile[]

const BLOCK_BYTES = 1024 * 1024
const PIECE_BYTES = 1024 * 1024

/**
 * The DAG folder as a tar.gz, one ordinary gzip member. Work starts at once and stays a few megabytes ahead of the
 * consumer, so that it overlaps with what comes before the upload; read it to its end or abort the signal.
 *
 * @param options.extra files that are appended, unless the folder has one of that name; may still be unknown when
 *   the work starts
 * @throws ActionError ASTRO-DAGS-CHANGED when a file is no longer what it was when the folder was read,
 *   ASTRO-DAGS-UNREADABLE; the signal's reason; whatever `extra` rejects with
 */
export function packDagFolder(
  folder: DagFolder,
  options: { extra?: Generated | Promise<Generated>; signal?: AbortSignal } = {},
): AsyncIterable<Buffer> {
  const extra = Promise.resolve(options.extra ?? [])
  extra.catch(() => undefined)
  return gzip(inBlocks(tarChunks(folder, extra, options.signal)))
}

async function* tarChunks(
  folder: DagFolder,
  extra: Promise<Generated>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void> {
  const tar = pack()
  const filled = fill(tar, folder, extra, signal).catch((error: unknown) => {
    tar.destroy(error as Error)
    throw error
  })
  filled.catch(() => undefined)
  try {
    for await (const chunk of tar) yield chunk as Buffer
    await filled
  } finally {
    tar.destroy()
  }
}

async function fill(
  tar: Pack,
  folder: DagFolder,
  extra: Promise<Generated>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const file of folder.files) {
    signal?.throwIfAborted()
    if (file.kind === 'link') {
      tar.entry({
        name: file.path,
        type: 'symlink',
        linkname: file.target,
        mtime: file.mtime,
        mode: file.mode,
      })
    } else {
      await addFile(tar, file)
    }
  }
  const paths = new Set(folder.files.map((file) => file.path))
  for (const { path, content } of await extra) {
    if (!paths.has(path)) tar.entry({ name: path, mtime: new Date(), mode: 0o644 }, content)
  }
  tar.finalize()
}

async function addFile(tar: Pack, file: DagRegularFile): Promise<void> {
  const handle = await open(file.absolutePath).catch((error: unknown) => {
    throw unreadable(file, error)
  })
  try {
    const entry = tar.entry({
      name: file.path,
      type: 'file',
      size: file.size,
      mtime: file.mtime,
      mode: file.mode,
    })
    entry.on('error', () => undefined)
    let position = 0
    while (position < file.size) {
      const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, file.size - position))
      const { bytesRead } = await handle.read(piece, 0, piece.length, position)
      if (bytesRead === 0) throw changed(file)
      position += bytesRead
      await new Promise<void>((resolve) => {
        if (entry.write(piece.subarray(0, bytesRead))) resolve()
        else entry.once('drain', resolve)
      })
    }
    const now = await handle.stat()
    if (now.size !== file.size || now.mtime.getTime() !== file.mtime.getTime()) throw changed(file)
    entry.end(null)
  } finally {
    await handle.close()
  }
}

async function* inBlocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  let used = 0
  for await (const chunk of chunks) {
    let rest = chunk
    while (rest.length > 0) {
      const copied = rest.copy(block, used)
      used += copied
      rest = rest.subarray(copied)
      if (used === BLOCK_BYTES) {
        yield block
        block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
        used = 0
      }
    }
  }
  if (used > 0) yield block.subarray(0, used)
}

function changed(file: DagRegularFile): ActionError {
  return new ActionError({
    code: 'ASTRO-DAGS-CHANGED',
    problem: `The file ${file.absolutePath} changed while it was packed.`,
    likelyCause: 'A program of an earlier step still runs in the background and writes into the DAG folder.',
    fix: 'Let every step that writes into the DAG folder finish before this one.',
  })
}

function unreadable(file: DagRegularFile, error: unknown): ActionError {
  return new ActionError({
    code: 'ASTRO-DAGS-UNREADABLE',
    problem: `The file ${file.absolutePath} cannot be read.`,
    observed: describeError(error),
    likelyCause: 'It was removed or replaced after the DAG folder was listed, or belongs to another user.',
    fix: 'Let every step that writes into the DAG folder finish before this one.',
    cause: error,
  })
}
