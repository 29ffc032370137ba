import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * Starts reading a stream at once and keeps reading until about `limit` bytes wait, whether or not anybody takes them yet.
 * So the archive is under way while the token is fetched, and memory stays bounded. A failure reaches whoever reads.
 */
export function readAhead(source: AsyncIterable<Buffer>, limit: number): AsyncIterable<Buffer> {
  const waiting = new PassThrough({ highWaterMark: limit / 2 })
  pipeline(source, waiting).catch((error: unknown) => {
    waiting.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  waiting.on('error', () => undefined)
  return waiting as AsyncIterable<Buffer>
}
