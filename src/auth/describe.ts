import type { Session } from './session.ts'

const DAY_MS = 24 * 3_600_000
const WARN_BEFORE_MS = 7 * DAY_MS

/**
 * What a user wants to know of the credential: one line for the log, and a warning when an API token has less than a week
 * to live, so that it is replaced before a deploy fails at night. Names no secret.
 */
export function describeSession(
  session: Pick<Session, 'kind' | 'expiresAt'>,
  now: number,
): { readonly line: string; readonly warning: string | undefined } {
  const expiresAt = session.expiresAt()
  const until = expiresAt === undefined ? '' : `, good until ${new Date(expiresAt).toISOString()}`
  switch (session.kind) {
    case 'api-key':
      return { line: `Exchanged the API key for an access token${until}.`, warning: undefined }
    case 'user-token':
      return { line: `Using a user's token${until}.`, warning: undefined }
    case 'api-token': {
      const soon = expiresAt !== undefined && expiresAt - now < WARN_BEFORE_MS
      return {
        line: `Using an API token${until}.`,
        warning: soon
          ? `The API token expires ${inDays(expiresAt - now)}. Create a new one in the Astro UI and update the secret.`
          : undefined,
      }
    }
  }
}

function inDays(ms: number): string {
  const days = Math.floor(ms / DAY_MS)
  if (days < 1) return 'within a day'
  return days === 1 ? 'in a day' : `in ${days} days`
}
