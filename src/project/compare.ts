import { describeError } from '../errors.ts'
import { HttpFailure } from '../http/failure.ts'
import { fetchThrough } from '../http/fetch.ts'
import type { Request } from '../http/request.ts'
import type { Changes, Compare } from './changes.ts'
import type { Repository } from './remote.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The part of an answer that is read; from outside, so nothing in it is certain. */
type Comparison = {
  readonly status?: string
  readonly files?: readonly { readonly filename: string; readonly previous_filename?: string }[]
}

/** GitHub names at most this many files of a comparison, all on its first page. */
const MOST_FILES = 300
const BUDGET_MS = 30_000

export type CompareDependencies = {
  readonly env: Environment
  readonly request: Request
  readonly token: string | undefined
  readonly repository: Repository | undefined
  readonly signal: AbortSignal
}

/**
 * Compares through GitHub's API, of the host that GITHUB_API_URL names. Never throws but the signal's reason: what goes wrong
 * is why the changes are unknown. GitHub lists what came after the commits' common ancestor, so commits of which neither
 * descends from the other are compared in both directions; together that is at least what differs between them.
 */
export function createCompare(deps: CompareDependencies): Compare {
  const { token, repository, signal } = deps
  return async (base, head) => {
    if (token === undefined) return unknown('the clone does not hold it, and there is no `github-token`')
    if (repository === undefined) return unknown('the run does not say which repository it belongs to')
    if (!isOnServer(repository.serverUrl, deps.env)) {
      return unknown('the clone does not hold it, and its repository is not on the server of the workflow')
    }
    try {
      const ask = await comparing(deps, token, repository)
      const there = await ask(base, head)
      const oneWay = there.status === 'ahead' || there.status === 'identical'
      const answers = oneWay ? [there] : [there, await ask(head, base)]
      return merged(answers)
    } catch (error) {
      signal.throwIfAborted()
      return unknown(explain(error))
    }
  }
}

/** The token is for the server of the workflow, which may have another repository of that name. */
function isOnServer(serverUrl: string, { GITHUB_SERVER_URL: own }: Environment): boolean {
  if (own === undefined || !URL.canParse(own)) return true
  return new URL(serverUrl).host === new URL(own).host
}

async function comparing(
  { env, request }: CompareDependencies,
  token: string,
  { owner, name }: { readonly owner: string; readonly name: string },
): Promise<(base: string, head: string) => Promise<Comparison>> {
  const { getOctokit } = await import('@actions/github')
  const { GITHUB_API_URL: baseUrl } = env
  const fetch = fetchThrough(request, { what: 'compare the commits on GitHub', budgetMs: BUDGET_MS })
  const octokit = getOctokit(token, { ...(baseUrl ? { baseUrl } : {}), request: { fetch } })
  return async (base, head) => {
    const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
      owner,
      repo: name,
      basehead: `${base}...${head}`,
      per_page: 1,
      page: 1,
    })
    return data
  }
}

function merged(answers: readonly Comparison[]): Changes {
  const paths = new Set<string>()
  for (const { files } of answers) {
    if (!files) return unknown('GitHub gave no list of files')
    if (files.length >= MOST_FILES) return unknown(`GitHub lists at most ${MOST_FILES} changed files`)
    for (const { filename, previous_filename: former } of files) {
      paths.add(filename)
      if (former !== undefined) paths.add(former)
    }
  }
  return { known: true, paths: [...paths], from: 'GitHub' }
}

const unknown = (why: string): Changes => ({ known: false, why })

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined
}

function explain(error: unknown): string {
  const notCompared = 'GitHub did not compare it with this one'
  if (error instanceof Error && error.cause instanceof HttpFailure) {
    return `${notCompared}: it could not be asked (${error.cause.message})`
  }
  const status = statusOf(error)
  if (status === undefined) return `${notCompared}: ${describeError(error)}`
  if (status === 404)
    return `${notCompared}: it does not know the commit (HTTP 404), or \`github-token\` may not read the repository`
  const advice =
    status < 404 ? ' (`github-token` was refused; the job needs `permissions: contents: read`)' : ''
  return `${notCompared}: HTTP ${status}${advice}`
}
