const releasable = new WeakSet<Buffer>()

/** A Buffer with memory of its own, whose content is arbitrary, and which `release` can take back. */
export function allocate(bytes: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(bytes)
  releasable.add(buffer)
  return buffer
}

/**
 * Gives back the memory of a Buffer now. A stream of many megabytes would otherwise pile up dead buffers until the
 * garbage collector, which hardly sees their size, happens to run. Does nothing to Buffers that are not from `allocate`
 * or `owned`; the Buffer is empty afterwards.
 */
export function release(buffer: Buffer): void {
  if (releasable.delete(buffer)) (buffer.buffer as ArrayBuffer).transfer(0)
}

/** Marks a Buffer as one that `release` may take back. Its ArrayBuffer must serve nobody else. */
export function owned(buffer: Buffer): Buffer {
  releasable.add(buffer)
  return buffer
}
