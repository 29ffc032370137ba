import * as path from 'node:path'
import { isLeftOut } from './dag-file.ts'

export type LinkFacts = {
  /** The DAG folder, absolute, with links resolved. */
  readonly root: string
  /** The folder that holds the link: `root` or a real folder below it. */
  readonly parent: string
  /** What the link says. */
  readonly text: string
  /** Where it ends after all further links, absolute; undefined when it ends nowhere. */
  readonly end: string | undefined
}

export type LinkDecision =
  { readonly is: 'inside'; readonly target: string } | { readonly is: 'outside' | 'dangling' | 'left-out' }

/**
 * What becomes of a link in the DAG folder. It is kept as a link when its end is shipped too. The text is kept as it is
 * when it works as well in the archive, where the folder is called `dags` and has nothing around it; a text that is
 * absolute or passes through the outside is replaced by the relative path of the link's end.
 *
 * A link that ends nowhere cannot be kept in silence: Airflow would miss a file that the author believes to be there
 * (a submodule or a generated file that this checkout lacks is the usual reason).
 */
export function decideLink({ root, parent, text, end }: LinkFacts): LinkDecision {
  if (end === undefined) return { is: leavesByText(root, parent, text) ? 'outside' : 'dangling' }
  if (!isInside(root, end)) return { is: 'outside' }

  const keepText = !leavesByText(root, parent, text) && climbsOnlyAtStart(text)
  const target = toForwardSlashes(keepText ? text : path.relative(parent, end) || '.')
  const passes = [...target.split('/'), ...path.relative(root, end).split(path.sep)]
  return passes.some(isLeftOut) ? { is: 'left-out' } : { is: 'inside', target }
}

/** Whether `candidate` is `folder` or below it, segment by segment (`/p/dags-old` is not in `/p/dags`). */
export function isInside(folder: string, candidate: string): boolean {
  const relative = path.relative(folder, candidate)
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)
}

export function toForwardSlashes(text: string): string {
  return path.sep === '/' ? text : text.replaceAll(path.sep, '/')
}

function leavesByText(root: string, parent: string, text: string): boolean {
  if (path.isAbsolute(text)) return true
  let depth = path.relative(root, parent).split(path.sep).filter(Boolean).length
  for (const segment of toForwardSlashes(text).split('/')) {
    if (segment === '..') depth--
    else if (segment !== '' && segment !== '.') depth++
    if (depth < 0) return true
  }
  return false
}

/** After a name, `..` means the parent of wherever that name leads, so such a text can only be followed, not read. */
function climbsOnlyAtStart(text: string): boolean {
  const segments = toForwardSlashes(text).split('/')
  const firstName = segments.findIndex((segment) => segment !== '..' && segment !== '.' && segment !== '')
  return firstName === -1 || !segments.includes('..', firstName)
}
