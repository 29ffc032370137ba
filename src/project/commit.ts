import type { GitMetadata } from '../astro/types.ts'
import { isSha } from './git.ts'
import type { Repository } from './remote.ts'
import { isSameRepository, readRemote } from './remote.ts'
import type { TreeMark } from './tree-mark.ts'
import { markTree, NO_MARK } from './tree-mark.ts'

/** The commit that is being shipped, as the workflow's context and event tell it. */
export type Commit = {
  readonly sha: string
  readonly branch: string | undefined
  /** The commit before a push; undefined for other events and for the first push of a branch. */
  readonly before: string | undefined
  /** Its message, or the title of the pull request whose head it is. */
  readonly message: string | undefined
  readonly authorName: string | undefined
  readonly authorUsername: string | undefined
  readonly repository: Repository
}

/** What the local clone adds to the context: events such as a dispatch carry no message. */
export type LocalCommit = {
  readonly sha: string
  readonly message: string
  readonly authorName: string
  /** The branch that is checked out, if any. */
  readonly branch?: string | undefined
  /** The URL that it was cloned from, if any. */
  readonly origin?: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const GITHUB = 'https://github.com'
const NO_COMMIT = /^0+$/
const LONGEST_DESCRIPTION = 500

/**
 * Reads the commit from the runner's environment and the webhook event (any shape: it is data from outside). Undefined
 * outside of GitHub Actions. On a pull request it is the head of the branch: GITHUB_SHA is then a merge commit that
 * exists nowhere else.
 */
export function readCommit(env: Environment, event: unknown): Commit | undefined {
  // With pull_request_target it is the base that is checked out, and GITHUB_SHA names it.
  const pull = env.GITHUB_EVENT_NAME === 'pull_request_target' ? undefined : at(event, 'pull_request')
  const head = at(pull, 'head')
  const repository = repositoryNamed(text(head, 'repo', 'full_name') ?? env.GITHUB_REPOSITORY, env)
  const sha = text(head, 'sha') ?? env.GITHUB_SHA
  if (sha === undefined || !isSha(sha) || !repository) return undefined

  const pushed = text(event, 'head_commit', 'id') === sha ? at(event, 'head_commit') : undefined
  const before = text(event, 'before')
  return {
    sha,
    branch: [env.GITHUB_HEAD_REF, env.GITHUB_REF_NAME].find(Boolean),
    before:
      head === undefined && before !== undefined && isSha(before) && !NO_COMMIT.test(before)
        ? before
        : undefined,
    message: text(pushed, 'message') ?? text(pull, 'title'),
    authorName: text(pushed, 'author', 'name'),
    authorUsername: text(pushed, 'author', 'username') ?? text(pull, 'user', 'login') ?? env.GITHUB_ACTOR,
    repository,
  }
}

/** The repository that the workflow belongs to; undefined outside of GitHub Actions. */
export function readOwnRepository(env: Environment): Repository | undefined {
  return repositoryNamed(env.GITHUB_REPOSITORY, env)
}

function repositoryNamed(fullName: string | undefined, env: Environment): Repository | undefined {
  const [owner, name] = (fullName ?? '').split('/')
  if (!owner || !name) return undefined
  return { serverUrl: stripCredentials(env.GITHUB_SERVER_URL ?? ''), owner, name }
}

/**
 * The commit completed with what the local clone knows. A clone at another commit than the context's (`ref:` of the
 * checkout, a run for another workflow) is what is shipped, so then the clone is right. Only the merge commit of a pull
 * request stands for the head that the context names. A clone of a repository that is neither the workflow's nor the fork of
 * a pull request (`repository:` of the checkout) is right about everything.
 *
 * @param contextSha GITHUB_SHA
 * @param own the repository that the workflow belongs to
 */
export function completeCommit(
  commit: Commit | undefined,
  local: LocalCommit | undefined,
  contextSha: string | undefined,
  own: Repository | undefined = commit?.repository,
): Commit | undefined {
  if (!commit || !local) return commit
  const { sha, message, authorName } = local
  const shipped = {
    ...{ sha, message, authorName },
    branch: undefined,
    before: undefined,
    authorUsername: undefined,
  }
  const { repository } = commit
  const from = local.origin === undefined ? undefined : readRemote(local.origin, repository.serverUrl)
  const isOurs = (one: Repository): boolean =>
    [repository, own].some((ours) => ours && isSameRepository(one, ours))
  if (from && !isOurs(from)) return { ...shipped, branch: local.branch, repository: from }
  if (sha === commit.sha) {
    return {
      ...commit,
      message: commit.message ?? message,
      authorName: commit.authorName ?? authorName,
    }
  }
  if (sha === contextSha) return commit
  return { ...shipped, repository: from ?? repository }
}

/**
 * Git metadata of a deploy (section 10 of the control plane's contract): GITHUB for github.com only, GENERIC with a remote
 * URL for GitHub Enterprise hosts.
 *
 * @param projectPath the project inside the repository; empty at its root
 * @param mark how the files differ from the commit
 */
export function gitMetadata(commit: Commit, projectPath: string, mark: TreeMark = NO_MARK): GitMetadata {
  const { serverUrl, owner, name } = commit.repository
  const where =
    serverUrl === GITHUB
      ? ({ provider: 'GITHUB', account: owner, repo: name } as const)
      : ({ provider: 'GENERIC', remoteUrl: `${serverUrl}/${owner}/${name}` } as const)
  return {
    ...where,
    commitSha: commit.sha,
    commitUrl: markTree(commitUrl(commit), mark),
    ...(commit.branch ? { branch: commit.branch } : {}),
    ...(projectPath ? { path: projectPath } : {}),
    ...(commit.before ? { beforeCommitSha: commit.before } : {}),
    ...(commit.authorName ? { authorName: commit.authorName } : {}),
    ...(commit.authorUsername
      ? { authorUsername: commit.authorUsername, authorUrl: `${serverUrl}/${commit.authorUsername}` }
      : {}),
  }
}

/** The commit's page. */
export function commitUrl({ sha, repository }: Commit): string {
  return `${repository.serverUrl}/${repository.owner}/${repository.name}/commit/${sha}`
}

/**
 * What a deploy is called when the step does not say: the first line of the commit's message (for a pull request its title,
 * since the event does not tell the message of its head), else its short ID.
 */
export function describeDeploy(commit: Commit | undefined): string | undefined {
  const firstLine = commit?.message?.split('\n')[0]?.trim()
  if (firstLine) return shorten(firstLine)
  return commit && `Deploy ${commit.sha.slice(0, 7)}`
}

/** Cuts between characters, never inside one. */
function shorten(line: string): string {
  const characters = Array.from(line)
  return characters.length <= LONGEST_DESCRIPTION
    ? line
    : `${characters.slice(0, LONGEST_DESCRIPTION - 1).join('')}…`
}

function stripCredentials(url: string): string {
  if (!URL.canParse(url)) return GITHUB
  const parsed = new URL(url)
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  )
}

function text(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === 'string' && found !== '' ? found : undefined
}
