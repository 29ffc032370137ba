import { access } from 'node:fs/promises'
import * as path from 'node:path'
import type { Git } from './git.ts'

/** Which files differ between two states of a repository, by paths from its root, with forward slashes. */
export type Changes =
  | { readonly known: true; readonly paths: readonly string[]; readonly from: 'git' | 'GitHub' }
  | { readonly known: false; readonly why: string }

/** Asks GitHub for the changes between two commits. */
export type Compare = (base: string, head: string) => Promise<Changes>

/** The local clone as far as comparing needs it. */
export type Clone = {
  /** The commit that is checked out. */
  readonly head: string
  /** Its root, absolute, with links resolved. */
  readonly root: string
}

/** The clone that holds a folder; undefined where there is none. */
export async function readClone(git: Git, folder: string): Promise<Clone | undefined> {
  const output = await git(folder, ['rev-parse', '--show-toplevel', 'HEAD^{commit}'])
  const [root, head] = output?.split(/\r?\n/) ?? []
  return head && root ? { head, root } : undefined
}

/**
 * What changed between two commits: from the local clone when it has both, else from GitHub. Both compare the commits
 * themselves, so a history that was rewritten in between does not matter. A rename counts as both of its paths.
 */
export async function readCommittedChanges(
  deps: { readonly git: Git; readonly compare: Compare },
  folder: string,
  base: string,
  head: string,
): Promise<Changes> {
  if (base === head) return { known: true, paths: [], from: 'git' }
  const local = await deps.git(folder, [
    'diff-tree',
    '-r',
    '-z',
    '--name-only',
    '--no-renames',
    '--no-relative',
    '--ignore-submodules=none',
    '--end-of-options',
    base,
    head,
  ])
  return local === undefined ? deps.compare(base, head) : { known: true, paths: splitNul(local), from: 'git' }
}

/**
 * Files that differ from the commit that is checked out, and files that it does not have, those that git ignores
 * included: a generated file is deployed whether or not git knows it. Undefined when git does not say.
 *
 * @param everywhere also outside of the folder
 */
export async function readUncommitted(
  git: Git,
  folder: string,
  everywhere: boolean,
): Promise<readonly string[] | undefined> {
  const where = everywhere ? ':/' : '.'
  const [changed, unknown, inSubmodules] = await Promise.all([
    git(folder, [
      'diff',
      '-z',
      '--name-only',
      '--no-renames',
      '--no-relative',
      '--no-ext-diff',
      '--ignore-submodules=none',
      'HEAD',
      '--',
      where,
    ]),
    git(folder, ['ls-files', '-z', '--others', '--full-name', '--', where]),
    uncommittedInSubmodules(git, folder, where),
  ])
  if (changed === undefined || unknown === undefined || inSubmodules === undefined) return undefined
  return [...new Set([...splitNul(changed), ...splitNul(unknown), ...inSubmodules])]
}

/** Of a submodule, git itself tells only that it changed, and nothing at all of files in it that it ignores. */
async function uncommittedInSubmodules(
  git: Git,
  folder: string,
  where: string,
): Promise<readonly string[] | undefined> {
  const [top, tracked] = await Promise.all([
    git(folder, ['rev-parse', '--show-toplevel']),
    git(folder, ['ls-files', '-z', '--stage', '--full-name', '--', where]),
  ])
  if (top === undefined || tracked === undefined) return undefined
  const root = top.replace(/\r?\n$/, '')
  const found: string[] = []
  for (const entry of splitNul(tracked)) {
    const submodule = /^160000 [^\t]*\t([^]*)$/.exec(entry)?.[1]
    if (submodule === undefined || !(await isClone(path.join(root, submodule)))) continue
    const inside = await readUncommitted(git, path.join(root, submodule), false)
    if (inside === undefined) return undefined
    found.push(...inside.map((name) => `${submodule}/${name}`))
  }
  return found
}

/** In the folder of a submodule that was not fetched, git would speak of the repository around it. */
function isClone(folder: string): Promise<boolean> {
  return access(path.join(folder, '.git')).then(
    () => true,
    () => false,
  )
}

function splitNul(text: string): string[] {
  return text.split('\0').filter((path) => path !== '')
}
