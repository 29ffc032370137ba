import { ActionError } from '../errors.ts'
import type { Call, TokenHolder } from '../http/authorized.ts'
import { createCaller } from '../http/authorized.ts'
import type { JsonObject } from '../http/json.ts'
import { isJson, isObject, parseJson } from '../http/json.ts'
import type { Page } from '../http/pages.ts'
import { pageByPage } from '../http/pages.ts'
import type { Request } from '../http/request.ts'
import { refused, unanswered, unreadable } from './failure.ts'

export type AstroConnection = {
  readonly request: Request
  readonly apiOrigin: string
  readonly tokens: TokenHolder
}

type AstroCall = Call & {
  /** Texts without which the answer is none of Astro's. */
  readonly texts?: readonly string[]
  /** For what the server says of a failure, which may quote what it was sent. */
  readonly redact?: (text: string) => string
}

const PAGE = 1000
const MOST_PAGES = 100
const CLIENT_NAME = 'deploy-to-astro'

/**
 * How the control plane is asked, and how its answers are read (section 8 of its contract). What it returns throws ActionError
 * (`ASTRO-API-…`) when the answer is not a success, after the retries that a call allows; a 401 gets one more try with a new
 * token.
 */
export function createAstroApi({ request, apiOrigin, tokens }: AstroConnection) {
  const call = createCaller({
    ...{ request, tokens, unanswered },
    root: `${apiOrigin}/v1`,
    headers: { 'x-api-version': '1.0', 'x-astro-client-identifier': CLIENT_NAME },
  })

  async function json<T>(asked: AstroCall): Promise<T> {
    const { problem, texts = [], redact } = asked
    const response = await call(asked)
    if (response.status !== 200) {
      const told = redact ? { ...response, text: redact(response.text) } : response
      throw response.status < 400 ? unreadable(problem, told) : refused(problem, told)
    }
    const answer = isJson(response) ? parseJson(response) : undefined
    if (!isObject(answer)) throw unreadable(problem, response)
    const missing = texts.filter((name) => typeof answer[name] !== 'string')
    if (missing.length > 0) throw unreadable(problem, response, `It lacks ${missing.join(', ')}.`)
    return answer as T
  }

  async function all<T>(asked: AstroCall, items: string, name = 'id'): Promise<T[]> {
    const found: T[] = []
    const separator = asked.path.includes('?') ? '&' : '?'
    const read = async (query: string): Promise<Page<T>> => {
      const answer = await json<JsonObject>({ ...asked, path: `${asked.path}${separator}${query}` })
      const batch = answer[items]
      if (!Array.isArray(batch) || !batch.every((item) => isObject(item) && typeof item[name] === 'string')) {
        throw notAList(asked.problem, `The answer has no list of ${items}.`)
      }
      return { items: batch as T[], total: Number(answer.totalCount) }
    }
    const endless = (): ActionError =>
      notAList(asked.problem, `The list of ${items} did not end within ${MOST_PAGES} pages.`)
    for await (const page of pageByPage(read, { size: PAGE, most: MOST_PAGES, endless })) {
      found.push(...page.items)
    }
    return found
  }

  return { json, all }
}

function notAList(problem: string, observed: string): ActionError {
  return new ActionError({
    code: 'ASTRO-API-ANSWER',
    problem,
    observed,
    likelyCause: 'Another server than Astro answered.',
    fix: 'Check the `domain` input.',
  })
}
