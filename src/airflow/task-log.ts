/**
 * A task's log as lines, from the `content` of either major's JSON answer: in Airflow 3 a list of structured events (or of
 * texts), in Airflow 2 one text, which is the Python notation of a list of (host, text) pairs.
 */
export function readLog(content: unknown): readonly string[] {
  if (typeof content === 'string') return lines(unquote(content))
  if (!Array.isArray(content)) return []
  return content.flatMap((item: unknown) => lines(typeof item === 'string' ? item : describeEvent(item)))
}

/** The last lines, and how many were left out before them. */
export function tail(
  log: readonly string[],
  most: number,
): { readonly lines: readonly string[]; readonly before: number } {
  return { lines: log.slice(-most), before: Math.max(0, log.length - most) }
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
  const pairs = [
    ...content.matchAll(/\((?:'[^']*'|"[^"]*"), (?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\)/gs),
  ]
  if (!content.startsWith('[(') || pairs.length === 0) return content
  return pairs
    .map(([, single, double]) =>
      (single ?? double ?? '').replace(
        /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gs,
        (_, byte?: string, short?: string, long?: string, other?: string) => {
          const hex = byte ?? short ?? long
          if (hex !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff))
          return PYTHON_ESCAPES[other ?? ''] ?? other ?? ''
        },
      ),
    )
    .join('\n')
}

function lines(text: string): string[] {
  return text.replace(/\n$/, '').split(/\r\n|[\r\n\u2028\u2029]/)
}
