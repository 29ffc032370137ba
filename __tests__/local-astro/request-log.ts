import type { IncomingHttpHeaders } from 'node:http'
import type { Fault, Step } from './faults.ts'

export type LoggedRequest = {
  /** Milliseconds since the epoch, when the request came. */
  at: number
  method: string
  /** Without the query. */
  path: string
  /** Signatures of upload URLs are left out. */
  query: Record<string, string[]>
  step: Step | undefined
  /** Parsed JSON or form; uploads have none, and a client secret is left out. */
  body?: unknown
  /** Of an upload: how many bytes its header announces. */
  contentLength?: number
  /** The authorization is cut to its kind, such as `Bearer workspace`. */
  headers: IncomingHttpHeaders
  /** Absent when no answer was sent. */
  status?: number
  durationMs?: number
  fault?: Fault['fault']
}

/** The query for the log. */
export function loggedQuery(query: URLSearchParams): Record<string, string[]> {
  const names = [...new Set(query.keys())]
  return Object.fromEntries(names.map((name) => [name, name === 'sig' ? ['***'] : query.getAll(name)]))
}

/** The headers for the log; `kind` is whose token it is. */
export function loggedHeaders(headers: IncomingHttpHeaders, kind: string | undefined): IncomingHttpHeaders {
  if (headers.authorization === undefined) return headers
  const scheme = headers.authorization.split(' ')[0] ?? ''
  return { ...headers, authorization: `${scheme} ${kind ?? 'unknown'}` }
}
