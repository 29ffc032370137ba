import { access, readFile, realpath } from 'node:fs/promises'
import * as path from 'node:path'
import type { Checkout } from './checkout.ts'
import { readCheckout } from './checkout.ts'
import type { Clone, CloneResult } from './clone.ts'
import { readClone } from './clone.ts'
import { isInside, toForwardSlashes } from './dag-link.ts'
import type { Git } from './git.ts'
import { explainGit } from './git.ts'
import type { Hole } from './holes.ts'

/** The user's files as they are checked out. */
export type ProjectTree = {
  readonly clone: Clone | undefined
  /** Files of no commit, by paths from the repository's root; undefined where that is not known. */
  readonly uncommitted: readonly string[] | undefined
  /** Why nothing is known of the commit or of files of no commit, and whether that is how it should be. */
  readonly unknown?: { readonly why: string; readonly isTrouble: boolean } | undefined
  /** What the commit has and the checkout has not, as far as git tells; by paths from the repository's root. */
  readonly holes: readonly Hole[]
  /** Files of the commit, by paths from the repository's root. */
  readonly tracked: readonly string[]
  /** Absolute paths of those that have a filter. */
  readonly filtered: ReadonlySet<string>
  /** Where a checkout may have holes: at submodules, and files that have a filter. */
  readonly precarious: readonly Hole[]
  /** DAG folders, from the repository's root: the one that was named, and where it leads when it is a link. */
  readonly dagFolders: readonly string[]
  /** The DAG folder is a link to a place that the clone does not hold, so git knows nothing of its files. */
  readonly hasDagsElsewhere: boolean
  /** The text of the ignore file that Docker reads for the project's Dockerfile. */
  readonly dockerIgnore: string | undefined
  /** The commit has one, whether or not it is checked out. */
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
  reading: Promise<CloneResult> = readClone(git, where.folder),
): Promise<ProjectTree> {
  const [found, projectPath, dockerIgnore, hasDockerfile] = await Promise.all([
    reading,
    where.projectPath,
    readDockerIgnoreText(where.folder),
    access(path.join(where.folder, 'Dockerfile')).then(
      () => true,
      () => false,
    ),
  ])
  const clone = found.is === 'clone' ? found.clone : undefined
  const dags = path.join(where.folder, where.dagsPath)
  const named = path.posix.join(projectPath, where.dagsPath).replace(/^\.$/, '')
  const linked = clone && (await endOfLink(clone.root, dags))
  const hasDagsElsewhere = linked === ELSEWHERE
  const isLink = linked !== undefined && linked !== ELSEWHERE && linked !== named
  const dagFolders = isLink ? [named, linked] : [named]
  const everywhere = where.everywhere || dagFolders.length > 1
  const [read, elsewhere] = await Promise.all([
    found.is === 'clone' ? readCheckout(git, found.clone, where.folder, everywhere) : found,
    hasDagsElsewhere || found.is === 'no-clone' ? readElsewhere(git, dags) : undefined,
  ])
  const checkout = read.is === 'read' ? read.checkout : undefined
  const problem = read.is === 'read' ? read.unlisted : read
  const { holes = [], tracked = [], filtered = [], submodules = [] } = checkout ?? {}
  const absolute = (root: string | undefined, files: readonly string[]): string[] =>
    root === undefined ? [] : files.map((file) => path.join(root, file))
  return {
    clone,
    uncommitted: problem ? undefined : checkout?.uncommitted,
    unknown: problem && {
      why: explainGit(problem),
      isTrouble: problem.is === 'refused' || problem.is === 'failed',
    },
    holes: [...holes, ...(elsewhere?.holes.map((hole) => ({ ...hole, path: join(named, hole.path) })) ?? [])],
    tracked,
    filtered: new Set([
      ...absolute(clone?.root, filtered),
      ...absolute(elsewhere?.root, elsewhere?.filtered ?? []),
    ]),
    precarious: [
      ...submodules.map((submodule) => ({ path: submodule, kind: 'submodule' as const })),
      ...filtered.map((file) => ({ path: file, kind: 'encrypted' as const })),
    ],
    ...{ dagFolders, hasDagsElsewhere, dockerIgnore },
    hasDockerfile: hasDockerfile || holes.some((hole) => hole.path === join(projectPath, 'Dockerfile')),
  }
}

/** What another clone than the project's says of the DAG folder; the holes are by paths from that folder. */
async function readElsewhere(
  git: Git,
  dags: string,
): Promise<(Pick<Checkout, 'holes' | 'filtered'> & { readonly root: string }) | undefined> {
  const folder = await realpath(dags).catch(() => undefined)
  if (folder === undefined) return undefined
  const found = await readClone(git, folder)
  const read = found.is === 'clone' ? await readCheckout(git, found.clone, folder, false) : found
  if (found.is !== 'clone' || read.is !== 'read') return undefined
  const { root, prefix } = found.clone
  const { holes, filtered } = read.checkout
  return {
    ...{ root, filtered },
    holes: holes.map((hole) => ({ ...hole, path: path.posix.relative(prefix, hole.path) })),
  }
}

const join = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`)

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
