/** The two things that code is deployed as. */
export type Part = 'dags' | 'image'

/** How what was deployed differs from the commit that a deploy names. */
export type TreeMark = {
  /** The commit that was checked out, where it is another one: on a pull request, GitHub's merge commit. */
  readonly tree: string | undefined
  /** Parts that held files which were in no commit, or differed from it. */
  readonly modified: readonly Part[]
  /** Short names for the inputs that a part was made with, where they are not the default. */
  readonly inputs: Readonly<Partial<Record<Part, string>>>
  /** Parts of which a checkout may lack something, and of which it was seen that it lacked nothing. */
  readonly whole?: readonly Part[]
}

export const PARTS: readonly Part[] = ['dags', 'image']
export const NO_MARK: TreeMark = { tree: undefined, modified: [], inputs: {} }

/**
 * Astro's git metadata has no field for what was deployed beside a commit, and a later run must not take such a deploy for
 * the commit itself. The fragment of the commit's URL carries it: browsers ignore it, and the page stays the same.
 */
export function markTree(commitUrl: string, { tree, modified, inputs, whole = [] }: TreeMark): string {
  const marks = [
    ...(tree === undefined ? [] : [`tree=${tree}`]),
    ...(modified.length === 0 ? [] : [`modified=${modified.join(',')}`]),
    ...(whole.length === 0 ? [] : [`whole=${whole.join(',')}`]),
    ...PARTS.flatMap((part) => (inputs[part] === undefined ? [] : [`${part}=${inputs[part]}`])),
  ]
  return marks.length === 0 ? commitUrl : `${commitUrl}#${marks.join('&')}`
}

/** Reads what `markTree` wrote; a URL without a mark is one of files that were just the commit. */
export function readTreeMark(commitUrl: string | undefined): TreeMark {
  const marks = new URLSearchParams(commitUrl?.split('#')[1] ?? '')
  const listed = (name: string): readonly Part[] => {
    const parts = (marks.get(name) ?? '').split(',')
    return PARTS.filter((part) => parts.includes(part))
  }
  const whole = listed('whole')
  const inputs = PARTS.flatMap((part): [Part, string][] => {
    const value = marks.get(part)
    return value === null ? [] : [[part, value]]
  })
  return {
    tree: marks.get('tree') ?? undefined,
    modified: listed('modified'),
    inputs: Object.fromEntries(inputs),
    ...(whole.length === 0 ? {} : { whole }),
  }
}
