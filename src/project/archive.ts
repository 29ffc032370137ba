import type { DagFolder } from './dag-file.ts'
import { gzip } from './gzip.ts'
import { release } from './memory.ts'
import { readAhead } from './read-ahead.ts'
import type { GeneratedFile } from './tar-blocks.ts'
import { tarBlocks } from './tar-blocks.ts'

export type { GeneratedFile } from './tar-blocks.ts'

type Generated = readonly GeneratedFile[]

/** Chunks that wait for the consumer: a megabyte of content each. */
const CHUNKS_AHEAD = 8

/**
 * The DAG folder as a tar.gz, one ordinary gzip member. Work starts at once and stays a few megabytes ahead of the
 * consumer, so that it overlaps with what comes before the upload. To be read once.
 *
 * @param options.extra files that are appended, unless the folder has one of that name; may still be unknown when the
 *   work starts
 * @throws ActionError ASTRO-DAGS-CHANGED when a file is no longer what it was when the folder was read,
 *   ASTRO-DAGS-UNREADABLE; the signal's reason; whatever `extra` rejects with
 */
export function packDagFolder(
  folder: DagFolder,
  options: { extra?: Generated | Promise<Generated>; signal?: AbortSignal } = {},
): AsyncIterable<Buffer> {
  const extra = Promise.resolve(options.extra ?? [])
  extra.catch(() => undefined)
  return readAhead(compress(folder, extra), CHUNKS_AHEAD, options.signal)
}

async function* compress(folder: DagFolder, extra: Promise<Generated>): AsyncGenerator<Buffer, void> {
  const idle: Buffer[] = []
  yield* gzip(tarBlocks(folder.files, extra, idle), (block) => {
    idle.push(Buffer.from(block.buffer))
  })
  for (const block of idle) release(block)
}
