import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import type { ZlibOptions } from 'node:zlib'
import { constants, crc32, deflateRaw } from 'node:zlib'
import { owned } from './memory.ts'

const deflate = promisify<Buffer, ZlibOptions, Buffer>(deflateRaw)

/** How far back a match of deflate may reach. */
const WINDOW_BYTES = 32 * 1024
/** gzip's magic, deflate, no flags, no time, no extra flags, unknown operating system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
/** A last block of deflate that is empty. */
const LAST_BLOCK = Buffer.from([3, 0])

/**
 * One block more than there are processors keeps them busy while the next block is handed over. libuv's pool has four
 * threads unless the user changed that, and name lookups of the upload need one of them.
 */
const BLOCKS_AT_ONCE = Math.min(3, availableParallelism() + 1)

/**
 * Compresses blocks side by side into one ordinary gzip member, in order. Every block is deflated on its own, with the
 * end of the block before as its dictionary, and ended by a sync flush, which puts the next one on a byte boundary.
 *
 * @param blocks of any size; about a megabyte is best. The Buffers that come out may be given to `release`
 * @param onDeflated takes each block back when it is no longer needed
 */
export async function* gzip(
  blocks: AsyncIterable<Buffer>,
  onDeflated: (block: Buffer) => void = () => undefined,
): AsyncGenerator<Buffer, void> {
  const underWay: Promise<Buffer>[] = []
  const window = Buffer.allocUnsafe(WINDOW_BYTES)
  let windowBytes = 0
  let checksum = 0
  let size = 0

  yield HEADER
  for await (const block of blocks) {
    checksum = crc32(block, checksum)
    size += block.length
    const deflated = deflateBlock(block, window.subarray(0, windowBytes)).finally(() => onDeflated(block))
    // A failure is thrown where its turn comes, which may be later, or never if the consumer leaves.
    deflated.catch(() => undefined)
    underWay.push(deflated)
    windowBytes = block.copy(window, 0, Math.max(0, block.length - WINDOW_BYTES))
    const oldest = underWay.length === BLOCKS_AT_ONCE ? underWay.shift() : undefined
    if (oldest) yield await oldest
  }
  for (const deflated of underWay) yield await deflated

  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(checksum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  yield Buffer.concat([LAST_BLOCK, trailer])
}

/** zlib copies the dictionary before this returns. */
async function deflateBlock(block: Buffer, dictionary: Buffer): Promise<Buffer> {
  // Room for the whole output, so that it comes in one trip to the pool: what cannot be compressed grows a little.
  const chunkSize = block.length + (block.length >> 10) + 1024
  const deflated = await deflate(block, {
    // With `flush` set too, the only write is the flush, and its output stays in the one Buffer that zlib allocates.
    flush: constants.Z_SYNC_FLUSH,
    finishFlush: constants.Z_SYNC_FLUSH,
    // A larger buffer of symbols than zlib's usual one: about a sixth less time for content that compresses badly.
    memLevel: constants.Z_MAX_MEMLEVEL,
    chunkSize,
    ...(dictionary.length > 0 ? { dictionary } : {}),
  })
  return deflated.byteOffset === 0 && deflated.buffer.byteLength === chunkSize ? owned(deflated) : deflated
}
