import { describeError } from '../errors.ts'
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
const TIMEOUT_MS = 20_000
const ATTEMPTS = 2

/**
 * Compares through GitHub's API, of the host that GITHUB_API_URL names. Never throws: what goes wrong is why the changes are
 * unknown. GitHub lists what came after the commits' common ancestor, so commits of which neither descends from the other
 * are compared in both directions; together that is at least what differs between them.
 */
export function createCompare(
  env: Environment,
  token: string | undefined,
  repository: Repository | undefined,
  signal: AbortSignal,
): Compare {
  return async (base, head) => {
    if (token === undefined) return unknown('the clone does not hold it, and there is no `github-token`')
    if (repository === undefined) return unknown('the run does not say which repository it belongs to')
    if (!isOnServer(repository.serverUrl, env)) {
      return unknown('the clone does not hold it, and its repository is not on the server of the workflow')
    }
    try {
      const ask = await comparing(env, token, repository, signal)
      const there = await ask(base, head)
      const oneWay = there.status === 'ahead' || there.status === 'identical'
      const answers = oneWay ? [there] : [there, await ask(head, base)]
      return merged(answers)
    } catch (error) {
      signal.throwIfAborted()
      return unknown(`GitHub did not compare it with this one: ${explain(error)}`)
    }
  }
}

/** The token is for the server of the workflow, which may have another repository of that name. */
function isOnServer(serverUrl: string, { GITHUB_SERVER_URL: own }: Environment): boolean {
  if (own === undefined || !URL.canParse(own)) return true
  return new URL(serverUrl).host === new URL(own).host
}

async function comparing(
  env: Environment,
  token: string,
  { owner, name }: { readonly owner: string; readonly name: string },
  signal: AbortSignal,
): Promise<(base: string, head: string) => Promise<Comparison>> {
  const { getOctokit } = await import('@actions/github')
  const octokit = getOctokit(token, env.GITHUB_API_URL ? { baseUrl: env.GITHUB_API_URL } : {})
  return async (base, head) => {
    for (let attempt = 1; ; attempt++) {
      try {
        const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
          owner,
          repo: name,
          basehead: `${base}...${head}`,
          per_page: 1,
          page: 1,
          request: { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) },
        })
        return data
      } catch (error) {
        const status = statusOf(error)
        if (signal.aborted || attempt >= ATTEMPTS || (status !== undefined && status < 500)) throw error
      }
    }
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
  const status = statusOf(error)
  if (status === undefined) return describeError(error)
  if (status === 404)
    return 'it does not know the commit (HTTP 404), or `github-token` may not read the repository'
  const advice =
    status < 404 ? ' (`github-token` was refused; the job needs `permissions: contents: read`)' : ''
  return `HTTP ${status}${advice}`
}
