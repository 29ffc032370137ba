import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { ActionError, describeError } from '../errors.ts'
import type { DagFile, DagRegularFile } from './dag-file.ts'
import { allocate } from './memory.ts'
import { paddingAfter, tarHeader } from './tar-header.ts'

/** A file that only exists in the archive. */
export type GeneratedFile = {
  /** As in DagFile: below `dags/`. */
  readonly path: string
  readonly content: string
}

export const BLOCK_BYTES = 1024 * 1024
const END_OF_ARCHIVE_BYTES = 1024

/**
 * A tar archive in blocks of a megabyte. The content of files is read straight into its place in the block, and a block
 * that `idle` has is used again, so the archive passes through a few megabytes of memory whatever its size is.
 *
 * Files are read synchronously: for the many small files of a DAG folder, which the checkout has just written, that
 * takes a fifth of the processor time of asynchronous reads, which then goes to the compression. A block takes about a
 * millisecond, and the event loop has its turn between blocks.
 *
 * @param extra files to add after those of the folder; awaited when these are through
 * @throws ActionError ASTRO-DAGS-CHANGED when a file is no longer what it was when it was listed, ASTRO-DAGS-UNREADABLE
 */
export async function* tarBlocks(
  files: readonly DagFile[],
  extra: Promise<readonly GeneratedFile[]>,
  idle: Buffer[],
): AsyncGenerator<Buffer, void> {
  const out: Out = { idle, block: undefined, used: 0 }
  for (const file of files) {
    yield* put(out, tarHeader(file))
    if (file.kind === 'file') {
      yield* putContent(out, file)
      yield* put(out, Buffer.alloc(paddingAfter(file.size)))
    }
  }
  const taken = new Set(files.map((file) => file.path))
  for (const { path, content } of await extra) {
    if (taken.has(path)) continue
    const bytes = Buffer.from(content)
    yield* put(out, tarHeader({ kind: 'file', path, size: bytes.length, mode: 0o644, mtime: new Date() }))
    yield* put(out, bytes)
    yield* put(out, Buffer.alloc(paddingAfter(bytes.length)))
  }
  yield* put(out, Buffer.alloc(END_OF_ARCHIVE_BYTES))
  if (out.block && out.used > 0) yield out.block.subarray(0, out.used)
}

type Out = { readonly idle: Buffer[]; block: Buffer | undefined; used: number }

function room(out: Out): Buffer {
  out.block ??= out.idle.pop() ?? allocate(BLOCK_BYTES)
  return out.block
}

/** Moves the end of what was written; the block, once it is full. */
function* advance(out: Out, bytes: number): Generator<Buffer, void> {
  out.used += bytes
  if (!out.block || out.used < out.block.length) return
  const full = out.block
  out.block = undefined
  out.used = 0
  yield full
}

function* put(out: Out, bytes: Buffer): Generator<Buffer, void> {
  for (let taken = 0; taken < bytes.length;) {
    const copied = bytes.copy(room(out), out.used, taken)
    taken += copied
    yield* advance(out, copied)
  }
}

function* putContent(out: Out, file: DagRegularFile): Generator<Buffer, void> {
  const descriptor = openFile(file)
  try {
    for (let position = 0; position < file.size;) {
      const block = room(out)
      const wanted = Math.min(block.length - out.used, file.size - position)
      const read = readFile(file, descriptor, block, out.used, wanted)
      if (read === 0) throw changed(file)
      position += read
      yield* advance(out, read)
    }
    const now = fstatSync(descriptor)
    if (now.size !== file.size || now.mtime.getTime() !== file.mtime.getTime()) throw changed(file)
  } finally {
    closeSync(descriptor)
  }
}

/** Windows has no such flag. */
const NO_FOLLOW: number | undefined = constants.O_NOFOLLOW

/** Without following a link: the file may have been replaced by one since it was listed. */
function openFile(file: DagRegularFile): number {
  try {
    return openSync(file.absolutePath, constants.O_RDONLY | (NO_FOLLOW ?? 0))
  } catch (error) {
    throw unreadable(file, error)
  }
}

function readFile(file: DagRegularFile, descriptor: number, into: Buffer, at: number, bytes: number): number {
  try {
    return readSync(descriptor, into, at, bytes, null)
  } catch (error) {
    throw unreadable(file, error)
  }
}

function changed(file: DagRegularFile): ActionError {
  return new ActionError({
    code: 'ASTRO-DAGS-CHANGED',
    problem: `The file ${file.absolutePath} changed while it was packed.`,
    observed: `When the DAG folder was listed it had ${file.size} bytes, last changed at ${file.mtime.toISOString()}.`,
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
