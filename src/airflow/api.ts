import { ActionError } from '../errors.ts'
import type { Call, TokenHolder } from '../http/authorized.ts'
import { createCaller } from '../http/authorized.ts'
import { isJson, parseJson } from '../http/json.ts'
import { pageByPage } from '../http/pages.ts'
import type { HttpResponse, Request } from '../http/request.ts'
import { isInvalidToken, refused, unanswered, unreadable } from './failure.ts'
import type { Pace } from './pace.ts'
import type { AirflowMajor } from './types.ts'
import type { Wire } from './wire.ts'

export type AirflowConnection = {
  readonly request: Request
  readonly tokens: TokenHolder
  readonly major: AirflowMajor
  /** Root of the API, with `/api/v1` or `/api/v2` and without a trailing slash. */
  readonly root: string
  /** How long a call may take with its retries, in milliseconds; a wait that is nearly over allows little. */
  readonly remainingMs?: () => number
  readonly pace?: Pace
}

/** A list, and what Airflow's own clock said when it gave the last of it. */
export type Listed<T> = { readonly items: readonly T[]; readonly serverTime: number | undefined }

const PAGE = 100
const MOST_PAGES = 200
const LONGEST_CALL_MS = 60_000
const SHORTEST_CALL_MS = 1_000

/**
 * How Airflow's REST API is asked: no more often than its pace allows. Only JSON counts as an answer, redirects are not followed, a token that it does not know
 * gets one successor. What it returns throws ActionError `ASTRO-AIRFLOW-…` when the answer is not a success.
 */
export function createAirflowApi(connection: Omit<AirflowConnection, 'major'>) {
  const { request, tokens, root } = connection
  const call = createCaller({
    ...{ request, tokens, root, unanswered },
    budgetMs() {
      const remainingMs = connection.remainingMs?.() ?? LONGEST_CALL_MS
      return Math.min(LONGEST_CALL_MS, Math.max(SHORTEST_CALL_MS, remainingMs))
    },
    isUnknownToken: isInvalidToken,
  })

  async function send(asked: Call): Promise<HttpResponse> {
    await connection.pace?.()
    const response = await call(asked)
    if (response.status >= 300) throw refused(asked.problem, response)
    return response
  }

  async function json(
    asked: Call,
  ): Promise<{ readonly body: Wire; readonly serverTime: number | undefined }> {
    const response = await send(asked)
    const body = isJson(response) ? parseJson(response) : undefined
    if (typeof body !== 'object' || body === null) throw unreadable(asked.problem, response)
    return { body: body as Wire, serverTime: serverTime(response) }
  }

  const read = (path: string, what: string, problem: string) =>
    json({ method: 'GET', path, what, problem, repeat: 'always' })

  /**
   * The total is not trusted for import errors: Airflow 3 counts them too often, and their pages may be short and repeat
   * each other.
   */
  async function all<T>(
    list: { path: string; items: string; what: string; problem: string; total: 'trusted' | 'ignored' },
    readItem: (wire: Wire) => T | undefined,
  ): Promise<Listed<T>> {
    const { items, problem } = list
    const readPage = async (query: string) => {
      const { body, serverTime: at } = await read(`${list.path}&${query}`, list.what, problem)
      const batch = body[items]
      if (!Array.isArray(batch)) throw noList(problem, items)
      const total = list.total === 'trusted' ? Number(body.total_entries) : undefined
      return { items: batch as Wire[], total, at }
    }
    const endless = (): ActionError => endlessList(problem, items)
    const found: T[] = []
    let at: number | undefined
    for await (const page of pageByPage(readPage, { size: PAGE, most: MOST_PAGES, endless })) {
      found.push(...page.items.map(readItem).filter((item) => item !== undefined))
      at = page.at
    }
    return { items: found, serverTime: at }
  }

  return { send, json, read, all }
}

/** The answer's Date, which is Airflow's clock or that of the proxy before it; whole seconds. */
function serverTime(response: HttpResponse): number | undefined {
  const at = Date.parse(response.headers.date ?? '')
  return Number.isNaN(at) ? undefined : at
}

/** Part of an answer without which it is none of Airflow's. */
export function required<T>(value: T | undefined, problem: string): T {
  if (value === undefined) throw notTheObject(problem)
  return value
}

const OTHER_SERVER = {
  code: 'ASTRO-AIRFLOW-ANSWER',
  likelyCause: 'Another server than Airflow answered, or a version of it that this action does not know.',
  fix: 'Check the Airflow version and address that Astro shows for the Deployment.',
} as const

function notTheObject(problem: string): ActionError {
  return new ActionError({ ...OTHER_SERVER, problem, observed: 'The answer lacks what it should hold.' })
}

export function noList(problem: string, items: string): ActionError {
  return new ActionError({ ...OTHER_SERVER, problem, observed: `The answer has no list of ${items}.` })
}

function endlessList(problem: string, items: string): ActionError {
  return new ActionError({
    ...OTHER_SERVER,
    problem,
    observed: `The list of ${items} did not end within ${MOST_PAGES} pages.`,
  })
}
