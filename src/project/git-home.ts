import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'

/** A home for git in which nothing is the user's. */
export type GitHome = {
  /** Does work with its folder, which is undefined when there is no room for one. */
  readonly use: <T>(work: (folder: string | undefined) => Promise<T>) => Promise<T>
  /** Takes it away, whoever uses it, for good. */
  readonly close: () => Promise<void>
}

/**
 * In a container the checkout often belongs to another user, which git refuses unless told otherwise; actions/checkout tells
 * it for its own step only. Before 2.38 git takes this setting from a file of the user and from nowhere else.
 */
const SETTINGS = '[safe]\n\tdirectory = *\n'

/** A home for git below RUNNER_TEMP. It is there while somebody uses it, so that a step that is killed leaves none behind. */
export function createGitHome(env: Readonly<Record<string, string | undefined>>): GitHome {
  let made: Promise<string | undefined> | undefined
  let users = 0
  let isClosed = false
  let removed = Promise.resolve()
  const remove = (): Promise<void> => {
    const [former, leaving] = [removed, made]
    made = undefined
    removed = (async () => {
      await former
      const folder = await leaving
      if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    })().catch(() => undefined)
    return removed
  }
  return {
    async use(work) {
      users++
      try {
        return await work(isClosed ? undefined : await (made ??= make(env)))
      } finally {
        if (--users === 0) await remove()
      }
    },
    close() {
      isClosed = true
      return remove()
    },
  }
}

async function make(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  try {
    const { RUNNER_TEMP: given = '' } = env
    const folder = await mkdtemp(path.join(given === '' ? tmpdir() : given, 'deploy-to-astro-git-'))
    await writeFile(path.join(folder, '.gitconfig'), SETTINGS)
    return folder
  } catch {
    // Newer gits take the setting from the command line as well.
    return undefined
  }
}
