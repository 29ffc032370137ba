import { describe, expect, test } from '@jest/globals'
import type { EnvironmentVariable } from '../../src/astro/types.ts'
import type { EnvironmentPlan } from '../../src/environment/plan.ts'
import { namesOf, planEnvironment } from '../../src/environment/plan.ts'
import type { EnvironmentMode, WishedVariable } from '../../src/environment/wish.ts'
import { failureOf } from '../make/failure.ts'

const STORED: readonly EnvironmentVariable[] = [
  { key: 'HOST', isSecret: false, value: 'db', updatedAt: 't' },
  { key: 'EMPTY', isSecret: false, updatedAt: 't' },
  { key: 'TOKEN', isSecret: true, updatedAt: 't' },
]
const plain = (key: string, value: string): WishedVariable => ({ key, value, isSecret: false })
const secret = (key: string, value: string): WishedVariable => ({ key, value, isSecret: true })
const plan = (variables: readonly WishedVariable[], mode: EnvironmentMode = 'merge'): EnvironmentPlan =>
  planEnvironment(STORED, { mode, variables })

const HOST = { key: 'HOST', isSecret: false, value: 'db' }
const EMPTY = { key: 'EMPTY', isSecret: false, value: '' }
const TOKEN = { key: 'TOKEN', isSecret: true }

describe('a plan', () => {
  test.each<[string, WishedVariable[], EnvironmentMode, EnvironmentPlan['changes'], object[]]>([
    ['the same value again', [plain('HOST', 'db')], 'merge', [], [HOST, EMPTY, TOKEN]],
    ['an empty value that is empty', [plain('EMPTY', '')], 'merge', [], [HOST, EMPTY, TOKEN]],
    [
      'another value',
      [plain('HOST', 'db2')],
      'merge',
      [{ key: 'HOST', kind: 'changed', isSecret: false }],
      [{ ...HOST, value: 'db2' }, EMPTY, TOKEN],
    ],
    [
      'an emptied value',
      [plain('HOST', '')],
      'merge',
      [{ key: 'HOST', kind: 'changed', isSecret: false }],
      [{ ...HOST, value: '' }, EMPTY, TOKEN],
    ],
    [
      'new ones, at the end',
      [plain('A', '1'), secret('B', '2')],
      'merge',
      [
        { key: 'A', kind: 'added', isSecret: false },
        { key: 'B', kind: 'added', isSecret: true },
      ],
      [HOST, EMPTY, TOKEN, plain('A', '1'), secret('B', '2')],
    ],
    [
      'a secret that is given is set again',
      [secret('TOKEN', 'x')],
      'merge',
      [
        {
          key: 'TOKEN',
          kind: 'changed',
          isSecret: true,
          note: 'its stored value cannot be read, so it is set again',
        },
      ],
      [HOST, EMPTY, { ...TOKEN, value: 'x' }],
    ],
    [
      'plain becomes secret',
      [secret('HOST', 'db')],
      'merge',
      [{ key: 'HOST', kind: 'changed', isSecret: true, note: 'plain until now' }],
      [secret('HOST', 'db'), EMPTY, TOKEN],
    ],
    [
      'replace removes what is not mentioned',
      [plain('HOST', 'db')],
      'replace',
      [
        { key: 'EMPTY', kind: 'removed', isSecret: false },
        { key: 'TOKEN', kind: 'removed', isSecret: true },
      ],
      [HOST],
    ],
  ])('%s', (_, variables, mode, changes, list) => {
    const made = plan(variables, mode)
    expect(made.changes).toEqual(changes)
    expect(made.variables).toEqual(list)
  })

  test('a secret that is not mentioned has no value at all, not even an empty one', () => {
    expect(plan([]).variables.find(({ key }) => key === 'TOKEN')).toStrictEqual({
      key: 'TOKEN',
      isSecret: true,
    })
  })

  test('a secret does not become plain by the way', async () => {
    const error = await failureOf(() => plan([plain('TOKEN', 'visible-now'), plain('HOST', 'db2')]))
    expect(error.code).toBe('ASTRO-ENV-SECRET-TO-PLAIN')
    expect(error.message).toContain('TOKEN')
    expect(error.message).toContain('delete the variable in the Astro UI first')
    expect(error.message).not.toMatch(/visible-now|db2/)
  })

  test('names for the output', () => {
    expect(namesOf(plan([plain('A', '1'), plain('HOST', 'db2')], 'replace'))).toEqual({
      added: ['A'],
      changed: ['HOST'],
      removed: ['EMPTY', 'TOKEN'],
      unchanged: 0,
    })
    expect(namesOf(plan([plain('A', '1')]))).toMatchObject({ removed: [], unchanged: 3 })
  })
})
