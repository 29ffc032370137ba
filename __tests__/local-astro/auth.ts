import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { ApiError } from './api-error.ts'
import { randomText } from './store.ts'
import type { ApiKey, Store } from './store.ts'
import { newId } from './store.ts'
import type { Subject } from './wire.ts'

/** Who a bearer token speaks for. */
export type Principal = {
  kind: 'user' | 'organization' | 'workspace' | 'deployment' | 'key'
  token: string
  subject: Subject
  organizationId: string | undefined
  workspaceId: string | undefined
  deploymentId: string | undefined
}

export type TokenRequest = {
  kind: 'user' | 'organization' | 'workspace' | 'deployment'
  organizationId?: string
  workspaceId?: string
  deploymentId?: string
  /** From now; negative for a token that has expired. */
  lifetimeSeconds: number
}

export type OAuthAnswer = { status: number; body: Record<string, unknown> }

export type Tokens = {
  issue(request: TokenRequest): string
  exchange(contentType: string | undefined, form: URLSearchParams): OAuthAnswer
  /** The principal behind an Authorization header; throws the 401. */
  authenticate(authorization: string | undefined): Principal
  /** Every token from the key exchange stops working. */
  revokeExchanged(): void
}

export const audience = 'astronomer-ee'

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Issues and checks JWTs; every local Astro signs with its own secret, so that no token is known to another. */
export function createTokens(store: Store): Tokens {
  const { settings } = store
  const signingSecret = randomBytes(32)
  const principals = new Map<string, { principal: Principal; expiresAt: number; exchanged: boolean }>()

  function sign(claims: object): string {
    const unsigned = `${segment({ alg: 'HS256', typ: 'JWT', kid: 'local-astro' })}.${segment(claims)}`
    return `${unsigned}.${createHmac('sha256', signingSecret).update(unsigned).digest('base64url')}`
  }

  function register(
    principal: Omit<Principal, 'token'>,
    claims: object,
    lifetimeSeconds: number,
    exchanged: boolean,
  ): string {
    const now = settings.now()
    const iat = Math.floor(now / 1000)
    const token = sign({ ...claims, iat, exp: Math.floor(iat + lifetimeSeconds), jti: randomText(16) })
    store.secrets.add(token)
    principals.set(token, {
      principal: { ...principal, token },
      expiresAt: now + lifetimeSeconds * 1000,
      exchanged,
    })
    return token
  }

  function issue(request: TokenRequest): string {
    const { kind, organizationId, workspaceId, deploymentId } = request
    const id = newId()
    const principal = { kind, organizationId, workspaceId, deploymentId }
    if (kind === 'user') {
      const claims = { sub: `auth0|${id}`, aud: [audience], scope: 'openid profile email offline_access' }
      const subject: Subject = { id, subjectType: 'USER', fullName: 'Ada Local' }
      return register({ ...principal, subject }, claims, request.lifetimeSeconds, false)
    }
    const permissions = [
      `apiTokenId:${id}`,
      ...(organizationId === undefined ? [] : [`organizationId:${organizationId}`]),
      ...(workspaceId === undefined ? [] : [`workspaceId:${workspaceId}`]),
      ...(deploymentId === undefined ? [] : [`deploymentId:${deploymentId}`]),
    ]
    const claims = {
      sub: id,
      aud: audience,
      apiTokenId: id,
      isAstronomerGenerated: true,
      isInternal: false,
      permissions,
      scope: permissions.join(' '),
      version: '1',
    }
    const subject: Subject = { id, subjectType: 'SERVICEKEY', apiTokenName: `local-${kind}` }
    return register({ ...principal, subject }, claims, request.lifetimeSeconds, false)
  }

  function exchangeKey(key: ApiKey): OAuthAnswer {
    const deployment = store.deployments.get(key.deploymentId)?.deployment
    if (!deployment) return denied
    const { organizationId, workspaceId } = deployment
    const permissions =
      settings.keyTokenPermissions === undefined ? [`apiKeyId:${key.keyId}`] : settings.keyTokenPermissions
    const claims = {
      sub: `${key.keyId}@clients`,
      azp: key.keyId,
      aud: audience,
      gty: 'client-credentials',
      ...(permissions === null ? {} : { permissions }),
    }
    const principal = {
      kind: 'key' as const,
      organizationId,
      workspaceId,
      deploymentId: key.deploymentId,
      subject: { id: key.keyId, subjectType: 'SERVICEKEY' as const, apiTokenName: 'local-key' },
    }
    const lifetime = settings.tokenLifetimeSeconds
    const body = {
      access_token: register(principal, claims, lifetime, true),
      expires_in: lifetime,
      token_type: 'Bearer',
      scope: '',
    }
    return { status: 200, body }
  }

  function exchange(contentType: string | undefined, form: URLSearchParams): OAuthAnswer {
    if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
      return oauthError(400, 'invalid_request', 'The body must be application/x-www-form-urlencoded')
    }
    const [id, secret] = [form.get('client_id'), form.get('client_secret')]
    if (form.get('grant_type') !== 'client_credentials') {
      return oauthError(
        400,
        'unsupported_grant_type',
        `Unsupported grant type: ${form.get('grant_type') ?? ''}`,
      )
    }
    if (id === null || secret === null)
      return oauthError(400, 'invalid_request', 'Missing client credentials')
    const key = store.keys.get(id)
    if (!key || !sameText(secret, key.keySecret)) return denied
    if (form.get('audience') !== audience) {
      return oauthError(403, 'access_denied', `Service not found: ${form.get('audience') ?? ''}`)
    }
    return exchangeKey(key)
  }

  function authenticate(authorization: string | undefined): Principal {
    const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    const known = token === undefined ? undefined : principals.get(token)
    if (!known || known.expiresAt <= settings.now()) throw new ApiError(401, 'Unauthorized')
    const { principal } = known
    if (principal.kind === 'key' && !store.keys.has(principal.subject.id))
      throw new ApiError(401, 'Unauthorized')
    return principal
  }

  return {
    issue,
    exchange,
    authenticate,
    revokeExchanged() {
      for (const [token, { exchanged }] of principals) if (exchanged) principals.delete(token)
    },
  }
}

const denied = oauthError(401, 'access_denied', 'Unauthorized')

function oauthError(status: number, error: string, description: string): OAuthAnswer {
  return { status, body: { error, error_description: description } }
}
