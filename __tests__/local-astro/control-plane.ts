import { randomUUID } from 'node:crypto'
import { ApiError } from './api-error.ts'
import { audience } from './auth.ts'
import type { Principal, Tokens } from './auth.ts'
import type { AirflowFront } from './airflow/front.ts'
import { AIRFLOW_PREFIX } from './airflow/front.ts'
import type { Blobs } from './blobs.ts'
import { bodyErrors, matchOperation, readQuery, responseErrors } from './contract/check.ts'
import type { FieldError, MatchedOperation } from './contract/check.ts'
import { stepOf } from './faults.ts'
import type { Step } from './faults.ts'
import type { Answer } from './handler.ts'
import { handlers } from './operations.ts'
import type { Store } from './store.ts'

/** A request that has been read, but not understood. */
export type PlainRequest = {
  method: string
  url: URL
  headers: Record<string, string | string[] | undefined>
  text: string
  origin: string
}

export type PlainAnswer = Answer & { headers?: Record<string, string> }

/** An answer of ours that the contract forbids. */
export type Violation = { operation: string; status: number; errors: FieldError[] }

export type ControlPlane = {
  store: Store
  blobs: Blobs
  airflow: AirflowFront
  tokens: Tokens
  limit: (token: string, method: string) => void
  violations: Violation[]
}

const authConfigPath = '/private/v1alpha1/cli/auth-config'
const tokenPath = '/auth/oauth/token'
const authConfigClientId = 'localAstroClientId0000000000000'
const apiPrefix = '/v1'

/** What the request is for, as far as its method and path tell. */
export function stepOfRequest(method: string, path: string): Step | undefined {
  if (path === authConfigPath) return 'auth-config'
  if (path === tokenPath) return 'token'
  if (path.startsWith(AIRFLOW_PREFIX)) return 'airflow'
  if (!path.startsWith(`${apiPrefix}/`)) return undefined
  const match = matchOperation(method, path.slice(apiPrefix.length))
  return 'id' in match ? stepOf[match.id] : undefined
}

/** The service's error body. */
export function errorBody(status: number, message: string, fieldErrors?: FieldError[]): object {
  return {
    message,
    requestId: randomUUID(),
    statusCode: status,
    ...(fieldErrors === undefined ? {} : { fieldErrors }),
  }
}

function parsedBody({ method, headers, text }: PlainRequest): unknown {
  if (text === '') return undefined
  if (method === 'GET') throw new ApiError(400, 'A GET request takes no body')
  const type = String(headers['content-type'] ?? '').split(';')[0]
  if (type?.trim().toLowerCase() !== 'application/json') {
    throw new ApiError(400, 'The Content-Type must be application/json')
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError(400, 'The body is not JSON')
  }
}

async function operate(
  plane: ControlPlane,
  request: PlainRequest,
  principal: Principal,
  { id, params, operation }: MatchedOperation,
): Promise<Answer> {
  const version = request.headers['x-api-version']
  if (version !== undefined && version !== '1.0') throw new ApiError(400, 'The API version is not supported')
  const { query, errors } = readQuery(operation, request.url.searchParams)
  const body = parsedBody(request)
  const problems = [...errors, ...bodyErrors(operation, body)]
  if (problems.length > 0) throw new ApiError(400, 'Invalid request', problems)
  const { store, blobs } = plane
  const { origin } = request
  const handle = handlers[id]
  return handle({
    store,
    blobs,
    principal,
    origin,
    params,
    query,
    body: (body ?? {}) as Record<string, unknown>,
  })
}

async function answerOperation(plane: ControlPlane, request: PlainRequest): Promise<PlainAnswer> {
  const { method, url, headers } = request
  const match = matchOperation(method, url.pathname.slice(apiPrefix.length))
  if (!('id' in match)) {
    const status = match.allowed.length > 0 ? 405 : 404
    return { status, body: errorBody(status, status === 405 ? 'Method not allowed' : 'Not found') }
  }
  let answer: PlainAnswer
  try {
    const principal = plane.tokens.authenticate(headers.authorization as string | undefined)
    plane.limit(principal.token, method)
    answer = await operate(plane, request, principal, match)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { status, message, fieldErrors } = error
    answer = { status, body: errorBody(status, message, fieldErrors) }
    const retryAfter = plane.store.settings.rateLimits?.retryAfterSeconds
    if (status === 429 && retryAfter !== undefined) answer.headers = { 'retry-after': String(retryAfter) }
  }
  // What is checked is what is sent.
  const sent: unknown = answer.body === undefined ? undefined : JSON.parse(JSON.stringify(answer.body))
  const errors = responseErrors(match.operation, answer.status, sent)
  if (errors.length === 0) return answer
  plane.violations.push({ operation: match.id, status: answer.status, errors })
  return {
    status: 500,
    body: errorBody(500, `The local Astro broke the contract: ${JSON.stringify(errors)}`),
  }
}

async function answerAirflow(
  plane: ControlPlane,
  { method, url, headers, text }: PlainRequest,
): Promise<PlainAnswer> {
  const {
    status,
    body,
    headers: own,
  } = await plane.airflow.answer({
    method,
    path: url.pathname,
    query: url.searchParams,
    headers,
    text,
    authorization: headers.authorization as string | undefined,
  })
  return { status, body, headers: { date: new Date(plane.store.settings.now()).toUTCString(), ...own } }
}

/** Answers everything but blobs. An unexpected error is a violation too. */
export async function answerRequest(plane: ControlPlane, request: PlainRequest): Promise<PlainAnswer> {
  const { method, url, headers, text, origin } = request
  try {
    if (url.pathname === authConfigPath && method === 'GET') {
      const body = { clientId: authConfigClientId, audience, domainUrl: `${origin}/auth/` }
      return { status: 200, body }
    }
    if (url.pathname === tokenPath && method === 'POST') {
      return plane.tokens.exchange(headers['content-type'] as string | undefined, new URLSearchParams(text))
    }
    if (url.pathname.startsWith(AIRFLOW_PREFIX)) return await answerAirflow(plane, request)
    if (url.pathname.startsWith(`${apiPrefix}/`)) {
      await plane.airflow.sync()
      return await answerOperation(plane, request)
    }
    return { status: 404, body: errorBody(404, 'Not found') }
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    plane.violations.push({
      operation: `${method} ${url.pathname}`,
      status: 500,
      errors: [{ field: 'server', code: 'thrown', message }],
    })
    return { status: 500, body: errorBody(500, 'Internal server error') }
  }
}
