import type { Git } from './git.ts'
import { splitNul } from './git.ts'

/** Which files differ between two states of a repository, by paths from its root, with forward slashes. */
export type Changes =
  | { readonly known: true; readonly paths: readonly string[]; readonly from: 'git' | 'GitHub' }
  | { readonly known: false; readonly why: string }

/** Asks GitHub for the changes between two commits. */
export type Compare = (base: string, head: string) => Promise<Changes>

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
    '--ignore-submodules=none',
    base,
    head,
  ])
  if (local.is !== 'done') return deps.compare(base, head)
  return { known: true, paths: splitNul(local.output), from: 'git' }
}
