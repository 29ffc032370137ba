import { describe, expect, test } from '@jest/globals'
import nock from 'nock'
import type { HttpRequest } from '../../src/http/request.ts'
import { createRequest } from '../../src/http/request.ts'
import { HttpFailure } from '../../src/http/failure.ts'
import { makeClock } from '../make/clock.ts'
import { makeRequest, ORIGIN } from '../make/http.ts'
import { useNock } from '../make/nock.ts'

const read: HttpRequest = {
  what: 'read a thing',
  method: 'GET',
  url: `${ORIGIN}/thing?secret=1`,
  repeat: 'always',
  expectJson: true,
}

describe('retries', () => {
  useNock()

  test('a failing read is repeated until it is answered, with a line each', async () => {
    nock(ORIGIN).get('/thing?secret=1').reply(503)
    nock(ORIGIN).get('/thing?secret=1').replyWithError('socket hang up')
    nock(ORIGIN).get('/thing?secret=1').reply(200, { ok: true })
    const { request, lines, clock } = makeRequest()
    expect((await request(read)).text).toBe('{"ok":true}')
    expect(clock.slept).toEqual([200, 400])
    expect(lines).toEqual([
      'Could not read a thing (HTTP 503). Attempt 2 of 5 in 0.2 s.',
      'Could not read a thing (socket hang up). Attempt 3 of 5 in 0.4 s.',
    ])
    expect(lines.join()).not.toContain('secret')
  })

  test('the last answer is handed on when all attempts failed', async () => {
    nock(ORIGIN).get('/thing?secret=1').times(5).reply(503)
    expect((await makeRequest().request(read)).status).toBe(503)
  })

  test('Retry-After is waited for', async () => {
    nock(ORIGIN).get('/thing?secret=1').reply(429, {}, { 'retry-after': '11' })
    nock(ORIGIN).get('/thing?secret=1').reply(200, {})
    const { request, clock } = makeRequest({ random: () => 0 })
    await request(read)
    expect(clock.slept).toEqual([11_000])
  })

  test('a Retry-After beyond the budget is not waited for', async () => {
    nock(ORIGIN).get('/thing?secret=1').reply(429, {}, { 'retry-after': '3600' })
    const { request, clock } = makeRequest()
    expect((await request(read)).status).toBe(429)
    expect(clock.slept).toEqual([])
  })

  test('a POST that must not happen twice is not repeated after a 5xx', async () => {
    nock(ORIGIN).post('/thing').reply(502)
    const { request } = makeRequest()
    const response = await request({ ...read, method: 'POST', url: `${ORIGIN}/thing`, repeat: 'refused' })
    expect(response.status).toBe(502)
  })

  test('JSON that is cut off counts as no answer', async () => {
    nock(ORIGIN).get('/thing?secret=1').reply(200, '{"a": [1,', { 'content-type': 'application/json' })
    nock(ORIGIN).get('/thing?secret=1').reply(200, { a: [] })
    expect((await makeRequest().request(read)).text).toBe('{"a":[]}')
  })

  test('a redirect is an answer, not followed with the token', async () => {
    nock(ORIGIN).get('/thing?secret=1').reply(302, '', { location: 'https://login.example/' })
    expect((await makeRequest().request(read)).status).toBe(302)
  })

  test('the user agent is ours and a body is sent with its length in bytes', async () => {
    nock(ORIGIN, { reqheaders: { 'user-agent': 'test/1', 'content-length': '4' } })
      .post('/thing', 'né!')
      .reply(200, {})
    const body = 'né!'
    await makeRequest().request({ ...read, method: 'POST', url: `${ORIGIN}/thing`, body })
  })

  test('a cancelled run ends with the reason of the cancellation, not with another attempt', async () => {
    const controller = new AbortController()
    nock(ORIGIN)
      .get('/thing?secret=1')
      .reply(503, () => {
        controller.abort(new Error('cancelled'))
        return {}
      })
    await expect(makeRequest({ signal: controller.signal }).request(read)).rejects.toThrow('cancelled')
  })

  test('what must be put back is sent after a cancellation too, for the seconds that are left', async () => {
    const limits: number[] = []
    const clock = makeClock()
    const request = createRequest({
      async send({ timeoutMs }) {
        limits.push(timeoutMs)
        await clock.sleep(timeoutMs)
        throw new HttpFailure('no answer in time', true)
      },
      clock,
      random: () => 0,
      userAgent: 'test/1',
      log: { info: () => undefined, debug: () => undefined },
      signal: AbortSignal.abort(new Error('cancelled')),
    })
    const startedAt = clock.now()
    await expect(request({ ...read, evenIfCancelled: true, budgetMs: 60_000 })).rejects.toThrow(HttpFailure)
    expect(limits[0]).toBe(7_000)
    expect(clock.now() - startedAt).toBeLessThanOrEqual(8_000)
  })
})

describe('an answer that is lost on the way', () => {
  const attempts = async (repeat: HttpRequest['repeat'], reached: boolean): Promise<number> => {
    let sent = 0
    const request = createRequest({
      send: () => {
        sent++
        return Promise.reject(new HttpFailure('reset', reached))
      },
      clock: makeClock(),
      random: () => 0,
      userAgent: 'test/1',
      log: { info: () => undefined, debug: () => undefined },
    })
    await expect(request({ ...read, method: 'POST', repeat })).rejects.toThrow('reset')
    return sent
  }

  test.each([
    ['refused', true, 1],
    ['refused', false, 5],
    ['unanswered', true, 5],
    ['always', true, 5],
  ] as const)('%s, after it may have had an effect: %s', async (repeat, reached, sent) => {
    expect(await attempts(repeat, reached)).toBe(sent)
  })
})
