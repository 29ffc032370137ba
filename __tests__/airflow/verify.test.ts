import { expect, test } from '@jest/globals'
import { lookInterval } from '../../src/airflow/verify.ts'

test.each([
  ['often at first', 0, 50, 600],
  ['still within the two seconds that a parse may go unnoticed, minutes later', 299_000, 50, 1_000],
  ['rarely when nobody expects it any more', 300_000, 50, 3_000],
  ['an Airflow that answers slowly is left alone as long as its answers took', 0, 4_000, 8_000],
  ['never at once', 0, 590, 1_180],
])('Airflow is asked %s', (_, elapsedMs, lookMs, expected) => {
  expect(lookInterval(elapsedMs, lookMs)).toBe(expected)
})
