import { describe, expect, test } from '@jest/globals'
import nock from 'nock'
import { connectAirflow, connectOnceUp } from '../../src/airflow/connect.ts'
import { neverHeard } from '../../src/airflow/verify.ts'
import { makeFastClock } from '../make/fast-clock.ts'
import { failureOf } from '../make/failure.ts'
import { makeRequest } from '../make/http.ts'
import { useNock } from '../make/nock.ts'

const HOST = 'https://airflow.test'
const json = { 'content-type': 'application/json' }
const page = { 'content-type': 'text/html' }
const tokens = { accessToken: () => Promise.resolve('t'), renew: () => Promise.resolve(false) }

useNock()

describe('connectAirflow', () => {
  const connect = (apiUrl: string, airflowVersion: string) =>
    connectAirflow({ request: makeRequest().request, tokens }, { apiUrl, airflowVersion })

  test.each([
    ['3.1.8', `${HOST}/d1/api/v1`, `${HOST}/d1/api/v2`],
    ['2.10.5+astro.1', `${HOST}/d1/api/v1`, `${HOST}/d1/api/v1`],
    ['4.0.0', `${HOST}/d1/api/v2?x=1`, `${HOST}/d1/api/v2`],
  ])('the version %s decides, not the suffix of %s', async (version, given, root) => {
    expect((await connect(given, version)).root).toBe(root)
  })

  test('asks Airflow when Astro does not know: first as 3, then as 2', async () => {
    nock(HOST).get('/d1/api/v2/version').reply(404, '<html>', page)
    nock(HOST).get('/d1/api/v1/version').reply(200, { version: '2.9.0' }, json)
    expect((await connect(`${HOST}/d1/api/v1`, 'NA')).major).toBe(2)
  })

  test.each(['http://airflow.test/api/v2', 'airflow.test/api/v2', ''])(
    'does not send the token to %j',
    async (url) => {
      expect((await failureOf(() => connect(url, '3.1.0'))).code).toBe('ASTRO-AIRFLOW-ADDRESS')
    },
  )
})

describe('an Airflow whose major nobody knows', () => {
  const deployment = { apiUrl: `${HOST}/d1/api/v1`, airflowVersion: 'NA' }
  const connect = (remainingMs: number) =>
    connectOnceUp(
      {
        ...{
          request: makeRequest().request,
          tokens,
          clock: makeFastClock(100),
          log: { info: () => undefined },
        },
        remainingMs: () => remainingMs,
      },
      deployment,
      neverHeard,
    )
  const notYet = (times: number): void => {
    nock(HOST).get('/d1/api/v2/version').times(times).reply(404, '<html>', page)
    nock(HOST).get('/d1/api/v1/version').times(times).reply(404, '<html>', page)
  }

  test('and that is not up yet is waited for', async () => {
    notYet(3)
    nock(HOST).get('/d1/api/v2/version').reply(200, { version: '3.1.8' }, json)
    expect((await connect(600_000)).major).toBe(3)
  })

  test('and that is not up in time', async () => {
    notYet(1_000)
    expect((await failureOf(() => connect(10_000))).code).toBe('ASTRO-VERIFY-TIMEOUT')
    nock.cleanAll()
  })

  test('is down when the way to its own major is, whatever it says of the other', async () => {
    nock(HOST).get('/d1/api/v2/version').reply(404, { title: 'Not Found' }, json)
    nock(HOST).get('/d1/api/v1/version').times(5).reply(503)
    nock(HOST).get('/d1/api/v2/version').reply(404, { title: 'Not Found' }, json)
    nock(HOST).get('/d1/api/v1/version').reply(200, { version: '2.10.5' }, json)
    expect((await connect(600_000)).major).toBe(2)
  })

  test('and that refuses the token is not waited for', async () => {
    nock(HOST).get('/d1/api/v2/version').reply(403, { detail: 'Forbidden' }, json)
    nock(HOST).get('/d1/api/v1/version').reply(404, { error: 'removed' }, json)
    expect((await failureOf(() => connect(600_000))).code).toBe('ASTRO-AIRFLOW-FORBIDDEN')
  })
})
