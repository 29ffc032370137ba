/** A stable name for one kind of failure; each has an entry of that name in docs/troubleshooting.md. */
export type ErrorCode = `ASTRO-${string}`

export type ErrorParts = {
  readonly code: ErrorCode
  /** What failed, in the user's own nouns: "Could not find the Deployment named etl." */
  readonly problem: string
  /** What was seen: status, the server's message, request ID. */
  readonly observed?: string | undefined
  /** The most likely reason. */
  readonly likelyCause?: string | undefined
  /** What to do now. */
  readonly fix: string
  /** The error underneath, for step debug only. */
  readonly cause?: unknown
}

/** A failure that a user can act on. Its message is the four parts in one paragraph each. */
export class ActionError extends Error {
  override readonly name = 'ActionError'
  readonly code: ErrorCode
  readonly problem: string
  readonly observed: string | undefined
  readonly likelyCause: string | undefined
  readonly fix: string

  constructor(parts: ErrorParts) {
    super(
      [parts.problem, parts.observed, parts.likelyCause, parts.fix].filter(Boolean).join('\n'),
      parts.cause === undefined ? undefined : { cause: parts.cause },
    )
    this.code = parts.code
    this.problem = parts.problem
    this.observed = parts.observed
    this.likelyCause = parts.likelyCause
    this.fix = parts.fix
  }
}

/** Any thrown value as an ActionError, so that every failure reaches the user in the same form. */
export function asActionError(thrown: unknown): ActionError {
  if (thrown instanceof ActionError) return thrown
  return new ActionError({
    code: 'ASTRO-UNEXPECTED',
    problem: 'The action met an error it does not know.',
    observed: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
    fix: 'Run the workflow again with step debug logging on, and open an issue with the log.',
    cause: thrown,
  })
}

const LONGEST_QUOTE = 100

/** Characters of a server's words that a message may hold. */
export const LONGEST_SAID = 4_000

/**
 * A value in quotes for a message, or how long it is when it would drown the message. Never a part of it: a secret that was
 * cut is one that neither redaction nor the runner's mask knows.
 */
export function quote(text: string): string {
  return text.length <= LONGEST_QUOTE ? `"${text}"` : `a value of ${text.length} characters`
}

/** What a server said, in quotes, or how long it is when it would drown the message; never a part of it either. */
export function quoteSaid(text: string): string {
  return text.length <= LONGEST_SAID ? `"${text}"` : `a message of ${text.length} characters`
}

/** The first few of a list that may be long, and how many more there are. */
export function listSome(items: readonly string[], most: number, between = ', '): string {
  const rest = items.length - most
  const shown = items.slice(0, most).join(between)
  return rest > 0 ? `${shown} and ${rest.toLocaleString('en')} more` : shown
}

/** A text from elsewhere as a sentence of ours: it ends in one full stop, or as it did. */
export function asSentence(text: string): string {
  const trimmed = text.trim()
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`
}

/** A short text for a thrown value, for use inside `observed`. */
export function describeError(thrown: unknown): string {
  const members = membersOf(thrown)
  if (members.length > 0) return [...new Set(members.map(describeError))].join('; ')
  if (!(thrown instanceof Error)) return String(thrown)
  const text = thrown.message || thrown.name
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''
  return text.includes(code) ? text : `${text} (${code})`
}

/** Of an AggregateError, which has no message of its own: what became of each address of a host, say. */
function membersOf(thrown: unknown): readonly unknown[] {
  const { errors } = (thrown ?? {}) as { readonly errors?: unknown }
  return Array.isArray(errors) ? errors : []
}
