import type { ActionError } from '../errors.ts'
import type { HttpResponse, Request } from './request.ts'
import type { Repeat } from './retry.ts'
import type { HttpMethod } from './transport.ts'
import { HttpFailure } from './failure.ts'

/** What an API's client needs to know of whoever holds the token. */
export type TokenHolder = {
  /** A token that is still good for at least one call. */
  accessToken(): Promise<string>
  /** Gets another token than the one that was refused, unless it has one; false when there is no other. */
  renew(refused: string): Promise<boolean>
}

export type Call = {
  readonly method: HttpMethod
  /** Below the root of the API, with its query. */
  readonly path: string
  /** What failed, should it fail: "Could not read the Deployment cl1." */
  readonly problem: string
  /** The request in words, for log lines: "read the Deployment". */
  readonly what: string
  readonly repeat: Repeat
  readonly body?: unknown
  /** Sent although the run was cancelled: for what must be put back. */
  readonly evenIfCancelled?: boolean
  /** How long it may take, in milliseconds, when that is less than any call to this API may. */
  readonly mostMs?: number
}

export type Api = {
  readonly request: Request
  readonly tokens: TokenHolder
  /** Without a trailing slash. */
  readonly root: string
  readonly headers?: Readonly<Record<string, string>>
  /** How long a call may take with its retries, in milliseconds. */
  readonly budgetMs?: () => number
  /** Whether the API did not know the token, when it has other words for that than 401. */
  readonly isUnknownToken?: (response: HttpResponse) => boolean
  /** The error for a call that nobody answered. */
  readonly unanswered: (problem: string, host: string, failure: HttpFailure) => ActionError
}

/**
 * Sends calls with the access token, and once more with another token when the API does not know the first. Resolves with
 * the answer whatever its status is; throws what `unanswered` makes of a call without one.
 */
export function createCaller(api: Api): (call: Call) => Promise<HttpResponse> {
  const { request, tokens, root, headers, budgetMs, isUnknownToken, unanswered } = api
  const { host } = new URL(root)

  const attempt = (call: Call, token: string): Promise<HttpResponse> => {
    const { method, path, what, repeat, body, evenIfCancelled, mostMs = Infinity } = call
    const limitMs = Math.min(mostMs, budgetMs?.() ?? Infinity)
    return request({
      ...{ what, method, url: root + path, repeat },
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      expectJson: true,
      evenIfCancelled: evenIfCancelled ?? false,
      ...(limitMs === Infinity ? {} : { budgetMs: limitMs }),
    })
  }

  return async (call) => {
    try {
      const token = await tokens.accessToken()
      const response = await attempt(call, token)
      const isUnknown = response.status === 401 || isUnknownToken?.(response) === true
      if (!isUnknown || !(await tokens.renew(token))) return response
      return await attempt(call, await tokens.accessToken())
    } catch (error) {
      if (error instanceof HttpFailure) throw unanswered(call.problem, host, error)
      throw error
    }
  }
}
