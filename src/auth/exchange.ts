import { observe, refused } from '../astro/failure.ts'
import { ActionError, quoteSaid } from '../errors.ts'
import type { JsonObject } from '../http/json.ts'
import { isObject, parseJson } from '../http/json.ts'
import type { HttpResponse, Request } from '../http/request.ts'
import { mayCarrySecrets } from '../http/secure.ts'
import { HttpFailure, unanswered } from '../http/failure.ts'

export type AccessToken = {
  readonly token: string
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly expiresAt: number
}

/** The audience that Deployment API keys are issued for; not the one that auth-config names. */
const API_KEY_AUDIENCE = 'astronomer-ee'
const AUTH_CONFIG_PATH = '/private/v1alpha1/cli/auth-config'
const DEFAULT_LIFETIME_SECONDS = 3600
const OPAQUE = 'The answer is not what an Astro login service gives.'

/**
 * Asks an Astro for the address of its login service (section 1.4 of the control plane's contract). Throws
 * `ASTRO-AUTH-DISCOVERY`, `ASTRO-AUTH-UNREACHABLE`, or `ASTRO-API-…` when Astro has a problem of its own. The secret goes to that address, so anything but https, or loopback, is refused.
 */
export async function discoverTokenUrl(request: Request, apiOrigin: string): Promise<string> {
  const problem = `Could not find the login service of ${apiOrigin}.`
  const response = await answered(problem, apiOrigin, () =>
    request({
      what: 'find the login service',
      method: 'GET',
      url: apiOrigin + AUTH_CONFIG_PATH,
      headers: { accept: 'application/json', 'x-astro-client-identifier': 'cli' },
      repeat: 'always',
      expectJson: true,
    }),
  )
  if (response.status === 429 || response.status >= 500) throw refused(problem, response)
  const domainUrl = response.status === 200 ? stringField(response, 'domainUrl') : undefined
  const base = domainUrl?.endsWith('/') ? domainUrl : `${domainUrl ?? ''}/`
  if (!/^https?:/i.test(base) || !URL.canParse(base)) throw discoveryFailed(problem, response)

  const url = new URL('oauth/token', base)
  if (!mayCarrySecrets(url)) {
    throw new ActionError({
      code: 'ASTRO-AUTH-DISCOVERY',
      problem,
      observed: `It is said to be at ${url.origin}, which does not encrypt.`,
      likelyCause: 'Another server than Astro answered.',
      fix: 'Check the `domain` input. The key was not sent.',
    })
  }
  return url.href
}

/**
 * Exchanges a Deployment API key for an access token (client credentials, form-encoded). `hide` gets the token before
 * anything else sees it. Throws `ASTRO-AUTH-KEY-REJECTED`, `ASTRO-AUTH-EXCHANGE` or `ASTRO-AUTH-UNREACHABLE`.
 */
export async function exchangeKey(
  deps: { readonly request: Request; readonly now: () => number; readonly hide: (value: string) => void },
  tokenUrl: string,
  key: { readonly keyId: string; readonly keySecret: string },
): Promise<AccessToken> {
  const problem = 'Could not exchange the API key for an access token.'
  const askedAt = deps.now()
  const response = await answered(problem, new URL(tokenUrl).origin, () =>
    deps.request({
      what: 'exchange the API key for an access token',
      method: 'POST',
      url: tokenUrl,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        client_id: key.keyId,
        client_secret: key.keySecret,
        audience: API_KEY_AUDIENCE,
        grant_type: 'client_credentials',
      }).toString(),
      repeat: 'always',
      expectJson: true,
    }),
  )
  const token = response.status === 200 ? stringField(response, 'access_token') : undefined
  if (token !== undefined && token !== '') {
    deps.hide(token)
    const lifetime = Number(objectIn(response)?.expires_in)
    const seconds = Number.isFinite(lifetime) && lifetime > 0 ? lifetime : DEFAULT_LIFETIME_SECONDS
    return { token, expiresAt: askedAt + seconds * 1000 }
  }
  throw rejection(problem, response)
}

function rejection(problem: string, response: HttpResponse): ActionError {
  if ([400, 401, 403].includes(response.status) && objectIn(response)) {
    return new ActionError({
      code: 'ASTRO-AUTH-KEY-REJECTED',
      problem,
      observed: describeAnswer(response),
      likelyCause:
        'The key ID or secret is wrong, or the key or its Deployment was deleted (the answer is the same). Astronomer retired ' +
        'Deployment API keys in June 2024 in favour of API tokens, so an old key may no longer work at all. Runs from forks ' +
        'and from Dependabot receive no repository secrets.',
      fix:
        'Check the repository secrets that `key-id` and `key-secret` read. Better: create a Deployment API token in the Astro ' +
        'UI, store it as a secret, and pass it as `api-token`.',
    })
  }
  if (response.status === 429 || response.status >= 500) return refused(problem, response)
  return new ActionError({
    code: 'ASTRO-AUTH-EXCHANGE',
    problem,
    observed: describeAnswer(response),
    likelyCause: 'The login service has a problem, or a proxy answered in its place.',
    fix: 'Check `domain` and the proxy settings of the runner, then run again.',
  })
}

function describeAnswer(response: HttpResponse): string {
  if (!objectIn(response)) return `${observe(response)} ${OPAQUE}`
  const said = stringField(response, 'error_description') ?? stringField(response, 'error')
  const words = said === undefined ? '' : `: ${quoteSaid(said)}`
  const nothing = response.status === 200 ? ' There is no access token in it.' : ''
  return `The login service answered HTTP ${response.status}${words}.${nothing}`
}

function discoveryFailed(problem: string, response: HttpResponse): ActionError {
  return new ActionError({
    code: 'ASTRO-AUTH-DISCOVERY',
    problem,
    observed: `${observe(response)} ${OPAQUE}`,
    likelyCause:
      '`domain` names a server that is not Astro, or a proxy or a login page answered in its place.',
    fix: 'Check the `domain` input (leave it out for astronomer.io) and the proxy settings of the runner.',
  })
}

async function answered(
  problem: string,
  origin: string,
  ask: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error
    throw unanswered(problem, origin, error, {
      code: 'ASTRO-AUTH-UNREACHABLE',
      likelyCause: 'The domain is wrong, or a firewall or proxy stands between this runner and Astro.',
      fix: 'Check `domain`, `https_proxy` and `no_proxy`, then run again.',
    })
  }
}

function stringField(response: HttpResponse, name: string): string | undefined {
  const value = objectIn(response)?.[name]
  return typeof value === 'string' ? value : undefined
}

function objectIn(response: HttpResponse): JsonObject | undefined {
  const body = parseJson(response)
  return isObject(body) ? body : undefined
}
