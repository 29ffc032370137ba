/** Where an import error comes from, and what it says. */
export type ErrorPlace = {
  /** Below the DAG folder or, for other files of the project, below the project; undefined for files that are not ours. */
  readonly path: string | undefined
  readonly line: number | undefined
  /** The exception in one line: `ModuleNotFoundError: No module named 'nope'`. */
  readonly message: string
}

type Frame = { readonly path: string; readonly line: number }

const FRAME = /^[ |+]*File "([^"\n]+)", line (\d+)(?:, in (.+))?$/gm
const TRACEBACK = 'Traceback (most recent call last):'

/**
 * Reads what Airflow says of a file that does not import: usually a traceback that was cut to its last two frames, so the
 * file's own frame may be missing; sometimes only a sentence. The place is the last frame in a file of ours: the DAG file, or
 * the helper that is at fault. Of chained exceptions the last one counts, unless nothing of ours is in it.
 *
 * @param ours our name for a file that Airflow names, if it is one of ours
 */
export function locateError(trace: string, ours: (path: string) => string | undefined): ErrorPlace {
  const last = trace.slice(Math.max(0, trace.lastIndexOf(TRACEBACK)))
  const place = lastFrame(last, ours) ?? lastFrame(trace, ours)
  return { path: place?.path, line: place?.line, message: messageOf(last) }
}

function lastFrame(trace: string, ours: (path: string) => string | undefined): Frame | undefined {
  return [...trace.matchAll(FRAME)]
    .flatMap(([, name = '', line = '1']): Frame[] => {
      const path = ours(name)
      return path === undefined ? [] : [{ path, line: Number(line) }]
    })
    .at(-1)
}

/** The files that a traceback names. */
export function framePaths(trace: string): readonly string[] {
  return [...trace.matchAll(FRAME)].map(([, path = '']) => path)
}

/** The first line at the margin after the last frame: what follows it are notes. */
function messageOf(trace: string): string {
  const lines = trace.split('\n')
  const lastFrame = lines.findLastIndex((line) => /^[ |+]*File "/.test(line))
  const message = lines
    .slice(lastFrame + 1)
    .find((line) => /^(?:[ |+]*\| )?\S/.test(line) && !line.startsWith('Traceback'))
  return (message ?? lines.find((line) => line.trim() !== '') ?? 'No reason was given').trim()
}

/**
 * The line of a DAG file that a message without a frame is about: it names the task or the DAG, whose ID stands in the file.
 * Of something that is there twice, it is the second. Undefined when nothing is named or found.
 */
export function findNamed(message: string, source: string): number | undefined {
  const again = /already been added|duplicate/i.test(message)
  const names = [
    /Faulty task: ([\w-]+(?:\.[\w-]+)*)/.exec(message)?.[1],
    /(?:Task|Task group|DAG|Dag) (?:id )?'([\w.-]+)'/.exec(message)?.[1],
    /(?:in|Ignoring) (?:DAG|Dag):? ([\w-]+(?:\.[\w-]+)*)/.exec(message)?.[1],
  ].filter((name) => name !== undefined)
  const lines = source.split('\n')
  for (const name of names) {
    const escaped = name.replaceAll(/[.-]/g, '\\$&')
    const definition = new RegExp(`["']${escaped}["']|^\\s*def ${escaped}\\s*\\(`)
    const found = lines.flatMap((line, index) => (definition.test(line) ? [index + 1] : []))
    const line = (again ? found[1] : undefined) ?? found[0]
    if (line !== undefined) return line
  }
  return undefined
}

/** An error's message without what differs from one parse to the next, to tell an old error from a new one. */
export function withoutParticulars(message: string): string {
  return message
    .replace(/(?:\/[^\s/'"]+)+\//g, '')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, 'ID')
    .replace(/0x[0-9a-f]+/gi, '0x')
    .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?/g, 'TIME')
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi, 'ID')
    .replace(/\d+(?:\.\d+)?s\b/g, 's')
    .replace(/PID: \d+/g, 'PID')
    .replace(/\bline \d+/g, 'line')
    .replace(/\{([^{}:]*)\}/g, (_, items: string) => `{${items.split(/,\s*/).toSorted().join(', ')}}`)
}
