import { isLibrary } from './file-names.ts'

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
/** Neither a frame nor the source that it shows. */
const MARGIN = /^(?:[ |+]*\| )?\S/
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

/** The first line at the margin after the last frame: what follows it are notes, unless it leads over to them. */
function messageOf(trace: string): string {
  const [message, next] = sentencesOf(trace)
  if (message === undefined) {
    return (
      trace
        .split('\n')
        .find((line) => line.trim() !== '')
        ?.trim() ?? 'No reason was given'
    )
  }
  return message.endsWith(':') && next !== undefined ? `${message} ${next}` : message
}

/** The lines at the margin after the last frame. */
function sentencesOf(trace: string): readonly string[] {
  const lines = trace.split('\n')
  const lastFrame = lines.findLastIndex((line) => /^[ |+]*File "/.test(line))
  return lines
    .slice(lastFrame + 1)
    .filter((line) => MARGIN.test(line) && !line.startsWith('Traceback'))
    .map((line) => line.trim())
}

/**
 * The line of a DAG file that an error without a frame in it is about. It names the task or the DAG, whose ID stands in the file (of
 * something that is there twice, it is the second), or something else that stands in the file once. Undefined when nothing is
 * named or found.
 */
export function findNamed(trace: string, source: string): number | undefined {
  const lines = source.split('\n')
  const linesWith = (pattern: RegExp): readonly number[] =>
    lines.flatMap((line, index) => (pattern.test(line) ? [index + 1] : []))
  // The last exception has the word; those before it led to it.
  const messages = trace
    .split(TRACEBACK)
    .map((part) => sentencesOf(part).join('\n').replaceAll(CHOICES, ''))
    .toReversed()
  for (const message of messages) {
    const again = /already been added|duplicate/i.test(message)
    for (const name of definedNames(message)) {
      const found = linesWith(new RegExp(`["']${escape(name)}["']|^\\s*def ${escape(name)}\\s*\\(`))
      const line = (again ? found[1] : undefined) ?? found[0]
      if (line !== undefined) return line
    }
  }
  for (const name of messages.flatMap(mentionedNames)) {
    const [line, ...others] = linesWith(new RegExp(`(?<![\\w.-])${escape(name)}(?![\\w-])`))
    if (line !== undefined && others.length === 0) return line
  }
  return undefined
}

/** What else there is to choose from says nothing of what was chosen. */
const CHOICES = /one of [[{(][^\]]*[\]})]/g

/** Names of tasks and DAGs, which are where they are defined. */
function definedNames(message: string): readonly string[] {
  return [
    /Faulty task: ([\w-]+(?:\.[\w-]+)*)/.exec(message)?.[1],
    /(?:Task|Task group|DAG|Dag) (?:id )?'([\w.-]+)'/.exec(message)?.[1],
    /(?:in|Ignoring) (?:DAG|Dag):? ([\w-]+(?:\.[\w-]+)*)/.exec(message)?.[1],
  ].filter((name) => name !== undefined)
}

/** Whatever is quoted, or is a name by its form or its place. */
function mentionedNames(message: string): readonly string[] {
  const patterns = [
    /(?:'([^'\n]+)'|"([^"\n]+)"|`([^`\n]+)`)/g,
    /\b(?:[Vv]ariable|[Cc]onnection|[Pp]ool) ([\w.-]+)/g,
    /\b(?:task_id|dag_id)[:=] ?([\w.-]+)/g,
    /(?:^|: )(\S+) is not a valid/gm,
    /\b(\w+_\w+)\b/g,
  ]
  return patterns.flatMap((pattern) => [...message.matchAll(pattern)].map(([, ...groups]) => groups.join('')))
}

const escape = (name: string): string => name.replaceAll(/[^\w\s]/g, '\\$&')

/**
 * What is wrong, as far as a trace says it: the exceptions, and the lines of ours on the way. Such lines move, and what the libraries
 * are like is their own business. An import that takes too long is cut off wherever it happens to be.
 */
export function essenceOf(trace: string): string {
  if (trace.includes('AirflowTaskTimeout')) return withoutParticulars(messageOf(trace))
  let isOurs = true
  const kept = trace.split('\n').filter((line) => {
    const [, path] = /^[ |+]*File "([^"\n]+)"/.exec(line) ?? []
    if (path !== undefined) isOurs = !isLibrary(path)
    else if (MARGIN.test(line)) isOurs = true
    return isOurs && !/^[\s|+^~]*$/.test(line)
  })
  return withoutParticulars(kept.map((line) => line.trim()).join('\n'))
}

/** Words of an error without what differs from one parse to the next. */
export function withoutParticulars(message: string): string {
  return message
    .replace(/(?:\/[^\s/'"]+)+\//g, '')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, 'ID')
    .replace(/unusual_prefix_[0-9a-f]+_/g, '')
    .replace(/0x[0-9a-f]+/gi, '0x')
    .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?/g, 'TIME')
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi, 'ID')
    .replace(/\d+(?:\.\d+)?s\b/g, 's')
    .replace(/PID: \d+/g, 'PID')
    .replace(/\bline \d+(?:, column \d+)?/g, 'line')
    .replace(/\{([^{}]*)\}/g, (_, items: string) => `{${items.split(/,\s*/).toSorted().join(', ')}}`)
}
