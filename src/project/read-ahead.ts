import { Readable } from 'node:stream'

/**
 * Starts reading a stream at once and keeps reading until `chunks` of its chunks wait, whether or not anybody takes them
 * yet. A failure reaches whoever reads; an aborted signal ends the source and is thrown as its reason.
 */
export function readAhead(
  source: AsyncIterable<Buffer>,
  chunks: number,
  signal?: AbortSignal,
): AsyncIterable<Buffer> {
  const waiting = Readable.from(source, { highWaterMark: chunks })
  const stop = (): void => void waiting.destroy(signal?.reason as Error)
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  waiting.once('close', () => signal?.removeEventListener('abort', stop))
  waiting.on('error', () => undefined)
  waiting.read(0)
  return waiting as AsyncIterable<Buffer>
}
