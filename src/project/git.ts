import { devNull } from 'node:os'
import type { ProgramResult, RunProgram } from '../program.ts'
import type { GitHome } from './git-home.ts'

/** A git that hangs (a network drive) must not hold up a deploy. */
const LONGEST_MS = 15_000
/** What a step's environment holds for this action or the runner, and is nobody else's business. */
const PRIVATE = /^(INPUT_|ASTRO|ACTIONS_)/
/** What steers git from outside. */
const STEERS_GIT = /^(GIT_|SSH_ASKPASS|XDG_CONFIG_HOME$)/

/**
 * Settings that come before those of the clone: no program that these name is run. For watching files, an empty name means none
 * in every version of git, where `false` was a program's name once.
 */
const SETTINGS = [
  ...['-c', 'safe.directory=*'],
  ...['-c', 'core.fsmonitor='],
  ...['-c', `core.hooksPath=${devNull}`],
  ...['-c', 'core.untrackedCache=false'],
  // A folder of the repository that looks like a bare one brings its own settings.
  ...['-c', 'safe.bareRepository=explicit'],
  // Git for Windows has this in settings that are left out here, and checks out by it.
  ...(process.platform === 'win32' ? ['-c', 'core.autocrlf=input', '-c', 'core.longpaths=true'] : []),
]

/** Git stays on this machine: a partial clone fetches what it lacks, and asks for passwords, unless it is kept from it. */
const OFFLINE = {
  GIT_NO_LAZY_FETCH: '1',
  // What gits before 2.45 need for that: no transport has this name.
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '',
}

export type GitProblem = {
  readonly is: 'no-git' | 'refused' | 'no-clone' | 'failed'
  /** In git's words, if it said anything. */
  readonly said: string
}

export type GitResult = { readonly is: 'done'; readonly output: string } | GitProblem

/**
 * Runs git with these arguments.
 *
 * @param input goes to its standard input
 */
export type Git = (folder: string, args: readonly string[], input?: string) => Promise<GitResult>

/**
 * The git on the PATH, in an environment that no setting of the user changes. It takes no lock, so that it cannot disturb
 * another step, never leaves the machine, and may be killed at any time.
 */
export function createGit(
  run: RunProgram,
  env: Readonly<Record<string, string | undefined>>,
  home: Pick<GitHome, 'use'>,
): Git {
  return (folder, args, input) =>
    home.use(async (place = devNull) => {
      const result = await run('git', [...SETTINGS, ...args], {
        cwd: folder,
        env: {
          ...withoutSteering(env),
          ...OFFLINE,
          HOME: place,
          XDG_CONFIG_HOME: place,
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_ATTR_NOSYSTEM: '1',
          GIT_OPTIONAL_LOCKS: '0',
          LC_ALL: 'C',
        },
        limitMs: LONGEST_MS,
        whenCancelled: 'kill',
        ...(input === undefined ? {} : { input }),
      })
      return judgeGit(result)
    })
}

/** What came of a call of git, by how it ended and by what it said. */
export function judgeGit(result: ProgramResult): GitResult {
  if (result.kind === 'not-started') return { is: 'no-git', said: result.observed }
  if (result.kind === 'timed-out') {
    return { is: 'failed', said: `it did not answer within ${LONGEST_MS / 1_000} seconds` }
  }
  const { exitCode, stdout, stderr } = result
  if (exitCode === 0) return { is: 'done', output: stdout }
  const lines = stderr.split(/\r?\n/).filter((line) => line.trim() !== '')
  const said = (lines.find((line) => line.startsWith('fatal:')) ?? lines[0] ?? '').trim()
  if (said.includes('not a git repository (or any')) return { is: 'no-clone', said }
  return { is: REFUSAL.test(said) ? 'refused' : 'failed', said }
}

/** A clone that is there, and that git does not look into: another owner, a format it does not know, a part elsewhere. */
const REFUSAL =
  /dubious ownership|unsafe repository|not a git repository|repo(?:sitory)? version|repository extension/i

/** Why nothing is known of a clone, as a part of a sentence. */
export function explainGit({ is, said }: GitProblem): string {
  switch (is) {
    case 'no-git':
      return `there is no git on this machine to look at a clone with (${said})`
    case 'refused':
      return `git refuses to look at the clone (${said})`
    case 'no-clone':
      return 'there is no git clone to look at'
    case 'failed':
      return `git did not say what is in the clone (${said === '' ? 'it gave no reason' : said})`
  }
}

const SHA = /^[0-9a-f]{40,64}$/i

/** Whether a text is the full ID of a commit. */
export const isSha = (text: string): boolean => SHA.test(text)

/** The parts of an answer to `-z`. */
export function splitNul(text: string): string[] {
  return text.split('\0').filter((part) => part !== '')
}

function withoutSteering(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => {
      const upper = name.toUpperCase()
      const isDropped = value === undefined || PRIVATE.test(upper) || STEERS_GIT.test(upper)
      return isDropped ? [] : [[name, value]]
    }),
  )
}
