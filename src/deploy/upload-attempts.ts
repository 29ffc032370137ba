import type { Clock } from '../clock.ts'
import { retryAfter, retryDelay } from '../http/retry.ts'
import type { UploadFailure } from './upload-failure.ts'
import { describeFailure, isTransient, readFailure, timedOut, uploadError } from './upload-failure.ts'

export type AttemptDependencies = {
  readonly clock: Clock
  readonly random: () => number
  readonly log: (line: string) => void
  /** Ends everything, whatever is under way. */
  readonly signal: AbortSignal
  /** How long one attempt may take, in milliseconds, on top of what its bytes need on a slow line. */
  readonly patienceMs: number
}

const ATTEMPTS = 5
/** A megabit in four seconds: four connections then share a line of one megabit a second. */
const SLOWEST_BYTES_PER_MS = 32

/**
 * Sends one request of an upload to the blob store at `url`, again after transient failures.
 *
 * @param bytes that the request carries
 * @throws ActionError ASTRO-UPLOAD-…; the signal's reason
 */
export async function repeatedly<T>(
  deps: AttemptDependencies,
  url: URL,
  bytes: number,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeoutMs = deps.patienceMs + Math.ceil(bytes / SLOWEST_BYTES_PER_MS)
  for (let attempt = 1; ; attempt++) {
    const deadline = AbortSignal.timeout(timeoutMs)
    let failure: UploadFailure
    try {
      return await request(AbortSignal.any([deps.signal, deadline]))
    } catch (error) {
      deps.signal.throwIfAborted()
      const read = deadline.aborted ? timedOut(timeoutMs) : readFailure(error, url)
      if (!read) throw error
      failure = read
    }
    if (!isTransient(failure) || attempt === ATTEMPTS) throw uploadError(failure, url.host)
    const delay = retryDelay(attempt, retryAfter(failure.retryAfter, deps.clock.now()), deps.random)
    deps.log(
      `Could not send a part of the DAG bundle (${describeFailure(failure)}). Attempt ${attempt + 1} of ${ATTEMPTS} in ${(delay / 1000).toFixed(1)} s.`,
    )
    await deps.clock.sleep(delay, deps.signal)
  }
}
