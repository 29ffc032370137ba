type Rule = { readonly readmits: boolean; readonly matches: (path: string) => boolean }

/**
 * Whether a file stays out of the build context by a `.dockerignore`; paths are relative to the context, with forward
 * slashes.
 *
 * Docker's rules are not git's: every pattern starts at the root of the context, the last one that matches a file or one
 * of its folders decides, and `!` takes a file back even out of a folder that is left out.
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
  const matchesWhole = pattern === '.' ? () => false : readPattern(pattern)
  return { readmits, matches: (path) => withFolders(path).some(matchesWhole) }
}

/** A path and every folder that it is in. */
function withFolders(path: string): string[] {
  const segments = path.split('/')
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'))
}

/** As Go's filepath.Clean does it before Docker matches, and without a leading slash. */
function cleanPath(pattern: string): string {
  const isRooted = pattern.startsWith('/')
  const segments: string[] = []
  for (const segment of pattern.split('/')) {
    if (segment === '' || segment === '.') continue
    const canGoUp = segments.length > 0 && segments.at(-1) !== '..'
    if (segment !== '..') segments.push(segment)
    else if (canGoUp) segments.pop()
    else if (!isRooted) segments.push(segment)
  }
  return segments.join('/') || '.'
}

const SPECIAL_AFTER_STARS = /[*?[\]\\]/

/**
 * A pattern as Docker reads it (moby/patternmatcher): `*` and `?` stay inside a segment, `**` crosses any number of them
 * and takes the slash that follows, classes are those of regular expressions, and a pattern with no other special
 * character than two stars at its start is a suffix. What cannot be read fails the build, and matches nothing here.
 */
function readPattern(pattern: string): (path: string) => boolean {
  const suffix = pattern.slice(2)
  if (pattern.startsWith('**') && !SPECIAL_AFTER_STARS.test(suffix)) {
    return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1))
  }
  try {
    const expression = new RegExp(`^${toExpression(pattern)}$`, 'su')
    return (path) => expression.test(path)
  } catch {
    return () => false
  }
}

function toExpression(pattern: string): string {
  return pattern.replace(
    /\*\*\/?$|\*\*\/?|\*|\?|\\(.)|[.+()|{}$]/gsu,
    (found, escaped: string | undefined, at: number) => {
      if (escaped !== undefined) return /[\w\s]/u.test(escaped) ? escaped : quoted(escaped)
      if (found.startsWith('**')) return at + found.length === pattern.length ? '.*' : '(.*/)?'
      if (found === '*') return '[^/]*'
      return found === '?' ? '[^/]' : quoted(found)
    },
  )
}

/** With the `u` flag only characters that mean something may be escaped. */
const quoted = (character: string): string =>
  /[\\^$.*+?()[\]{}|/-]/.test(character) ? `\\${character}` : character
