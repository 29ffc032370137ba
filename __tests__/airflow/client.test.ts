import { describe, expect, test } from '@jest/globals'
import nock from 'nock'
import { createAirflowClient } from '../../src/airflow/client.ts'
import type { AirflowMajor } from '../../src/airflow/types.ts'
import { makeDag } from '../make/airflow.ts'
import { failureOf } from '../make/failure.ts'
import { makeRequest } from '../make/http.ts'
import { useNock } from '../make/nock.ts'

const HOST = 'https://airflow.test'
const API = { 2: '/d1/api/v1', 3: '/d1/api/v2' } as const

/** A client with one token that is good and a second one that a renewal gives. */
function client(major: AirflowMajor, renewable = true) {
  const { request, lines } = makeRequest()
  let tokens = ['first', 'second']
  const renewals: string[] = []
  const airflow = createAirflowClient({
    request,
    major,
    root: HOST + API[major],
    tokens: {
      accessToken: () => Promise.resolve(tokens[0] ?? ''),
      renew: () => {
        renewals.push(tokens[0] ?? '')
        if (renewable) tokens = tokens.slice(1)
        return Promise.resolve(renewable)
      },
    },
  })
  return { airflow, lines, renewals }
}

const json = { 'content-type': 'application/json' }
const error2 = (id: number, filename: string) => ({
  import_error_id: id,
  filename,
  stack_trace: 'Traceback',
  timestamp: '2026-01-05T10:00:00.123456+00:00',
})

useNock()

describe('the Airflow client', () => {
  test('asks Airflow 2 to parse a file next; its answer is empty', async () => {
    const asked = nock(HOST).put('/d1/api/v1/parseDagFile/signed%2Ftoken').reply(201)
    await client(2).airflow.parseNext(makeDag({ fileToken: 'signed/token' }))
    expect(asked.isDone()).toBe(true)
  })

  test('sends the token, asks for JSON, and reads the import errors of Airflow 2', async () => {
    nock(HOST, { reqheaders: { authorization: 'Bearer first', accept: 'application/json' } })
      .get('/d1/api/v1/importErrors?order_by=import_error_id&limit=100&offset=0')
      .reply(200, { import_errors: [error2(7, '/usr/local/airflow/dags/a.py')], total_entries: 1 }, json)
      .get('/d1/api/v1/importErrors?order_by=import_error_id&limit=100&offset=1')
      .reply(200, { import_errors: [], total_entries: 1 }, { ...json, date: 'Mon, 05 Jan 2026 10:00:30 GMT' })
    expect(await client(2).airflow.importErrors()).toEqual({
      items: [
        {
          id: 7,
          file: '/usr/local/airflow/dags/a.py',
          failedAt: Date.UTC(2026, 0, 5, 10, 0, 0, 123),
          trace: 'Traceback',
        },
      ],
      serverTime: Date.UTC(2026, 0, 5, 10, 0, 30),
    })
  })

  test('pages import errors until an empty page, past short pages, repeats and a total that lies', async () => {
    const page = (offset: number, ids: number[]): void => {
      nock(HOST)
        .get(`/d1/api/v2/importErrors?order_by=import_error_id&limit=100&offset=${offset}`)
        .reply(200, { import_errors: ids.map((id) => error2(id, `f${id}.py`)), total_entries: 1 }, json)
    }
    page(0, [1, 1])
    page(2, [1, 2])
    page(4, [3])
    page(5, [])
    const { items } = await client(3).airflow.importErrors()
    expect(items.map(({ id }) => id)).toEqual([1, 2, 3])
  })

  test('gives up on a list without an end', async () => {
    nock(HOST)
      .get(/importErrors/)
      .times(200)
      .reply(200, { import_errors: [error2(1, 'a.py')], total_entries: 1 }, json)
    expect(await failureOf(() => client(3).airflow.importErrors())).toMatchObject({
      code: 'ASTRO-AIRFLOW-ANSWER',
      observed: expect.stringContaining('did not end') as unknown,
    })
  })

  test('asks for DAGs that are gone too, by the name that each major has for them', async () => {
    nock(HOST)
      .get('/d1/api/v1/dags?order_by=dag_id&only_active=false&limit=100&offset=0')
      .reply(200, { dags: [{ dag_id: 'a', fileloc: '/x/a.py', is_active: false }], total_entries: 1 }, json)
      .get('/d1/api/v2/dags?order_by=dag_id&exclude_stale=false&limit=100&offset=0')
      .reply(
        200,
        {
          dags: [
            {
              dag_id: 'a',
              fileloc: '/x/a.py',
              relative_fileloc: 'a.py',
              is_stale: false,
              bundle_version: 'v2',
            },
          ],
          total_entries: 1,
        },
        json,
      )
    const [two, three] = [await client(2).airflow.dags(), await client(3).airflow.dags()]
    expect(two.items[0]).toMatchObject({ file: '/x/a.py', isActive: false, bundleVersion: undefined })
    expect(three.items[0]).toMatchObject({ file: 'a.py', isActive: true, bundleVersion: 'v2' })
  })

  test.each([
    [401, { detail: 'Not authenticated' }],
    [403, { detail: 'Invalid JWT token' }],
  ])('gets another token after %i %j, once', async (status, body) => {
    nock(HOST).get('/d1/api/v2/dags?limit=1').matchHeader('authorization', 'Bearer first').reply(status, body)
    nock(HOST)
      .get('/d1/api/v2/dags?limit=1')
      .matchHeader('authorization', 'Bearer second')
      .reply(200, { dags: [] }, json)
    const { airflow, renewals } = client(3)
    await airflow.proveAccess()
    expect(renewals).toEqual(['first'])
  })

  test.each([
    ['302 to a login page', 302, '', { location: 'https://login.test/u?x=1' }, 'REDIRECTED', 'login.test'],
    ['the web app with 200', 200, '<!doctype html>', { 'content-type': 'text/html' }, 'ANSWER', 'a web page'],
    ['another JSON', 200, '{"ok":1}', json, 'ANSWER', 'no list of dags'],
    ['401 for good', 401, '{"detail":"Not authenticated"}', json, 'UNAUTHORIZED', 'Not authenticated'],
    ['403 by its rights', 403, '{"detail":"Forbidden"}', json, 'FORBIDDEN', 'Forbidden'],
    ['a 404 of the ingress', 404, '<html>', { 'content-type': 'text/html' }, 'UNAVAILABLE', 'HTTP 404'],
    ['a 404 of Airflow 3', 404, '{"error":"API route not found"}', json, 'NOT-FOUND', 'API route not found'],
    [
      'a problem of Airflow 2',
      404,
      '{"title":"DAG not found","detail":null,"status":404}',
      { 'content-type': 'application/problem+json' },
      'NOT-FOUND',
      'DAG not found',
    ],
    [
      'a list of field errors',
      422,
      '{"detail":[{"loc":["body","logical_date"],"msg":"Field required"}]}',
      json,
      'REFUSED',
      'body.logical_date: Field required',
    ],
    [
      'a conflict in an object',
      409,
      '{"detail":{"reason":"Unique constraint violation","message":"ID abc"}}',
      json,
      'CONFLICT',
      'Unique constraint violation: ID abc',
    ],
  ])('%s', async (_, status, body, headers, code, words) => {
    nock(HOST).get('/d1/api/v2/dags?limit=1').reply(status, body, headers)
    const error = await failureOf(() => client(3, false).airflow.proveAccess())
    expect(error.code).toBe(`ASTRO-AIRFLOW-${code}`)
    expect(error.observed).toContain(words)
    expect(error.message).not.toContain('first')
  })

  test('quotes what Airflow says whole, or says how long it is: part of a secret is one that nothing hides', async () => {
    const observedOf = async (detail: string): Promise<string | undefined> => {
      nock(HOST).get('/d1/api/v2/dags?limit=1').reply(400, { detail }, json)
      return (await failureOf(() => client(3, false).airflow.proveAccess())).observed
    }
    const long = `${'x'.repeat(290)} secret-token-of-30-characters`
    expect(await observedOf(long)).toBe(`HTTP 400: "${long}".`)
    expect(await observedOf('x'.repeat(5_000))).toBe('HTTP 400: a message of 5000 characters.')
  })

  test.each([
    ['503 to every attempt', () => nock(HOST).get(/dags/).times(5).reply(503, 'down'), 'UNAVAILABLE'],
    ['429 to every attempt', () => nock(HOST).get(/dags/).times(5).reply(429, '{}', json), 'UNAVAILABLE'],
    [
      'JSON that ends early, each time',
      () => nock(HOST).get(/dags/).times(5).reply(200, '{"dags":[', json),
      'UNREACHABLE',
    ],
  ])('%s', async (_, reply, code) => {
    reply()
    expect((await failureOf(() => client(3).airflow.proveAccess())).code).toBe(`ASTRO-AIRFLOW-${code}`)
  })

  test('triggers runs in the form of each major, and encodes IDs', async () => {
    const run = { id: 'astro+1', conf: { a: 1 }, note: 'n', logicalDate: new Date('2026-01-05T10:00:00Z') }
    const answer = { dag_run_id: 'astro+1', state: 'queued' }
    nock(HOST)
      .post('/d1/api/v1/dags/a%20b/dagRuns', { dag_run_id: 'astro+1', conf: { a: 1 }, note: 'n' })
      .reply(200, answer, json)
      .post('/d1/api/v2/dags/a%20b/dagRuns', {
        dag_run_id: 'astro+1',
        conf: { a: 1 },
        note: 'n',
        logical_date: '2026-01-05T10:00:00.000Z',
      })
      .reply(200, answer, json)
      .get('/d1/api/v2/dags/a%20b/dagRuns/astro%2B1')
      .reply(200, { ...answer, state: 'success' }, json)
    await client(2).airflow.triggerRun('a b', run)
    await client(3).airflow.triggerRun('a b', run)
    expect(await client(3).airflow.dagRun('a b', 'astro+1')).toEqual({ id: 'astro+1', state: 'success' })
  })
})
