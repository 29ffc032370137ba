import { describe, expect, test } from '@jest/globals'
import nock from 'nock'
import type { Credentials } from '../../src/auth/credentials.ts'
import type { Session } from '../../src/auth/session.ts'
import { openSession } from '../../src/auth/session.ts'
import { failureOf } from '../make/failure.ts'
import { makeRequest, ORIGIN } from '../make/http.ts'
import { useNock } from '../make/nock.ts'
import { makeToken } from '../make/token.ts'

const AUTH = 'https://auth.astro.test'
const KEY: Credentials = { kind: 'key-pair', keyId: 'id+1', keySecret: 's&e=c', source: 'inputs' }
const CONFIG_PATH = '/private/v1alpha1/cli/auth-config'

const config = (domainUrl = `${AUTH}/`) =>
  nock(ORIGIN).get(CONFIG_PATH).reply(200, { clientId: 'c', audience: 'a', domainUrl })
const exchange = (status: number, body: nock.Body) =>
  nock(AUTH, { reqheaders: { 'content-type': 'application/x-www-form-urlencoded' } })
    .post('/oauth/token', {
      client_id: 'id+1',
      client_secret: 's&e=c',
      audience: 'astronomer-ee',
      grant_type: 'client_credentials',
    })
    .reply(status, body)

function open(credentials: Credentials) {
  const hidden: string[] = []
  const { request, clock } = makeRequest()
  const session: Promise<Session> = openSession(
    { request, now: clock.now, hide: (value) => hidden.push(value), apiOrigin: ORIGIN },
    credentials,
  )
  session.catch(() => undefined)
  return { session, hidden, clock }
}

describe('a key pair', () => {
  useNock()

  test('is exchanged at once, and the token is hidden', async () => {
    config()
    exchange(200, { access_token: 'tok', expires_in: 3600, token_type: 'Bearer' })
    const { session, hidden, clock } = open(KEY)
    const opened = await session
    expect(opened.kind).toBe('api-key')
    expect(hidden).toEqual(['tok'])
    expect(opened.expiresAt()).toBe(clock.now() + 3_600_000)
    expect(await opened.accessToken()).toBe('tok')
  })

  test('is exchanged again when the token is about to expire, once for all who wait', async () => {
    config()
    exchange(200, { access_token: 'one', expires_in: 3600 })
    const { session, clock, hidden } = open(KEY)
    const opened = await session
    await clock.sleep(3_539_000)
    expect(await opened.accessToken()).toBe('one')
    await clock.sleep(2_000)
    exchange(200, { access_token: 'two', expires_in: 3600 })
    expect(await Promise.all([opened.accessToken(), opened.accessToken()])).toEqual(['two', 'two'])
    expect(hidden).toEqual(['one', 'two'])
  })

  test('a token that lives shorter than the margin is not exchanged at every call', async () => {
    config()
    exchange(200, { access_token: 'one', expires_in: 30 })
    const opened = await open(KEY).session
    expect(await opened.accessToken()).toBe('one')
  })

  test('is exchanged again on demand', async () => {
    config()
    exchange(200, { access_token: 'one', expires_in: 3600 })
    const opened = await open(KEY).session
    exchange(200, { access_token: 'two', expires_in: 3600 })
    expect(await opened.renew('one')).toBe(true)
    expect(await opened.accessToken()).toBe('two')
  })

  test('is exchanged once for all calls that were refused with the same token, however late', async () => {
    config()
    exchange(200, { access_token: 'one', expires_in: 3600 })
    const opened = await open(KEY).session
    exchange(200, { access_token: 'two', expires_in: 3600 })
    expect(await Promise.all([opened.renew('one'), opened.renew('one')])).toEqual([true, true])
    expect(await opened.renew('one')).toBe(true)
    expect(await opened.accessToken()).toBe('two')
  })

  test('that is rejected says what can be behind it', async () => {
    config()
    exchange(401, { error: 'access_denied', error_description: 'Unauthorized' })
    const error = await failureOf(() => open(KEY).session)
    expect(error.code).toBe('ASTRO-AUTH-KEY-REJECTED')
    expect(error.observed).toBe('The login service answered HTTP 401: "Unauthorized".')
    for (const words of ['June 2024', 'Deployment was deleted', 'forks', 'Dependabot', 'api-token']) {
      expect(error.message).toContain(words)
    }
  })

  test.each([
    ['a web page', 200, '<html>Sign in</html>', 'ASTRO-AUTH-EXCHANGE'],
    ['a web page with an error', 403, '<html>Forbidden</html>', 'ASTRO-AUTH-EXCHANGE'],
    ['no token in it', 200, {}, 'ASTRO-AUTH-EXCHANGE'],
    ['an empty token', 200, { access_token: '' }, 'ASTRO-AUTH-EXCHANGE'],
    ['bad request', 400, { error: 'invalid_request' }, 'ASTRO-AUTH-KEY-REJECTED'],
  ])('an exchange answered with %s', async (_, status, body, code) => {
    config()
    exchange(status, body)
    expect((await failureOf(() => open(KEY).session)).code).toBe(code)
  })

  test('a login service that fails for long', async () => {
    config()
    nock(AUTH).post('/oauth/token').times(5).reply(503, 'no')
    const error = await failureOf(() => open(KEY).session)
    expect(error.code).toBe('ASTRO-API-UNAVAILABLE')
    expect(error.observed).toContain('HTTP 503')
  })

  test('a login service that cannot be reached', async () => {
    config()
    nock(AUTH)
      .post('/oauth/token')
      .times(5)
      .replyWithError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
    expect((await failureOf(() => open(KEY).session)).code).toBe('ASTRO-AUTH-UNREACHABLE')
  })

  test.each([
    ['a web page', 200, '<!doctype html><html></html>'],
    ['a 404', 404, { message: 'nope' }],
    ['no address', 200, { clientId: 'x' }],
    ['no URL', 200, { domainUrl: 'auth' }],
    ['an address in clear', 200, { domainUrl: 'http://auth.example/' }],
  ])('a domain whose discovery answers with %s gets no secret', async (_, status, body) => {
    nock(ORIGIN).get(CONFIG_PATH).reply(status, body)
    expect((await failureOf(() => open(KEY).session)).code).toBe('ASTRO-AUTH-DISCOVERY')
  })

  test('the address of the login service works without its last slash', async () => {
    config(AUTH)
    exchange(200, { access_token: 'tok' })
    expect(await (await open(KEY).session).accessToken()).toBe('tok')
  })
})

describe('a token', () => {
  const token = (value: string): Credentials => ({ kind: 'token', token: value, source: 'inputs' })
  const now = Date.UTC(2026, 0, 1) / 1000

  test('of an API says what it is bound to, and is not renewed', async () => {
    const jwt = makeToken({ permissions: ['organizationId:clorg1', 'workspaceId:clws1'], exp: now + 60 })
    const session = await open(token(jwt)).session
    expect(session).toMatchObject({
      kind: 'api-token',
      bound: { organizationId: 'clorg1', workspaceId: 'clws1', deploymentId: undefined },
    })
    expect(session.expiresAt()).toBe((now + 60) * 1000)
    expect(await session.accessToken()).toBe(jwt)
    expect(await session.renew(await session.accessToken())).toBe(false)
  })

  test('of a user is accepted', async () => {
    expect((await open(token(makeToken({ sub: 'u', exp: now + 60 }))).session).kind).toBe('user-token')
  })

  test.each([
    ['no token', 'abcdef', 'ASTRO-AUTH-MALFORMED', '6 characters'],
    [
      'expired',
      makeToken({ permissions: ['a:b'], apiTokenId: 'cltok1', exp: now - 1 }),
      'ASTRO-AUTH-EXPIRED',
      'cltok1',
    ],
    ['an expired user token', makeToken({ exp: now }), 'ASTRO-AUTH-EXPIRED', '24 hours'],
    [
      'without permissions',
      makeToken({ permissions: [], exp: now + 60 }),
      'ASTRO-AUTH-NO-PERMISSIONS',
      'not an Astro',
    ],
  ])('%s', async (_, value, code, words) => {
    const error = await failureOf(() => open(token(value)).session)
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
    expect(error.message).not.toContain(value)
  })
})
