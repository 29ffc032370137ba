import { parse } from 'dotenv'

/** One `KEY=value` of a dotenv text. Lines count from 1. */
export type Assignment = { readonly key: string; readonly value: string; readonly line: number }

/** What is wrong with a line. Says nothing of what stands there: it may be a part of a secret. */
export type LineProblem = {
  readonly kind: 'line' | 'key'
  readonly line: number
  readonly problem: string
}

export type DotenvText = {
  readonly assignments: readonly Assignment[]
  readonly problems: readonly LineProblem[]
}

const BLANK = /[^\S\n]*(?:#[^\n]*)?(?=\n|$)/y
const HEAD = /[^\S\n]*(?:export[^\S\n]+)?([\w.-]+)(?=[^\S\n]*=|:[^\S\n])/y
const SEPARATOR = /[^\S\n]*=|:/y
const QUOTED = /[^\S\n]*(?:'(?:\\'|[^'])*'|"(?:\\"|[^"])*"|`(?:\\`|[^`])*`)[^\S\n]*(?:#[^\n]*)?(?=\n|$)/y
const REST_OF_LINE = /[^\n]*/y
const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * Reads dotenv text. Where an assignment begins and ends is found here, because the library tells no lines, takes the last
 * of two equal keys and passes over what it does not understand; what the value is, with its quotes, escapes and comments,
 * the library says.
 */
export function parseDotenv(source: string): DotenvText {
  const text = source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const assignments: Assignment[] = []
  const problems: LineProblem[] = []
  const lineAt = lineCounter(text)

  let at = 0
  while (at < text.length) {
    const line = lineAt(at)
    const statement = readStatement(text, at)
    if ('problem' in statement) problems.push({ line, ...statement.problem })
    else if (statement.key !== undefined) {
      const { key, value } = statement
      assignments.push({ key, value, line })
    }
    at = statement.end + 1
  }
  return { assignments, problems }
}

type Statement =
  | { readonly end: number; readonly key: string; readonly value: string }
  | { readonly end: number; readonly key: undefined }
  | { readonly end: number; readonly problem: Pick<LineProblem, 'kind' | 'problem'> }

/** The statement that begins at `at`; `end` is where its line break stands. */
function readStatement(text: string, at: number): Statement {
  const blank = matchAt(BLANK, text, at)
  if (blank) return { end: blank.end, key: undefined }

  const lineEnd = matchAt(REST_OF_LINE, text, at)?.end ?? text.length
  const wrong = (kind: LineProblem['kind'], problem: string, end = lineEnd): Statement => ({
    end,
    problem: { kind, problem },
  })

  const head = matchAt(HEAD, text, at)
  const separator = head && matchAt(SEPARATOR, text, head.end)
  if (!head || !separator) {
    return text.slice(at, lineEnd).includes('=')
      ? wrong('key', 'what stands before the = is not a variable name')
      : wrong('line', 'it is not KEY=value')
  }
  const key = head.groups[0] ?? ''
  const quoted = matchAt(QUOTED, text, separator.end)
  if (!quoted) {
    const raw = text.slice(separator.end, lineEnd)
    const [quote] = /^\s*(["'`])/.exec(raw)?.slice(1) ?? []
    if (quote !== undefined) {
      return raw.trimStart().includes(quote, 1)
        ? wrong('line', 'text follows the closing quote')
        : wrong('line', 'a quote is opened and not closed', text.length)
    }
    if (/^#|[^\s#]#/.test(raw.slice(0, raw.indexOf('#') + 1))) {
      return wrong('line', 'a # inside a value without quotes begins a comment; quote the value')
    }
  }
  const end = quoted?.end ?? lineEnd
  const nameProblem = describeKeyProblem(key)
  if (nameProblem !== undefined) return wrong('key', nameProblem, end)

  // The library leaves out a key that every object has, such as __proto__; the value is the same under any other.
  const value = parse(`V${text.slice(head.end, end)}`).V ?? ''
  if (value.includes('\0')) return wrong('line', 'the value holds a null character', end)
  return { end, key, value }
}

/** Why Astro does not take the key, or undefined when it does. Shows no more than one character of it. */
function describeKeyProblem(key: string): string | undefined {
  if (KEY.test(key)) return undefined
  const [bad] = /[^A-Za-z0-9_]/.exec(key) ?? []
  return bad === undefined
    ? 'the key begins with a digit'
    : `the key holds "${bad}"; Astro takes letters, digits and underscores`
}

function matchAt(
  pattern: RegExp,
  text: string,
  at: number,
): { readonly end: number; readonly groups: readonly (string | undefined)[] } | undefined {
  pattern.lastIndex = at
  const match = pattern.exec(text)
  return match ? { end: pattern.lastIndex, groups: match.slice(1) } : undefined
}

/** Numbers of lines for positions that only grow. */
function lineCounter(text: string): (at: number) => number {
  let line = 1
  let counted = 0
  return (at) => {
    for (; counted < at; counted++) if (text.charCodeAt(counted) === 10) line++
    return line
  }
}
