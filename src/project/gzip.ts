import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'

const deflate = promisify<Uint8Array, DeflateOptions, Buffer>(deflateRaw)

type DeflateOptions = NonNullable<Parameters<typeof deflateRaw>[1]> & object

/** Deflate's window: how far back a match may reach. */
const WINDOW_BYTES = 32 * 1024
/** gzip magic, deflate, no flags, no time, no extra flags, unknown operating system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
/** A last block of deflate without content. */
const LAST_BLOCK = Buffer.from([3, 0])

/**
 * libuv's pool has four threads unless somebody changed that; one stays free so that files are still read while all
 * others deflate. One block more than there are processors keeps them busy while the next block is handed over.
 */
const BLOCKS_AT_ONCE = Math.min(3, availableParallelism() + 1)

/**
 * Compresses blocks side by side into one ordinary gzip member, in order. Every block is deflated on its own, with the
 * end of the block before as its dictionary, and ended by a sync flush, which puts the next one on a byte boundary.
 *
 * @param blocks of any size from 1 byte; about a megabyte is best. They must not change after they were handed over.
 */
export async function* gzip(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const underWay: Promise<Buffer>[] = []
  let checksum = 0
  let size = 0
  let dictionary: Buffer | undefined

  yield HEADER
  try {
    for await (const block of blocks) {
      checksum = crc32(block, checksum)
      size += block.length
      const deflated = deflateBlock(block, dictionary)
      deflated.catch(() => undefined)
      underWay.push(deflated)
      dictionary = block.subarray(-WINDOW_BYTES)
      const oldest = underWay.length === BLOCKS_AT_ONCE ? underWay.shift() : undefined
      if (oldest) yield await oldest
    }
    for (const deflated of underWay.splice(0)) yield await deflated
  } finally {
    await Promise.allSettled(underWay)
  }

  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(checksum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  yield Buffer.concat([LAST_BLOCK, trailer])
}

function deflateBlock(block: Buffer, dictionary: Buffer | undefined): Promise<Buffer> {
  return deflate(block, {
    flush: constants.Z_SYNC_FLUSH,
    finishFlush: constants.Z_SYNC_FLUSH,
    memLevel: 9,
    chunkSize: largestDeflated(block.length),
    ...(dictionary ? { dictionary } : {}),
  })
}

/** Room for the whole output, so that it comes in one trip to the pool: incompressible data grows a little. */
function largestDeflated(bytes: number): number {
  return bytes + (bytes >> 10) + 1024
}
