import { access, readFile, realpath } from 'node:fs/promises'
import * as path from 'node:path'
import type { Clone } from './changes.ts'
import { readClone, readUncommitted } from './changes.ts'
import { isInside, toForwardSlashes } from './dag-link.ts'
import type { Git } from './git.ts'

/** The user's files as they are checked out. */
export type ProjectTree = {
  readonly clone: Clone | undefined
  /** Files of no commit, by paths from the repository's root; undefined where there is no clone. */
  readonly uncommitted: readonly string[] | undefined
  /** DAG folders, from the repository's root: the one that was named, and where it leads when it is a link. */
  readonly dagFolders: readonly string[]
  /** The DAG folder is a link to a place that the clone does not hold, so git knows nothing of its files. */
  readonly hasDagsElsewhere: boolean
  /** The text of the ignore file that Docker reads for the project's Dockerfile. */
  readonly dockerIgnore: string | undefined
  readonly hasDockerfile: boolean
}

/**
 * Reads what the clone says of a project. Writes nothing.
 *
 * @param where.folder the project, absolute
 * @param where.projectPath the project inside its repository
 * @param where.everywhere whether files outside of the project matter too
 */
export async function readProjectTree(
  git: Git,
  where: {
    readonly folder: string
    readonly projectPath: Promise<string>
    readonly dagsPath: string
    readonly everywhere: boolean
  },
): Promise<ProjectTree> {
  const [clone, projectPath, dockerIgnore, hasDockerfile] = await Promise.all([
    readClone(git, where.folder),
    where.projectPath,
    readDockerIgnoreText(where.folder),
    access(path.join(where.folder, 'Dockerfile')).then(
      () => true,
      () => false,
    ),
  ])
  const named = path.posix.join(projectPath, where.dagsPath)
  const linked = clone && (await endOfLink(clone.root, path.join(where.folder, where.dagsPath)))
  const hasDagsElsewhere = linked === ELSEWHERE
  const isLink = linked !== undefined && linked !== ELSEWHERE && linked !== named
  const dagFolders = isLink ? [named, linked] : [named]
  const uncommitted =
    clone && (await readUncommitted(git, where.folder, where.everywhere || dagFolders.length > 1))
  return { clone, uncommitted, dagFolders, hasDagsElsewhere, dockerIgnore, hasDockerfile }
}

/** A file of the Dockerfile's own comes before the common one. */
async function readDockerIgnoreText(folder: string): Promise<string | undefined> {
  for (const name of ['Dockerfile.dockerignore', '.dockerignore']) {
    try {
      return await readFile(path.join(folder, name), 'utf8')
    } catch {
      continue
    }
  }
  return undefined
}

const ELSEWHERE = Symbol('outside of the clone')

/** Where a folder really is, from the repository's root, or ELSEWHERE; undefined when it is not there. */
async function endOfLink(root: string, folder: string): Promise<string | typeof ELSEWHERE | undefined> {
  try {
    const [realRoot, end] = await Promise.all([realpath(root), realpath(folder)])
    return isInside(realRoot, end) ? toForwardSlashes(path.relative(realRoot, end)) : ELSEWHERE
  } catch {
    return undefined
  }
}
