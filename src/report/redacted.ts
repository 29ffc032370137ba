import { ActionError } from '../errors.ts'

/**
 * A copy of plain data (and ActionErrors in it) with every text redacted. To be made before anything is escaped: an escaped
 * secret is one that nobody knows any more.
 */
export function redacted<T>(data: T, redact: (text: string) => string): T {
  return copy(data) as T

  function copy(value: unknown): unknown {
    if (typeof value === 'string') return redact(value)
    if (Array.isArray(value)) return value.map(copy)
    if (value instanceof ActionError) return copyError(value)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]))
  }

  function copyError({ code, problem, observed, likelyCause, fix }: ActionError): ActionError {
    return new ActionError({
      code,
      problem: redact(problem),
      observed: observed && redact(observed),
      likelyCause: likelyCause && redact(likelyCause),
      fix: redact(fix),
    })
  }
}
