import { describe, expect, test } from '@jest/globals'
import type { Repeat } from '../../src/http/retry.ts'
import { Obstacle } from '../../src/http/obstacle.ts'
import { mayRepeat, retryAfter, retryDelay } from '../../src/http/retry.ts'
import { HttpFailure } from '../../src/http/failure.ts'

const status = (code: number) => ({ status: code, headers: {}, text: '' })
const lost = new HttpFailure('reset', true)
const unreached = new HttpFailure('refused', false)
const untrusted = new HttpFailure('x', false, new Obstacle('ASTRO-NETWORK-CERTIFICATE', 'x'))

describe('what may be sent again', () => {
  const table: [string, Parameters<typeof mayRepeat>[1], Record<Repeat, boolean>][] = [
    ['429', status(429), { always: true, unanswered: true, refused: true }],
    ['500', status(500), { always: true, unanswered: false, refused: false }],
    ['502', status(502), { always: true, unanswered: true, refused: false }],
    ['503', status(503), { always: true, unanswered: true, refused: false }],
    ['504', status(504), { always: true, unanswered: true, refused: false }],
    ['400', status(400), { always: false, unanswered: false, refused: false }],
    ['401', status(401), { always: false, unanswered: false, refused: false }],
    ['404', status(404), { always: false, unanswered: false, refused: false }],
    ['501', status(501), { always: false, unanswered: false, refused: false }],
    ['a lost answer', lost, { always: true, unanswered: true, refused: false }],
    ['no connection', unreached, { always: true, unanswered: true, refused: true }],
    ['a certificate that is not trusted', untrusted, { always: false, unanswered: false, refused: false }],
  ]
  test.each(table)('%s', (_, outcome, expected) => {
    for (const policy of ['always', 'unanswered', 'refused'] as const) {
      expect([policy, mayRepeat(policy, outcome)]).toEqual([policy, expected[policy]])
    }
  })
})

describe('delays', () => {
  test('the ceiling doubles and then stays', () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 7].map((attempt) => retryDelay(attempt, undefined, () => 1))
    expect(ceilings).toEqual([400, 800, 1600, 3200, 6400, 8000, 8000])
  })

  test('full jitter reaches down to nothing', () => expect(retryDelay(5, undefined, () => 0)).toBe(0))

  test('Retry-After is a floor', () => {
    expect(retryDelay(1, 7000, () => 0)).toBe(7000)
    expect(retryDelay(1, 7000, () => 1)).toBe(7100)
  })
})

test.each([
  [undefined, undefined],
  ['7', 7000],
  [' 0 ', 0],
  ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
])('Retry-After: %j', (header, ms) => {
  expect(retryAfter(header, Date.UTC(2026, 0, 1))).toBe(ms)
})
