import type { LocalCommit } from './commit.ts'

/** Runs git with these arguments; undefined when there is no git, no repository or no success. */
export type Git = (folder: string, args: readonly string[]) => Promise<string | undefined>

/** The git on the PATH, without a shell. It takes no lock, so that it cannot disturb another step. */
export const systemGit: Git = async (folder, args) => {
  const { getExecOutput } = await import('@actions/exec')
  try {
    const { exitCode, stdout } = await getExecOutput('git', [...args], {
      cwd: folder,
      silent: true,
      ignoreReturnCode: true,
      env: { ...definedOnly(process.env), GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
    })
    return exitCode === 0 ? stdout : undefined
  } catch {
    return undefined
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

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
}
