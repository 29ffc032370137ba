import type { ErrorCode } from '../errors.ts'
import { ActionError } from '../errors.ts'
import { adviceOn, Obstacle } from './obstacle.ts'

/**
 * No answer came. `reached: false` means that the request never left this machine (name lookup, proxy, connect, TLS), so it
 * cannot have had an effect; otherwise nobody knows.
 */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure'
  readonly reached: boolean

  constructor(message: string, reached: boolean, cause?: unknown) {
    super(message, { cause })
    this.reached = reached
  }

  /** Set when no other attempt can do better. */
  get obstacle(): Obstacle | undefined {
    return this.cause instanceof Obstacle ? this.cause : undefined
  }

  /** What was seen of it, as a sentence. */
  describe(host: string): string {
    return this.reached
      ? `${host} took the request but gave no complete answer: ${this.message}.`
      : `${host} could not be reached: ${this.message}.`
  }
}

/**
 * The error for a request without an answer.
 *
 * @param otherwise what to say when no obstacle is known
 */
export function unanswered(
  problem: string,
  host: string,
  failure: HttpFailure,
  otherwise: { readonly code: ErrorCode; readonly likelyCause: string; readonly fix: string },
): ActionError {
  const advice = adviceOn(failure.obstacle?.code) ?? otherwise
  return new ActionError({ ...advice, problem, observed: failure.describe(host), cause: failure })
}
