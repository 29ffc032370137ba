import { createHash, getFips, randomBytes } from 'node:crypto'
import { allocate, release } from '../project/memory.ts'

export const BLOCK_BYTES = 4 * 1024 * 1024

/** Full blocks, and a last one of what is left. Blocks in `idle` are used again; chunks are released. */
export async function* inBlocks(chunks: AsyncIterable<Buffer>, idle: Buffer[]): AsyncGenerator<Buffer, void> {
  let block: Buffer | undefined
  let used = 0
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length;) {
      block ??= idle.pop() ?? allocate(BLOCK_BYTES)
      const copied = chunk.copy(block, used, taken)
      taken += copied
      used += copied
      if (used === block.length) {
        yield block
        block = undefined
        used = 0
      }
    }
    release(chunk)
  }
  if (block && used > 0) yield block.subarray(0, used)
}

/** Lets the blob store refuse what did not arrive as it was sent. MD5 is the checksum that it takes; FIPS forbids it. */
export function checksumOf(blocks: readonly Buffer[]): { transactionalContentMD5?: Uint8Array } {
  if (getFips() === 1) return {}
  const hash = createHash('md5')
  for (const block of blocks) hash.update(block)
  return { transactionalContentMD5: hash.digest() }
}

export type Staging = {
  /** The IDs so far, in order. */
  readonly ids: readonly string[]
  /** Begins with a block as soon as there is room for it; throws what an earlier one failed with. */
  add(block: Buffer): Promise<void>
  /** Resolves when all are stored; throws what one of them failed with. */
  finish(): Promise<void>
}

/** Stores blocks with at most `limit` of them under way. After a failure nothing more is begun. */
export function stageBlocks(limit: number, store: (id: string, block: Buffer) => Promise<void>): Staging {
  const newId = blockIds()
  const ids: string[] = []
  const underWay = new Set<Promise<void>>()
  let failed: { readonly error: unknown } | undefined

  const throwFailed = (): void => {
    if (failed) throw failed.error
  }
  return {
    ids,
    async add(block) {
      while (underWay.size >= limit) await Promise.race(underWay)
      throwFailed()
      const id = newId()
      ids.push(id)
      const storing = store(id, block)
        .catch((error: unknown) => {
          failed ??= { error }
        })
        .finally(() => underWay.delete(storing))
      underWay.add(storing)
    },
    async finish() {
      await Promise.all(underWay)
      throwFailed()
    },
  }
}

/**
 * IDs are 64 bytes because Azure wants those of all uncommitted blocks of a blob to be equally long, other clients'
 * included, and the Go SDK (in the Astro CLI) makes them so: an upload that it left unfinished does not get in the way.
 */
function blockIds(): () => string {
  const prefix = randomBytes(29).toString('hex')
  let next = 0
  return () => Buffer.from(prefix + String(next++).padStart(6, '0')).toString('base64')
}
