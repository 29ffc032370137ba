const releasable = new WeakSet<ArrayBufferLike>()

/** A Buffer with memory of its own, whose content is arbitrary, and which `release` can take back. */
export function allocate(bytes: number): Buffer {
  return owned(Buffer.allocUnsafeSlow(bytes))
}

/**
 * Gives back the memory of a Buffer now. A stream of many megabytes would otherwise pile up dead buffers until the
 * garbage collector, which hardly sees their size, happens to run. Does nothing to memory that is not from `allocate`
 * or `owned`; the Buffer, and every other view of its memory, is empty afterwards.
 */
export function release(buffer: Buffer): void {
  if (releasable.delete(buffer.buffer)) (buffer.buffer as ArrayBuffer).transfer(0)
}

/** Marks the memory of a Buffer as such that `release` may take back. It must serve nobody else. */
export function owned(buffer: Buffer): Buffer {
  releasable.add(buffer.buffer)
  return buffer
}
