import { ActionError, LONGEST_SAID, quoteSaid } from '../errors.ts'
import type { HttpResponse } from '../http/request.ts'
import { isJson, isObject, isPage, parseJson } from '../http/json.ts'
import type { HttpFailure } from '../http/failure.ts'
import { unanswered as withoutAnswer } from '../http/failure.ts'

/** What the control plane says of an error (section 8 of its contract). */
type ErrorBody = {
  message?: unknown
  requestId?: unknown
  fieldErrors?: unknown
}

type Advice = { readonly code: `ASTRO-API-${string}`; readonly likelyCause: string; readonly fix: string }

const ADVICE: Readonly<Record<number, Advice>> = {
  400: {
    code: 'ASTRO-API-REFUSED',
    likelyCause: 'Astro found the request not acceptable for this Deployment as it is now.',
    fix: 'Read what Astro says above; correct the Deployment or the inputs it names.',
  },
  401: {
    code: 'ASTRO-API-UNAUTHORIZED',
    likelyCause: 'The access token is wrong, was revoked or has expired.',
    fix: 'Create a new API token, store it as the repository secret that the workflow reads, and run again.',
  },
  403: {
    code: 'ASTRO-API-FORBIDDEN',
    likelyCause:
      'The credential is valid but may not do this: its role is too small, or it is bound to another Deployment.',
    fix: 'Use an API token of this Deployment with the Deployment Admin role, or of its Workspace with the Workspace Operator role.',
  },
  404: {
    code: 'ASTRO-API-NOT-FOUND',
    likelyCause:
      'It was deleted, the ID has a typing error, or the credential belongs to another Organization or Workspace and cannot see it.',
    fix: 'Compare the ID with the one that the Astro UI shows, and check which Workspace the credential belongs to.',
  },
  409: {
    code: 'ASTRO-API-CONFLICT',
    likelyCause: 'Somebody else is changing the same thing at this moment.',
    fix: 'Let the other change finish, then run again. A `concurrency` group keeps deploys of one workflow apart.',
  },
  429: {
    code: 'ASTRO-API-RATE-LIMIT',
    likelyCause: 'Many jobs use this token at the same moment.',
    fix: 'Run again later, or give each workflow a token of its own.',
  },
}

const LONGEST_ID = 200

const UNAVAILABLE: Advice = {
  code: 'ASTRO-API-UNAVAILABLE',
  likelyCause: 'Astro has a problem of its own, or a proxy on the way cannot reach it.',
  fix: 'Look at the Astro status page, and run again when it is well.',
}

/**
 * An answer with a status that means failure, as an error that says what failed and what to do. Astro refuses in JSON: a web
 * page that says "forbidden" or "not found" is from somebody else, and says nothing about the credential or the ID.
 */
export function refused(problem: string, response: HttpResponse): ActionError {
  if (response.status < 500 && response.status !== 429 && isPage(response))
    return unreadable(problem, response)
  const advice = ADVICE[response.status] ?? (response.status >= 500 ? UNAVAILABLE : ADVICE[400])
  return new ActionError({ problem, observed: observe(response), ...(advice ?? UNAVAILABLE) })
}

/** An answer that is not what the contract promises; `detail` is a sentence on what is wrong with it. */
export function unreadable(problem: string, response: HttpResponse, detail = ''): ActionError {
  return new ActionError({
    code: 'ASTRO-API-ANSWER',
    problem,
    observed: `${observe(response)} The answer is not the JSON that Astro gives. ${detail}`.trim(),
    likelyCause: 'A proxy or a login page answered instead of Astro, or `domain` names another server.',
    fix: 'Check the `domain` input and the proxy settings of the runner.',
  })
}

/** No answer at all. */
export function unanswered(problem: string, host: string, failure: HttpFailure): ActionError {
  return withoutAnswer(problem, host, failure, {
    code: 'ASTRO-API-UNREACHABLE',
    likelyCause: failure.reached
      ? 'The connection broke, or Astro is overloaded.'
      : 'The name is wrong, or a firewall or proxy stands between this runner and Astro.',
    fix: failure.reached
      ? 'Run again. If it happens again, look at the Astro status page, and at the proxy of this runner if it has one.'
      : 'Check `domain`, `https_proxy` and `no_proxy`, then run again.',
  })
}

/** Status, the server's own words and the request ID: what support will ask for. */
export function observe(response: HttpResponse): string {
  const body = parseErrorBody(response)
  const requestId = [body.requestId, response.headers['x-request-id']].find(
    (id): id is string => typeof id === 'string' && id.length <= LONGEST_ID,
  )
  const request = requestId === undefined ? '' : ` (request ${requestId})`
  const words = typeof body.message === 'string' && body.message !== '' ? `: ${quoteSaid(body.message)}` : ''
  return `HTTP ${response.status}${request}${words}.${fieldErrors(body.fieldErrors)}`
}

function fieldErrors(errors: unknown): string {
  if (!Array.isArray(errors)) return ''
  const told = errors.flatMap((error: unknown) => {
    const { field, message } = (error ?? {}) as { field?: unknown; message?: unknown }
    return typeof field === 'string' && typeof message === 'string' ? [` ${field}: ${message}.`] : []
  })
  const text = told.join('')
  return text.length <= LONGEST_SAID ? text : ` It names ${told.length} fields.`
}

function parseErrorBody(response: HttpResponse): ErrorBody {
  if (!isJson(response)) return isPage(response) ? { message: 'a web page, not JSON' } : {}
  const body = parseJson(response)
  return isObject(body) ? body : {}
}
