import ignore from 'ignore'

type Rule = { readonly readmits: boolean; readonly matches: (path: string) => boolean }

/**
 * Whether a file stays out of the build context by a `.dockerignore`; paths are relative to the context, with forward
 * slashes.
 *
 * Docker's rules are not git's: every pattern starts at the root of the context, the last one that matches a file or one
 * of its folders decides, and `!` takes a file back even out of a folder that is left out. So each line is matched by
 * itself, as the anchored gitignore pattern that means the same, and the decision among them is made here.
 */
export function readDockerIgnore(text: string): (path: string) => boolean {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(readRule)
  return (path) => {
    const last = rules.findLast(({ matches }) => matches(path))
    return last !== undefined && !last.readmits
  }
}

function readRule(line: string): Rule {
  const readmits = line.startsWith('!')
  const pattern = cleanPath(readmits ? line.slice(1).trim() : line)
  if (pattern === '') return { readmits, matches: () => false }
  const anchored = ignore({ ignorecase: false }).add(`/${pattern}`)
  return { readmits, matches: (path) => anchored.ignores(path) }
}

/** As Go's filepath.Clean does it before Docker matches: no `.`, no doubled or trailing slash, `..` resolved. */
function cleanPath(pattern: string): string {
  const segments: string[] = []
  for (const segment of pattern.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return segments.join('/')
}
