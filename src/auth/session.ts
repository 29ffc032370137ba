import type { TokenHolder } from '../http/authorized.ts'
import { ActionError } from '../errors.ts'
import type { Request } from '../http/request.ts'
import type { TokenClaims } from './claims.ts'
import { readClaims } from './claims.ts'
import type { Credentials } from './credentials.ts'
import type { AccessToken } from './exchange.ts'
import { discoverTokenUrl, exchangeKey } from './exchange.ts'

export type SessionKind = 'api-key' | 'api-token' | 'user-token'

/** A credential at work: it hands out a token that is good now, and says what it is bound to. */
export type Session = TokenHolder & {
  readonly kind: SessionKind
  /** IDs that the token itself is bound to, where it says so. */
  readonly bound: {
    readonly organizationId: string | undefined
    readonly workspaceId: string | undefined
    readonly deploymentId: string | undefined
  }
  /** When the token at hand expires, in milliseconds since the epoch; undefined when it does not say. */
  expiresAt(): number | undefined
}

export type SessionDependencies = {
  readonly request: Request
  readonly now: () => number
  readonly hide: (value: string) => void
  readonly apiOrigin: string
}

/** An exchanged token is replaced when it has less than this left; a call that takes longer meets a 401, and renews. */
const RENEWAL_MARGIN_MS = 60_000

/**
 * Opens a session. A key pair is exchanged at once, so that a bad key fails before anything else happens; a token is
 * read, not sent. Throws `ASTRO-AUTH-…`.
 */
export async function openSession(deps: SessionDependencies, credentials: Credentials): Promise<Session> {
  switch (credentials.kind) {
    case 'key-pair':
      return keySession(deps, credentials)
    case 'token':
      return tokenSession(credentials.token, deps.now())
  }
}

async function keySession(
  deps: SessionDependencies,
  key: { readonly keyId: string; readonly keySecret: string },
): Promise<Session> {
  const tokenUrl = await discoverTokenUrl(deps.request, deps.apiOrigin)
  let current: AccessToken = await exchangeKey(deps, tokenUrl, key)
  let exchangedAt = deps.now()

  /** Calls run side by side: whoever comes while an exchange is under way waits for that one. */
  let underWay: Promise<void> | undefined
  const exchange = (): Promise<void> => {
    underWay ??= exchangeKey(deps, tokenUrl, key)
      .then((fresh) => {
        current = fresh
        exchangedAt = deps.now()
      })
      .finally(() => {
        underWay = undefined
      })
    return underWay
  }
  const claims = readClaims(current.token)

  return {
    kind: 'api-key',
    bound: {
      organizationId: claims?.organizationId,
      workspaceId: claims?.workspaceId,
      deploymentId: claims?.deploymentId,
    },
    expiresAt: () => current.expiresAt,
    async accessToken() {
      const lifetime = current.expiresAt - exchangedAt
      const margin = Math.min(RENEWAL_MARGIN_MS, lifetime / 2)
      if (deps.now() >= current.expiresAt - margin) await exchange()
      return current.token
    },
    async renew(refused) {
      // A call that went out with the token before, and was refused late, finds a newer one.
      if (refused === current.token) await exchange()
      return true
    },
  }
}

function tokenSession(token: string, now: number): Session {
  const claims = readClaims(token)
  if (!claims) {
    throw new ActionError({
      code: 'ASTRO-AUTH-MALFORMED',
      problem: 'The API token is not a token.',
      observed: `It has ${token.length} characters${/\s/.test(token) ? ', white space among them,' : ''} and is not a JSON Web Token (three parts joined by dots).`,
      likelyCause:
        'Another secret was stored under this name, the token was cut when it was copied, or something was copied with it ' +
        '(quotes, the word Bearer, a line break).',
      fix: 'Create an API token in the Astro UI and store it whole as the repository secret.',
    })
  }
  if (claims.permissions?.length === 0) {
    throw new ActionError({
      code: 'ASTRO-AUTH-NO-PERMISSIONS',
      problem: 'The token is not an Astro API token.',
      observed: 'It lists no permissions.',
      likelyCause: 'It was issued for something else.',
      fix: 'Create a Deployment, Workspace or Organization API token in the Astro UI.',
    })
  }
  refuseExpired(claims, now)
  return {
    kind: claims.permissions ? 'api-token' : 'user-token',
    bound: claims,
    expiresAt: () => claims.expiresAt?.getTime(),
    accessToken: () => Promise.resolve(token),
    renew: () => Promise.resolve(false),
  }
}

function refuseExpired(claims: TokenClaims, now: number): void {
  if (!claims.expiresAt || claims.expiresAt.getTime() > now) return
  const name = claims.tokenId ? `The API token ${claims.tokenId}` : 'The token'
  throw new ActionError({
    code: 'ASTRO-AUTH-EXPIRED',
    problem: `${name} has expired.`,
    observed: `It was good until ${claims.expiresAt.toISOString()}.`,
    likelyCause: claims.permissions
      ? 'API tokens live as long as was chosen when they were created.'
      : 'It is a user token, which lives for 24 hours.',
    fix: 'Create a new API token in the Astro UI and store it as the repository secret that this workflow reads.',
  })
}
