import { stripVTControlCharacters } from 'node:util'

/** Characters of a log that are looked at, from its end. */
const MOST_KEPT = 5_000_000
/** Characters of a line that is shown. */
const LONGEST_LINE = 2_000

/**
 * The lines at the end of a task's log, from the `content` of either major's JSON answer: in Airflow 3 a list of structured
 * events (or of texts), in Airflow 2 one text, which is the Python notation of a list of (host, text) pairs. What stands
 * before the last five million characters is left out, by whole lines.
 */
export function readLog(content: unknown): readonly string[] {
  if (typeof content === 'string') return lines(unquote(content))
  if (!Array.isArray(content) || content.length === 0) return []
  const texts = content.map((item: unknown) => (typeof item === 'string' ? item : describeEvent(item)))
  return lines(texts.map(withoutLastBreak).join('\n'))
}

/** The last lines as they may be shown, and how many were left out before them. */
export function tail(
  log: readonly string[],
  most: number,
): { readonly lines: readonly string[]; readonly before: number } {
  return { lines: log.slice(-most).map(presentable), before: Math.max(0, log.length - most) }
}

/** Without the colours of a terminal. A line is never cut: a secret that was cut is one that redaction does not know. */
function presentable(line: string): string {
  if (line.length > LONGEST_LINE) return `(a line of ${line.length} characters is left out)`
  return stripVTControlCharacters(line).replaceAll('\u001b', '')
}

type Frame = { readonly filename?: unknown; readonly lineno?: unknown; readonly name?: unknown }
type ExceptionDetail = {
  readonly exc_type?: unknown
  readonly exc_value?: unknown
  readonly frames?: unknown
}

function describeEvent(item: unknown): string {
  if (typeof item !== 'object' || item === null) return String(item)
  const { timestamp, level, event, error_detail: detail } = item as Record<string, unknown>
  const head = [timestamp, typeof level === 'string' ? level.toUpperCase() : undefined, event]
    .filter((part) => typeof part === 'string')
    .join(' ')
  const exceptions = Array.isArray(detail) ? (detail as ExceptionDetail[]).flatMap(describeException) : []
  return [head, ...exceptions].join('\n')
}

function describeException({ exc_type: type, exc_value: value, frames }: ExceptionDetail): string[] {
  const places = Array.isArray(frames) ? (frames as Frame[]) : []
  return [
    ...places.map(
      ({ filename, lineno, name }) =>
        `  File "${String(filename)}", line ${String(lineno)}, in ${String(name)}`,
    ),
    `${String(type)}: ${String(value)}`,
  ]
}

const PYTHON_ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** `[('host', 'text\nmore')]` as its text; anything else as it is. */
function unquote(content: string): string {
  if (!content.startsWith('[(')) return content
  const texts: string[] = []
  // Character by character: a regular expression for a whole text runs out of stack when it is megabytes long.
  let at = 1
  while (content[at] === '(') {
    const host = literal(content, at + 1)
    if (host === undefined || !content.startsWith(', ', host.end)) break
    const text = literal(content, host.end + 2)
    if (text === undefined || content[text.end] !== ')') break
    texts.push(unescape(text.inside))
    at = content.startsWith(', ', text.end + 1) ? text.end + 3 : text.end + 1
  }
  if (texts.length === 0) return content
  return [...texts, ...(content[at] === ']' ? [] : [content.slice(at)])].join('\n')
}

/** The Python literal that begins here: what is between its quotes, and where it ends. */
function literal(
  content: string,
  start: number,
): { readonly inside: string; readonly end: number } | undefined {
  const mark = content[start]
  if (mark !== "'" && mark !== '"') return undefined
  for (let at = start + 1; at < content.length; at++) {
    if (content[at] === '\\') at++
    else if (content[at] === mark) return { inside: content.slice(start + 1, at), end: at + 1 }
  }
  return undefined
}

function unescape(inside: string): string {
  return inside.replace(
    /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gs,
    (_, byte?: string, short?: string, long?: string, other?: string) => {
      const hex = byte ?? short ?? long
      if (hex !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff))
      return PYTHON_ESCAPES[other ?? ''] ?? other ?? ''
    },
  )
}

const BREAK = /\r\n|[\r\n\u2028\u2029]/

function lines(text: string): string[] {
  const whole = withoutLastBreak(text)
  if (whole.length <= MOST_KEPT) return whole.split(BREAK)
  // The first of these lines has lost its beginning.
  const [first = '', ...rest] = whole.slice(-MOST_KEPT).split(BREAK)
  return [`(${whole.length - MOST_KEPT + first.length} characters before this are left out)`, ...rest]
}

const withoutLastBreak = (text: string): string => (text.endsWith('\n') ? text.slice(0, -1) : text)
