import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'

/** A home for git in which nothing is the user's. */
export type GitHome = {
  /** Its folder, made at the first call; undefined when there is no room for one. */
  readonly folder: () => Promise<string | undefined>
  /** Takes it away again. */
  readonly remove: () => Promise<void>
}

/**
 * In a container the checkout often belongs to another user, which git refuses unless told otherwise; actions/checkout tells
 * it for its own step only. Before 2.38 git takes this setting from a file of the user and from nowhere else.
 */
const SETTINGS = '[safe]\n\tdirectory = *\n'

/** A home for git below RUNNER_TEMP. */
export function createGitHome(env: Readonly<Record<string, string | undefined>>): GitHome {
  let made: Promise<string | undefined> | undefined
  const make = async (): Promise<string | undefined> => {
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
  return {
    folder: () => (made ??= make()),
    async remove() {
      const folder = await made
      if (folder === undefined) return
      await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
    },
  }
}
