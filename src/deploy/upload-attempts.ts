import type { Clock } from '../clock.ts'
import { tryRepeatedly } from '../http/attempts.ts'
import type { UploadFailure } from './upload-failure.ts'
import { describeFailure, isTransient, readFailure, timedOut, uploadError } from './upload-failure.ts'

export type UploadDependencies = {
  readonly clock: Clock
  readonly random: () => number
  readonly log: { readonly info: (line: string) => void }
  /** Ends everything, whatever is under way. */
  readonly signal: AbortSignal
  /** How long one attempt may take, in milliseconds, on top of what its bytes need on a slow line. */
  readonly patienceMs: number
}

/** A megabit in four seconds: four connections then share a line of one megabit a second. */
const SLOWEST_BYTES_PER_MS = 32

/**
 * Sends one request of an upload to the blob store at `url`, again after transient failures.
 *
 * @param bytes that the request carries
 * @throws ActionError ASTRO-UPLOAD-…; the signal's reason
 */
export function repeatedly<T>(
  deps: UploadDependencies,
  url: URL,
  bytes: number,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeoutMs = deps.patienceMs + Math.ceil(bytes / SLOWEST_BYTES_PER_MS)
  return tryRepeatedly(deps, 'send a part of the DAG bundle', async () => {
    const deadline = AbortSignal.timeout(timeoutMs)
    try {
      return { kind: 'final', result: await request(AbortSignal.any([deps.signal, deadline])) }
    } catch (error) {
      deps.signal.throwIfAborted()
      const failure: UploadFailure | undefined = deadline.aborted
        ? timedOut(timeoutMs)
        : readFailure(error, url)
      if (!failure) throw error
      if (!isTransient(failure)) throw uploadError(failure, url.host)
      const giveUp = (): never => {
        throw uploadError(failure, url.host)
      }
      return { kind: 'failed', seen: describeFailure(failure), retryAfter: failure.retryAfter, giveUp }
    }
  })
}
