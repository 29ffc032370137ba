import type { Clock } from '../clock.ts'
import { describeError } from '../errors.ts'
import type { Attempt } from './attempts.ts'
import { tryRepeatedly } from './attempts.ts'
import { isJson, parseJson } from './json.ts'
import type { Repeat } from './retry.ts'
import { mayRepeat } from './retry.ts'
import { HttpFailure } from './failure.ts'
import type { HttpMethod, Transport, WireResponse } from './transport.ts'

export type HttpRequest = {
  /** The request in words, for log lines and messages: "read the Deployment". */
  readonly what: string
  readonly method: HttpMethod
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly repeat: Repeat
  /** A 2xx answer that claims to be JSON but is cut off counts as no answer. */
  readonly expectJson?: boolean
  /** For one attempt. */
  readonly timeoutMs?: number
  /** For all attempts together. */
  readonly budgetMs?: number
  /** Sent although the run was cancelled, for some seconds then: for what must be put back. */
  readonly evenIfCancelled?: boolean
}

export type HttpResponse = WireResponse

/** Sends a request, with the retries that its policy allows. Resolves with the last answer whatever its status is. */
export type Request = (request: HttpRequest) => Promise<HttpResponse>

export type HttpDependencies = {
  readonly send: Transport
  readonly clock: Clock
  readonly random: () => number
  readonly userAgent: string
  readonly log: { readonly info: (line: string) => void; readonly debug: (line: string) => void }
  readonly signal?: AbortSignal
}

const ATTEMPT_TIMEOUT_MS = 30_000
const BUDGET_MS = 90_000
/** The runner kills a cancelled step about ten seconds after it told it. */
const CANCELLED_BUDGET_MS = 7_000

/**
 * The one place for time limits, and for which request may be repeated. Throws HttpFailure when no attempt was answered, and
 * the signal's reason when the run was cancelled. Logs a line for each retry; never a header, a body or a query, which may
 * hold secrets.
 */
export function createRequest(deps: HttpDependencies): Request {
  return async (request) => {
    const url = new URL(request.url)
    const label = `${request.method} ${url.origin}${url.pathname}`
    const most = deps.signal?.aborted ? CANCELLED_BUDGET_MS : BUDGET_MS
    const deadline = deps.clock.now() + Math.min(request.budgetMs ?? BUDGET_MS, most)
    const signal = request.evenIfCancelled ? undefined : deps.signal

    const attempt = async (): Promise<Attempt<HttpResponse>> => {
      const startedAt = deps.clock.now()
      const outcome = await once(deps, request, url, deadline - startedAt, signal)
      const seen = outcome instanceof HttpFailure ? outcome.message : `HTTP ${outcome.status}`
      deps.log.debug(`${label}: ${seen} after ${deps.clock.now() - startedAt} ms`)

      const giveUp = (): HttpResponse => {
        if (outcome instanceof HttpFailure) throw outcome
        return outcome
      }
      if (!isFailed(outcome) || !mayRepeat(request.repeat, outcome)) {
        return { kind: 'final', result: giveUp() }
      }
      return { kind: 'failed', seen, retryAfter: retryAfterOf(outcome), giveUp }
    }
    return tryRepeatedly({ ...deps, signal }, request.what, attempt, deadline)
  }
}

const isFailed = (outcome: WireResponse | HttpFailure): boolean =>
  outcome instanceof HttpFailure || outcome.status >= 400

const retryAfterOf = (outcome: WireResponse | HttpFailure): string | undefined =>
  outcome instanceof HttpFailure ? undefined : outcome.headers['retry-after']

async function once(
  deps: HttpDependencies,
  request: HttpRequest,
  url: URL,
  remainingMs: number,
  signal: AbortSignal | undefined,
): Promise<WireResponse | HttpFailure> {
  try {
    const response = await deps.send({
      method: request.method,
      url,
      headers: { 'user-agent': deps.userAgent, ...request.headers },
      body: request.body,
      timeoutMs: Math.max(1, Math.min(request.timeoutMs ?? ATTEMPT_TIMEOUT_MS, remainingMs)),
      connection: request.repeat === 'always' ? 'kept' : 'fresh',
      signal,
    })
    if (request.expectJson && response.status < 300 && isCutJson(response)) {
      return new HttpFailure('the answer is not complete JSON', true)
    }
    return response
  } catch (error) {
    if (error instanceof HttpFailure) return error
    signal?.throwIfAborted()
    return new HttpFailure(describeError(error), false, error)
  }
}

const isCutJson = (response: WireResponse): boolean => isJson(response) && parseJson(response) === undefined
