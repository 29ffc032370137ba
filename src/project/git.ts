import type { RunProgram } from '../program.ts'
import type { LocalCommit } from './commit.ts'

/** A git that hangs (a network drive, a partial clone that fetches) must not hold up a deploy. */
const LONGEST_MS = 15_000
/** What a step's environment holds for this action or the runner, and is nobody else's business. */
const PRIVATE = /^(INPUT_|ASTRO|ACTIONS_)/

/**
 * In a container the checkout often belongs to another user, which git refuses unless told otherwise; actions/checkout tells
 * it for its own step only. No program that the clone's settings name is run for watching files.
 */
const SETTINGS = ['-c', 'safe.directory=*', '-c', 'core.fsmonitor=false']

/** Runs git with these arguments; undefined when there is no git, no repository, no success or no end. */
export type Git = (folder: string, args: readonly string[]) => Promise<string | undefined>

/** The git on the PATH. It takes no lock, so that it cannot disturb another step, and may be killed at any time. */
export function createGit(run: RunProgram, env: Readonly<Record<string, string | undefined>>): Git {
  const gitEnv = { ...publicOnly(env), GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' }
  return async (folder, args) => {
    const result = await run('git', [...SETTINGS, ...args], {
      cwd: folder,
      env: gitEnv,
      limitMs: LONGEST_MS,
      whenCancelled: 'kill',
    })
    return result.kind === 'ended' && result.exitCode === 0 ? result.stdout : undefined
  }
}

/** The commit that is checked out in a folder; undefined where there is no clone. */
export async function readLocalCommit(git: Git, folder: string): Promise<LocalCommit | undefined> {
  const output = await git(folder, ['log', '-1', '--format=%H%x00%an%x00%B', 'HEAD'])
  const [sha, authorName, message] = output?.split('\0') ?? []
  if (!sha || authorName === undefined || message === undefined) return undefined
  return { sha, authorName, message: message.trim() }
}

/** Where a folder is inside its clone, with forward slashes and no trailing one; undefined where there is no clone. */
export async function readPathInClone(git: Git, folder: string): Promise<string | undefined> {
  const output = await git(folder, ['rev-parse', '--show-prefix'])
  return output?.replace(/\r?\n$/, '').replace(/\/$/, '')
}

function publicOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || PRIVATE.test(name.toUpperCase()) ? [] : [[name, value]],
    ),
  )
}
