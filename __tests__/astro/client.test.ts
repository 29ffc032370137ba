import { describe, expect, test } from '@jest/globals'
import nock from 'nock'
import { createAstroClient } from '../../src/astro/client.ts'
import { makeDeploy, makeDeployment } from '../make/deployment.ts'
import { failureOf } from '../make/failure.ts'
import { makeRequest, ORIGIN } from '../make/http.ts'
import { useNock } from '../make/nock.ts'

const TARGET = { organizationId: 'clorg1', id: 'cldep1' }
const PATH = '/v1/organizations/clorg1/deployments/cldep1'

function client(tokens: string[] = ['one']) {
  let current = 0
  return createAstroClient({
    request: makeRequest().request,
    apiOrigin: ORIGIN,
    tokens: {
      accessToken: () => Promise.resolve(tokens[current] ?? ''),
      renew: () => Promise.resolve(++current < tokens.length),
    },
  })
}
useNock()

test('a call carries the token, the version of the API and our name', async () => {
  nock(ORIGIN, {
    reqheaders: {
      authorization: 'Bearer one',
      accept: 'application/json',
      'x-api-version': '1.0',
      'x-astro-client-identifier': 'deploy-to-astro',
      'user-agent': 'test/1',
    },
  })
    .get(PATH)
    .reply(200, makeDeployment())
  expect(await client().getDeployment(TARGET)).toEqual(makeDeployment())
})

describe('a 401', () => {
  test('is tried once more with a new token', async () => {
    nock(ORIGIN, { reqheaders: { authorization: 'Bearer one' } })
      .get(PATH)
      .reply(401, {})
    nock(ORIGIN, { reqheaders: { authorization: 'Bearer two' } })
      .get(PATH)
      .reply(200, makeDeployment())
    expect((await client(['one', 'two']).getDeployment(TARGET)).id).toBe('cldeployment1')
  })

  test('is final the second time', async () => {
    nock(ORIGIN).get(PATH).twice().reply(401, { message: 'no', requestId: 'r1', statusCode: 401 })
    const error = await failureOf(() => client(['one', 'two', 'three']).getDeployment(TARGET))
    expect(error.code).toBe('ASTRO-API-UNAUTHORIZED')
    expect(error.observed).toBe('HTTP 401 (request r1): "no".')
  })
})

test.each([
  [400, 'ASTRO-API-REFUSED'],
  [403, 'ASTRO-API-FORBIDDEN'],
  [404, 'ASTRO-API-NOT-FOUND'],
  [405, 'ASTRO-API-REFUSED'],
  [409, 'ASTRO-API-CONFLICT'],
])('HTTP %i becomes %s with the words and the request ID of Astro', async (status, code) => {
  const body = {
    message: 'Not so',
    requestId: 'req-7',
    statusCode: status,
    fieldErrors: [{ field: 'type', code: 'oneof', message: 'is odd' }],
  }
  nock(ORIGIN).get(PATH).reply(status, body)
  const error = await failureOf(() => client().getDeployment(TARGET))
  expect(error.code).toBe(code)
  expect(error.problem).toBe('Could not read the Deployment cldep1.')
  expect(error.observed).toBe(`HTTP ${status} (request req-7): "Not so". type: is odd.`)
})

test.each([
  ['a web page', 200, '<html>login</html>', { 'content-type': 'text/html' }, 'ASTRO-API-ANSWER'],
  [
    'a page that forbids',
    403,
    '<!doctype html><html>no</html>',
    { 'content-type': 'text/html' },
    'ASTRO-API-ANSWER',
  ],
  ['a page that finds nothing', 404, '<html>none</html>', {}, 'ASTRO-API-ANSWER'],
  ['a redirect', 302, '', { location: 'https://login.example' }, 'ASTRO-API-ANSWER'],
  ['nothing', 204, '', {}, 'ASTRO-API-ANSWER'],
])('%s is not taken for an answer', async (_, status, body, headers, code) => {
  nock(ORIGIN).get(PATH).reply(status, body, headers)
  expect((await failureOf(() => client().getDeployment(TARGET))).code).toBe(code)
})

test.each([
  ['null', 'The answer is not the JSON that Astro gives.'],
  ['[]', 'The answer is not the JSON that Astro gives.'],
  ['{}', 'It lacks id, name, workspaceId, status, airflowVersion, apiUrl, uiUrl.'],
  [JSON.stringify({ ...makeDeployment(), id: 7, uiUrl: null }), 'It lacks id, uiUrl.'],
])('%s is not taken for a Deployment', async (body, words) => {
  nock(ORIGIN).get(PATH).reply(200, body, { 'content-type': 'application/json' })
  const error = await failureOf(() => client().getDeployment(TARGET))
  expect(error.code).toBe('ASTRO-API-ANSWER')
  expect(error.observed).toContain(words)
})

test.each([
  [{ message: 7, requestId: {}, fieldErrors: 'none' }, 'HTTP 400.'],
  [{ message: 'No', requestId: 'r'.repeat(300), fieldErrors: [null, 1, { field: 'a' }] }, 'HTTP 400: "No".'],
  [['No'], 'HTTP 400.'],
])('an error body of another shape is no surprise: %j', async (body, words) => {
  nock(ORIGIN).get(PATH).reply(400, body)
  expect((await failureOf(() => client().getDeployment(TARGET))).observed).toBe(words)
})

test('of a long story the length is told, for a part of it could hold a part of a secret', async () => {
  nock(ORIGIN)
    .get(PATH)
    .reply(400, {
      message: 'x'.repeat(1_000_000),
      fieldErrors: [{ field: 'f', message: 'y'.repeat(1_000_000) }],
    })
  const { observed } = await failureOf(() => client().getDeployment(TARGET))
  expect(observed).toBe('HTTP 400: a message of 1000000 characters. It names 1 fields.')
})

test.each([
  [429, 'ASTRO-API-RATE-LIMIT'],
  [503, 'ASTRO-API-UNAVAILABLE'],
])('HTTP %i is repeated, then told', async (status, code) => {
  nock(ORIGIN).get(PATH).times(5).reply(status, '')
  expect((await failureOf(() => client().getDeployment(TARGET))).code).toBe(code)
})

test('no answer at all is told with the host', async () => {
  nock(ORIGIN).get(PATH).times(5).replyWithError('socket hang up')
  const error = await failureOf(() => client().getDeployment(TARGET))
  expect(error.code).toBe('ASTRO-API-UNREACHABLE')
  expect(error.observed).toContain('api.astro.test')
})

test('IDs are path segments, whatever is in them', async () => {
  nock(ORIGIN).get('/v1/organizations/a%2Fb/deployments/c%3Fd').reply(200, makeDeployment())
  await client().getDeployment({ organizationId: 'a/b', id: 'c?d' })
})

describe('lists', () => {
  const page = (offset: number, deployments: object[], totalCount: number) =>
    nock(ORIGIN)
      .get('/v1/organizations/clorg1/deployments')
      .query({ names: 'a&b', workspaceIds: 'clws1', limit: '1000', offset: String(offset) })
      .reply(200, { deployments, limit: 1000, offset, totalCount })
  const list = () => client().listDeployments('clorg1', { name: 'a&b', workspaceId: 'clws1' })

  test('are paged until all that was promised is there', async () => {
    page(0, [{ id: '1' }, { id: '2' }], 3)
    page(2, [{ id: '3' }], 3)
    expect((await list()).map(({ id }) => id)).toEqual(['1', '2', '3'])
  })

  test('end at an empty page, whatever was promised', async () => {
    page(0, [{ id: '1' }], 9)
    page(1, [], 9)
    expect(await list()).toHaveLength(1)
  })

  test('that are none are told', async () => {
    nock(ORIGIN)
      .get(/deployments/)
      .reply(200, { hello: 'world' })
    expect((await failureOf(list)).code).toBe('ASTRO-API-ANSWER')
  })

  test('of something else are told', async () => {
    page(0, [{ id: '1' }, [], {}], 3)
    expect((await failureOf(list)).code).toBe('ASTRO-API-ANSWER')
  })
})

describe('writes', () => {
  test('a create whose answer is lost is sent again', async () => {
    nock(ORIGIN).post(`${PATH}/deploys`, { type: 'DAG_ONLY' }).replyWithError('socket hang up')
    nock(ORIGIN)
      .post(`${PATH}/deploys`, { type: 'DAG_ONLY' })
      .reply(200, makeDeploy({ id: 'second' }))
    expect((await client().createDeploy(TARGET, { type: 'DAG_ONLY' })).id).toBe('second')
  })

  test('a create that Astro fails is not', async () => {
    nock(ORIGIN).post(`${PATH}/deploys`).reply(500, {})
    expect((await failureOf(() => client().createDeploy(TARGET, { type: 'DAG_ONLY' }))).code).toBe(
      'ASTRO-API-UNAVAILABLE',
    )
  })
})

describe('an update', () => {
  const BODY = {
    type: 'STANDARD' as const,
    environmentVariables: [
      { key: 'A', isSecret: false, value: 'plain "value"' },
      { key: 'B', isSecret: true },
    ],
  }

  test('is sent as it is given', async () => {
    nock(ORIGIN).post(PATH, BODY).reply(200, makeDeployment())
    expect((await client().updateDeployment(TARGET, BODY)).id).toBe('cldeployment1')
  })

  test('is not sent again after an answer that leaves its effect open', async () => {
    nock(ORIGIN).post(PATH).reply(502, {})
    expect((await failureOf(() => client().updateDeployment(TARGET, BODY))).code).toBe(
      'ASTRO-API-UNAVAILABLE',
    )
  })

  test('that is refused shows no value, although the server quotes it', async () => {
    nock(ORIGIN).post(PATH).reply(400, { message: 'plain "value" is bad', requestId: 'r1', statusCode: 400 })
    const { observed } = await failureOf(() => client().updateDeployment(TARGET, BODY))
    expect(observed).toBe('HTTP 400 (request r1): "*** is bad".')
  })
})

test('environment objects come with those that are linked, which have no ID, and without secrets', async () => {
  const objects = [{ objectKey: 'A', objectType: 'CONNECTION', sourceScope: 'WORKSPACE' }]
  nock(ORIGIN)
    .get('/v1/organizations/clorg1/environment-objects')
    .query({ deploymentId: 'cldep1', resolveLinked: 'true', limit: '1000', offset: '0' })
    .reply(200, { environmentObjects: objects, limit: 1000, offset: 0, totalCount: 1 })
  expect(await client().listEnvironmentObjects(TARGET)).toEqual(objects)
})
