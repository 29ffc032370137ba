import { ActionError, quoteSaid } from '../errors.ts'
import type { HttpResponse } from '../http/request.ts'
import { isJson, isObject, isPage, parseJson } from '../http/json.ts'
import type { HttpFailure } from '../http/failure.ts'
import { unanswered as withoutAnswer } from '../http/failure.ts'

type Advice = { readonly code: `ASTRO-AIRFLOW-${string}`; readonly likelyCause: string; readonly fix: string }

const TOKEN =
  'Use an API token of this Deployment with the Deployment Admin role, or one of its Workspace that may see the Airflow UI.'

const ADVICE: Readonly<Record<number, Advice>> = {
  401: {
    code: 'ASTRO-AIRFLOW-UNAUTHORIZED',
    likelyCause: 'The token has expired or was revoked, or the Airflow API does not know it.',
    fix: TOKEN,
  },
  403: {
    code: 'ASTRO-AIRFLOW-FORBIDDEN',
    likelyCause:
      'The credential may deploy, but its role has no access to the Airflow API of the Deployment.',
    fix: TOKEN,
  },
  404: {
    code: 'ASTRO-AIRFLOW-NOT-FOUND',
    likelyCause:
      'Airflow has nothing of this name, or does not show it: in Airflow 3 a DAG is hidden while its file does not import.',
    fix: 'Compare the name with the Airflow UI.',
  },
  409: {
    code: 'ASTRO-AIRFLOW-CONFLICT',
    likelyCause: 'Airflow has something of this name, or for this date, already.',
    fix: 'Look at it in the Airflow UI.',
  },
}

const REFUSED: Advice = {
  code: 'ASTRO-AIRFLOW-REFUSED',
  likelyCause: 'Airflow found the request not acceptable.',
  fix: 'Read what Airflow says above.',
}

const UNAVAILABLE: Advice = {
  code: 'ASTRO-AIRFLOW-UNAVAILABLE',
  likelyCause:
    'Airflow is starting (a new Deployment, or one that just changed), hibernates, is asked too often, or has a problem of its own.',
  fix: 'Look at the Deployment and its Airflow UI, and run again when Airflow answers.',
}

/** An answer of Airflow, or of what stands before it, with a status that means failure. */
export function refused(problem: string, response: HttpResponse): ActionError {
  return new ActionError({ problem, observed: observe(response), ...adviceFor(response) })
}

function adviceFor(response: HttpResponse): Advice {
  const { status } = response
  if (status >= 300 && status < 400) {
    return {
      code: 'ASTRO-AIRFLOW-REDIRECTED',
      likelyCause:
        'A login page answers in place of the Airflow API: the token was not accepted, or the address is not the API.',
      fix: TOKEN,
    }
  }
  if (isInvalidToken(response)) return ADVICE[401] ?? REFUSED
  // The ingress in front of a Deployment that is not up answers 404 as a page; Airflow itself answers in JSON.
  if (status >= 500 || status === 429 || (status === 404 && !isJson(response))) return UNAVAILABLE
  return ADVICE[status] ?? REFUSED
}

/** Whether Airflow, or the way to it, does not work now and may later. */
export function isDown({ code }: ActionError): boolean {
  return code === 'ASTRO-AIRFLOW-UNAVAILABLE' || code === 'ASTRO-AIRFLOW-UNREACHABLE'
}

/** Whether Airflow keeps this token out. */
export function isRefusal({ code }: ActionError): boolean {
  return code === 'ASTRO-AIRFLOW-UNAUTHORIZED' || code === 'ASTRO-AIRFLOW-FORBIDDEN'
}

/** Whether something else than Airflow answered, which may pass: a proxy or a gateway has its moments. */
export function isOdd({ code }: ActionError): boolean {
  return code === 'ASTRO-AIRFLOW-ANSWER' || code === 'ASTRO-AIRFLOW-REDIRECTED'
}

/** Airflow 3 answers a token that it cannot read with 403, not with 401. */
export function isInvalidToken(response: HttpResponse): boolean {
  return (
    response.status === 403 && /invalid jwt|token (?:is )?(?:invalid|expired)/i.test(said(response) ?? '')
  )
}

/** A 2xx answer that is not what Airflow gives: it serves its web app, with status 200, for paths that it does not know. */
export function unreadable(problem: string, response: HttpResponse, detail?: string): ActionError {
  return new ActionError({
    code: 'ASTRO-AIRFLOW-ANSWER',
    problem,
    observed: `${observe(response)} ${detail ?? 'The answer is not the JSON that the Airflow API gives.'}`,
    likelyCause: 'A proxy, a login page or the Airflow web app answered in place of the Airflow API.',
    fix: 'Check the proxy settings of the runner, and the Airflow version and address that Astro shows for the Deployment.',
  })
}

/** No answer at all. */
export function unanswered(problem: string, host: string, failure: HttpFailure): ActionError {
  return withoutAnswer(problem, host, failure, {
    code: 'ASTRO-AIRFLOW-UNREACHABLE',
    likelyCause: failure.reached
      ? 'The connection broke, or the webserver of the Deployment is overloaded.'
      : 'A firewall or proxy stands between this runner and the Deployment, or its Airflow is private.',
    fix: `Allow connections from the runner to ${host}, or check \`https_proxy\` and \`no_proxy\`.`,
  })
}

function observe(response: HttpResponse): string {
  const words = said(response)
  const location = response.headers.location
  const to = location !== undefined && URL.canParse(location) ? ` to ${new URL(location).host}` : ''
  return `HTTP ${response.status}${to}${words === undefined ? '' : `: ${quoteSaid(words)}`}.`
}

/** What Airflow says of an error, whole and in one line: both majors have several forms for it (section f of its contract). */
function said(response: HttpResponse): string | undefined {
  if (!isJson(response)) return isPage(response) ? 'a web page, not JSON' : undefined
  const body = parseJson(response)
  if (!isObject(body)) return undefined
  const { detail, error, title } = body
  const words = textOf(detail) ?? textOf(error) ?? textOf(title)
  return words?.replace(/\s+/g, ' ').trim()
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value
  if (Array.isArray(value)) {
    const items = value.map(fieldError).filter((item) => item !== undefined)
    return items.length === 0 ? undefined : items.join('; ')
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { reason, message } = value as Record<string, unknown>
  const parts = [reason, message].filter((part) => typeof part === 'string')
  return parts.length === 0 ? undefined : parts.join(': ')
}

function fieldError(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { loc, msg } = item as Record<string, unknown>
  const place = Array.isArray(loc) ? loc.map(String).join('.') : ''
  return typeof msg === 'string' ? `${place}: ${msg}` : undefined
}
