import { describe, expect, test } from '@jest/globals'
import type { Deploy } from '../../src/astro/types.ts'
import { deployBefore, planRollback, refuseUnreturnable } from '../../src/deploy/rollback-choice.ts'
import { makeDeploy } from '../make/deployment.ts'
import { failureOf } from '../make/failure.ts'

const NOW = Date.UTC(2026, 2, 1)
const DEPLOYMENT = { name: 'etl', astroRuntimeVersion: '3.1-2' }

/** A deploy of a day in January. */
const on = (day: number, id: string, more: Partial<Deploy> = {}): Deploy =>
  makeDeploy({ id, createdAt: `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`, ...more })

const A = on(1, 'a')
const B = on(2, 'b')
const C = on(3, 'c')
const BACK_TO_A = on(4, 'back-to-a', { rollbackFromId: 'a' })
const BACK_TO_B = on(4, 'back-to-b', { rollbackFromId: 'b' })
const D = on(6, 'd')

const plan = (deploys: readonly Deploy[], wanted?: string) =>
  planRollback({ deployment: DEPLOYMENT, deploys, wanted, now: NOW })

test.each<[string, Deploy[], string | undefined, string, string]>([
  ['the one before, in whatever order they come', [B, A, C], undefined, 'c', 'b'],
  ['not one that failed', [A, on(2, 'b', { status: 'FAILED' }), C], undefined, 'c', 'a'],
  ['not one that was never finished', [A, on(2, 'b', { status: 'INITIALIZED' }), C], undefined, 'c', 'a'],
  ['from the last that Astro took, not from one that failed', [A, B, on(3, 'c', { status: 'FAILED' })], undefined, 'b', 'a'], // prettier-ignore
  ['a second step goes further back, not forward', [A, B, C, BACK_TO_B], undefined, 'back-to-b', 'a'],
  ['through rollbacks of rollbacks', [A, B, C, BACK_TO_B, on(5, 'r', { rollbackFromId: 'back-to-b' })], undefined, 'r', 'a'], // prettier-ignore
  ['a rollback is a deploy that can be returned to', [A, B, BACK_TO_A, D], undefined, 'd', 'back-to-a'],
  ['one by its name', [A, B, C], 'a', 'c', 'a'],
  ['one by its name that was left by a rollback', [A, B, BACK_TO_A], 'b', 'back-to-a', 'b'],
])('returns to %s', (_, deploys, wanted, from, to) => {
  const { leave, to: chosen } = plan(deploys, wanted)
  expect([leave.id, chosen.id]).toEqual([from, to])
})

test.each<[string, Deploy[], string | undefined, string, string]>([
  ['no deploy at all', [], undefined, 'ASTRO-ROLLBACK-NOTHING', 'no deploy that was DEPLOYED'],
  [
    'only the one that is live',
    [A],
    undefined,
    'ASTRO-ROLLBACK-NOTHING',
    'Live is the deploy a of 2026-01-01',
  ],
  ['nothing but failures before', [on(1, 'x', { status: 'FAILED' }), B], undefined, 'ASTRO-ROLLBACK-NOTHING', 'the deploy b'], // prettier-ignore
  ['back at the first', [A, B, BACK_TO_A], undefined, 'ASTRO-ROLLBACK-NOTHING', 'the deploy back-to-a'],
  ['an unknown ID', [A, B], 'z', 'ASTRO-ROLLBACK-UNKNOWN-DEPLOY', 'has 2 deploys'],
  [
    'one that failed',
    [A, on(2, 'x', { status: 'FAILED' }), C],
    'x',
    'ASTRO-ROLLBACK-NOT-DEPLOYED',
    'is FAILED',
  ],
  ['one that was not finished', [A, on(2, 'x', { status: 'INITIALIZED' }), C], 'x', 'ASTRO-ROLLBACK-NOT-DEPLOYED', 'is INITIALIZED'], // prettier-ignore
  ['the one that is live', [A, B], 'b', 'ASTRO-ROLLBACK-LIVE-ALREADY', 'newest deploy that Astro accepted'],
  [
    'one that was returned to',
    [A, B, BACK_TO_A],
    'a',
    'ASTRO-ROLLBACK-LIVE-ALREADY',
    'back-to-a of 2026-01-04',
  ],
])('refuses: %s', async (_, deploys, wanted, code, words) => {
  const error = await failureOf(() => plan(deploys, wanted))
  expect(error.code).toBe(code)
  expect(error.message).toContain(words)
})

test('deploys that claim to come from each other are no endless walk', () => {
  const [one, two] = [on(1, 'one', { rollbackFromId: 'two' }), on(2, 'two', { rollbackFromId: 'one' })]
  expect(deployBefore([one, two], two)?.id).toBe('one')
})

describe('the age of a deploy', () => {
  const aged = (days: number): Deploy =>
    makeDeploy({ id: 'old', createdAt: new Date(NOW - days * 24 * 3_600_000).toISOString() })

  test.each([
    [89.9, 'newer', undefined],
    [90, 'newer', 'ASTRO-ROLLBACK-TOO-OLD'],
    [400, 'newer', 'ASTRO-ROLLBACK-TOO-OLD'],
    [400, 'failed', undefined],
    [400, 'none', undefined],
  ])('%d days, other deploys: %s', async (days, others, code) => {
    const old = aged(days)
    const status = others === 'failed' ? 'FAILED' : 'DEPLOYED'
    const deploys = others === 'none' ? [old] : [old, on(20, 'other', { status })]
    if (code === undefined) {
      expect(() => refuseUnreturnable(deploys, old, NOW)).not.toThrow()
      return
    }
    const error = await failureOf(() => refuseUnreturnable(deploys, old, NOW))
    expect(error.code).toBe(code)
    expect(error.observed).toContain(`${days} days old`)
  })
})

test('a plan says from where and to what, and what stays', () => {
  const git = { provider: 'GITHUB' as const, commitSha: '0123456789abcdef' }
  const { reasons } = plan([on(1, 'a', { git, description: 'Load orders' }), B])
  expect(reasons).toEqual([
    'From the deploy b of 2026-01-02T00:00:00Z',
    'Back to the deploy a of 2026-01-01T00:00:00Z, commit 0123456: "Load orders"',
    expect.stringContaining('environment variables and settings stay'),
  ])
})

test('a plan that steps down to another runtime says so', () => {
  const { reasons } = plan([on(1, 'a', { astroRuntimeVersion: '3.0-1' }), B])
  expect(reasons[2]).toContain('from 3.1-2 to 3.0-1')
})
