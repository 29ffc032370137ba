import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { clientOf, exchange } from './client.ts'
import { startLocalAstro } from './start.ts'
import type { LocalAstro, LocalAstroOptions } from './start.ts'

let astro: LocalAstro
let now = Date.UTC(2026, 5, 1)

async function restart(options: LocalAstroOptions): Promise<void> {
  await astro.stop()
  astro = await startLocalAstro({ now: () => now, ...options })
}

beforeEach(async () => {
  astro = await startLocalAstro({ now: () => now })
})
afterEach(async () => {
  await astro.stop()
  expect(astro.violations).toEqual([])
})

function claims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}

describe('the key exchange', () => {
  test('gives a token that works for as long as it says', async () => {
    const { status, body } = await exchange(astro)
    expect(status).toBe(200)
    expect(body).toMatchObject({ expires_in: 3600, token_type: 'Bearer' })
    const token = String(body.access_token)
    expect(claims(token)).toMatchObject({ exp: now / 1000 + 3600, aud: 'astronomer-ee' })

    const call = clientOf(astro, token)
    const path = `/deployments/${astro.deploymentId}`
    expect((await call('GET', path)).body).toMatchObject({ name: 'etl', status: 'HEALTHY', type: 'STANDARD' })
    now += 3_600_000
    expect((await call('GET', path)).status).toBe(401)
  })

  test.each([
    ['a wrong secret', { client_secret: 'x' }, 401, 'access_denied'],
    ['an unknown key', { client_id: 'x' }, 401, 'access_denied'],
    ['another audience', { audience: 'astronomer' }, 403, 'access_denied'],
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ])('refuses %s', async (_name, fields, status, error) => {
    expect(await exchange(astro, fields)).toMatchObject({ status, body: { error } })
  })

  test('says the same of a deleted key and of a deleted Deployment', async () => {
    const expected = { status: 401, body: { error: 'access_denied', error_description: 'Unauthorized' } }
    const { keyId, keySecret } = astro.keys.create(astro.deployments.create().id)
    astro.keys.remove(astro.keyId)
    expect(await exchange(astro)).toMatchObject(expected)
    const fields = { client_id: keyId, client_secret: keySecret }
    expect((await exchange(astro, fields)).status).toBe(200)
    astro.deployments.remove(astro.deployments.ids()[1] ?? '')
    expect(await exchange(astro, fields)).toMatchObject(expected)
  })

  test('takes a form only', async () => {
    const answer = await fetch(`${astro.origin}/auth/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_id: astro.keyId }),
    })
    expect(answer.status).toBe(400)
  })

  test('can be undone', async () => {
    const { body } = await exchange(astro)
    const call = clientOf(astro, String(body.access_token))
    astro.revokeExchangedTokens()
    expect((await call('GET', '/v1/organizations')).status).toBe(401)
  })

  test('leaves no secret in the log', async () => {
    await exchange(astro)
    expect(JSON.stringify(astro.requests)).not.toContain(astro.keySecret)
    expect(astro.requests.map(({ step, status }) => [step, status])).toEqual([
      ['auth-config', 200],
      ['token', 200],
    ])
  })
})

describe('bearer tokens', () => {
  test('carry the claims that clients read', () => {
    const { organizationId, workspaceId, deploymentId, tokens } = astro
    expect(claims(tokens.organization).permissions).toContain(`organizationId:${organizationId}`)
    expect(claims(tokens.organization).permissions).not.toContain(`workspaceId:${workspaceId}`)
    expect(claims(tokens.workspace).permissions).toContain(`workspaceId:${workspaceId}`)
    expect(claims(tokens.deployment).permissions).toContain(`deploymentId:${deploymentId}`)
    expect(claims(tokens.user)).not.toHaveProperty('permissions')
    expect(claims(tokens.expired).exp).toBeLessThan(now / 1000)
  })

  test.each(['expired', 'unknown', 'missing'])('%s is 401', async (kind) => {
    const token = kind === 'expired' ? astro.tokens.expired : 'a.b.c'
    const headers: Record<string, string> = kind === 'missing' ? { authorization: '' } : {}
    const answer = await clientOf(astro, token)('GET', '/deployments', undefined, headers)
    expect(answer).toMatchObject({ status: 401, body: { statusCode: 401, message: 'Unauthorized' } })
    expect(answer.body.requestId).toEqual(expect.any(String))
  })

  test('see the Deployments of their reach', async () => {
    const elsewhere = astro.addWorkspace('other')
    astro.deployments.create({ name: 'near' })
    astro.deployments.create({ name: 'far', workspaceId: elsewhere })
    const names = async (token: string): Promise<unknown[]> => {
      const { body } = await clientOf(astro, token)('GET', '/deployments?sorts=name:asc')
      return (body.deployments as { name: string }[]).map(({ name }) => name)
    }
    expect(await names(astro.tokens.organization)).toEqual(['etl', 'far', 'near'])
    expect(await names(astro.tokens.workspace)).toEqual(['etl', 'near'])
    expect(await names(astro.tokens.deployment)).toEqual(['etl'])
    expect(await names(String((await exchange(astro)).body.access_token))).toEqual(['etl'])
  })

  test('get 403 for another Deployment of their Workspace and 404 for one elsewhere', async () => {
    const near = astro.deployments.create({ name: 'near' }).id
    const far = astro.deployments.create({ name: 'far', workspaceId: astro.addWorkspace('other') }).id
    const call = clientOf(astro, astro.tokens.deployment)
    expect((await call('GET', `/deployments/${near}`)).status).toBe(403)
    expect((await call('GET', `/deployments/${far}`)).status).toBe(404)
    expect((await call('GET', '/deployments/clnothing')).status).toBe(404)
  })

  test('of a person may not deploy where CI/CD is enforced', async () => {
    const { id } = astro.deployments.create({ fixture: 'cicd-enforced' })
    const body = { type: 'IMAGE_ONLY' }
    const statusWith = async (token: string): Promise<number> =>
      (await clientOf(astro, token)('POST', `/deployments/${id}/deploys`, body)).status
    expect(await statusWith(astro.tokens.user)).toBe(403)
    expect(await statusWith(astro.tokens.workspace)).toBe(200)
  })

  test('may be kept from the list of organizations', async () => {
    await restart({ organizationsNeedUserToken: true })
    expect((await clientOf(astro, astro.tokens.workspace)('GET', '/v1/organizations')).status).toBe(403)
    expect((await clientOf(astro, astro.tokens.user)('GET', '/v1/organizations')).status).toBe(200)
  })
})

test('rate limits count per token and method', async () => {
  await restart({ rateLimits: { get: 2, post: 1, delete: 1, retryAfterSeconds: 3 } })
  const call = clientOf(astro, astro.tokens.user)
  const statuses = [await call('GET', ''), await call('GET', ''), await call('GET', '')].map(
    ({ status }) => status,
  )
  expect(statuses).toEqual([200, 200, 429])
  expect((await call('GET', '')).headers.get('retry-after')).toBe('3')
  expect((await clientOf(astro, astro.tokens.workspace)('GET', '')).status).toBe(200)
  now += 1000
  expect((await call('GET', '')).status).toBe(200)
})
