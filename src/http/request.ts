import type { Clock } from '../clock.ts'
import { describeError } from '../errors.ts'
import { isJson, parseJson } from './json.ts'
import type { Repeat } from './retry.ts'
import { mayRepeat, retryAfter, retryDelay } from './retry.ts'
import type { HttpMethod, Transport, WireResponse } from './transport.ts'
import { HttpFailure } from './transport.ts'

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
  /** Sent although the run was cancelled: for what must be put back. */
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

const ATTEMPTS = 5
const ATTEMPT_TIMEOUT_MS = 30_000
const BUDGET_MS = 90_000

/**
 * The one place for timeouts and retries. Throws HttpFailure when no attempt was answered, and the signal's reason when
 * the run was cancelled. Logs a line for each retry; never a header, a body or a query, which may hold secrets.
 */
export function createRequest(deps: HttpDependencies): Request {
  return async (request) => {
    const url = new URL(request.url)
    const label = `${request.method} ${url.origin}${url.pathname}`
    const deadline = deps.clock.now() + (request.budgetMs ?? BUDGET_MS)

    for (let attempt = 1; ; attempt++) {
      const startedAt = deps.clock.now()
      const outcome = await once(deps, request, url, deadline - startedAt)
      const seen = outcome instanceof HttpFailure ? outcome.message : `HTTP ${outcome.status}`
      deps.log.debug(`${label}: ${seen} after ${deps.clock.now() - startedAt} ms`)

      const delay = retryDelay(attempt, waitAskedFor(outcome, deps.clock.now()), deps.random)
      const inTime = deps.clock.now() + delay < deadline
      if (!isFailed(outcome) || !mayRepeat(request.repeat, outcome) || attempt >= ATTEMPTS || !inTime) {
        if (outcome instanceof HttpFailure) throw outcome
        return outcome
      }
      deps.log.info(
        `Could not ${request.what} (${seen}). Attempt ${attempt + 1} of ${ATTEMPTS} in ${(delay / 1000).toFixed(1)} s.`,
      )
      await deps.clock.sleep(delay, signalFor(deps, request))
    }
  }
}

const isFailed = (outcome: WireResponse | HttpFailure): boolean =>
  outcome instanceof HttpFailure || outcome.status >= 400

function waitAskedFor(outcome: WireResponse | HttpFailure, now: number): number | undefined {
  return outcome instanceof HttpFailure ? undefined : retryAfter(outcome.headers['retry-after'], now)
}

async function once(
  deps: HttpDependencies,
  request: HttpRequest,
  url: URL,
  remainingMs: number,
): Promise<WireResponse | HttpFailure> {
  const signal = signalFor(deps, request)
  try {
    const response = await deps.send({
      method: request.method,
      url,
      headers: { 'user-agent': deps.userAgent, ...request.headers },
      body: request.body,
      timeoutMs: Math.max(1, Math.min(request.timeoutMs ?? ATTEMPT_TIMEOUT_MS, remainingMs)),
      signal,
    })
    if (
      request.expectJson &&
      response.status < 300 &&
      isJson(response) &&
      parseJson(response) === undefined
    ) {
      return new HttpFailure('the answer is not complete JSON', true)
    }
    return response
  } catch (error) {
    if (error instanceof HttpFailure) return error
    signal?.throwIfAborted()
    return new HttpFailure(describeError(error), false, error)
  }
}

function signalFor(deps: HttpDependencies, request: HttpRequest): AbortSignal | undefined {
  return request.evenIfCancelled ? undefined : deps.signal
}
