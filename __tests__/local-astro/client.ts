import type { LocalAstro } from './start.ts'

/** What came back, parsed when it is JSON. */
export type Reply = { status: number; body: Record<string, unknown>; headers: Headers }

/** A plain client for the tests of the local Astro itself, so that they depend on no client of ours. */
export type Client = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Reply>

async function reply(response: Response): Promise<Reply> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  const body = (isJson ? JSON.parse(text) : { text }) as Record<string, unknown>
  return { status: response.status, body, headers: response.headers }
}

/** Calls the control plane with a token; paths are relative to the Organization unless they start with `/v1`. */
export function clientOf(astro: LocalAstro, token: string): Client {
  return async (method, path, body, headers = {}) => {
    const url =
      astro.origin + (path.startsWith('/v1') ? path : `/v1/organizations/${astro.organizationId}${path}`)
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const init: RequestInit = { method, headers: { authorization: `Bearer ${token}`, ...json, ...headers } }
    if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body)
    return reply(await fetch(url, init))
  }
}

/** Exchanges a key pair for a token as the contract says; `fields` go over the usual form. */
export async function exchange(astro: LocalAstro, fields: Record<string, string> = {}): Promise<Reply> {
  const config = await reply(await fetch(`${astro.origin}/private/v1alpha1/cli/auth-config`))
  const form = new URLSearchParams({
    client_id: astro.keyId,
    client_secret: astro.keySecret,
    audience: 'astronomer-ee',
    grant_type: 'client_credentials',
    ...fields,
  })
  return reply(await fetch(`${String(config.body.domainUrl)}oauth/token`, { method: 'POST', body: form }))
}
