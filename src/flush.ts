import type { Writable } from 'node:stream'

/** A log that nobody has read from for so long is not waited for. */
const PATIENCE_MS = 30_000
const LOOK_MS = 50

/**
 * Resolves when a stream has passed on all that was written to it: to a pipe, Node writes in the background, and `process.exit`
 * would drop the rest. Resolves too when the stream is broken, or nobody has read from it for half a minute.
 */
export async function flush(stream: Writable): Promise<void> {
  let left = stream.writableLength
  let movedAt = Date.now()
  while (left > 0 && !stream.destroyed && Date.now() - movedAt < PATIENCE_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    if (stream.writableLength !== left) movedAt = Date.now()
    left = stream.writableLength
  }
}
