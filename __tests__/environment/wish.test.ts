import { describe, expect, test } from '@jest/globals'
import type { EnvironmentSource } from '../../src/environment/wish.ts'
import { collectVariables } from '../../src/environment/wish.ts'

const plain = (text: string): EnvironmentSource => ({ input: 'environment-variables', isSecret: false, text })
const secret = (text: string): EnvironmentSource => ({
  input: 'secret-environment-variables',
  isSecret: true,
  text,
})
const file = (name: string, text: string): EnvironmentSource => ({
  input: 'environment-file',
  file: name,
  isSecret: false,
  text,
})

function collect(...sources: EnvironmentSource[]) {
  const hidden: string[] = []
  return { ...collectVariables(sources, (value) => hidden.push(value)), hidden }
}

test('plain, secret and file variables become one list', () => {
  const { variables, problems, warnings } = collect(plain('A=1'), secret('B=secret'), file('e.env', 'C=3'))
  expect([problems, warnings]).toEqual([[], []])
  expect(variables).toEqual([
    { key: 'A', value: '1', isSecret: false },
    { key: 'B', value: 'secret', isSecret: true },
    { key: 'C', value: '3', isSecret: false },
  ])
})

describe('one key in two places', () => {
  test.each<[string, EnvironmentSource[], string, string]>([
    [
      'one text',
      [plain('A=1\nB=2\nA=1')],
      'line 3: A is set twice; the other place is environment-variables, line 1',
      'environment-variables',
    ],
    [
      'text and file',
      [plain('A=1'), file('e.env', '\nA=1')],
      'e.env, line 2: A is set twice; the other place is environment-variables, line 1',
      'environment-file',
    ],
    [
      'two files',
      [file('a.env', 'A=1'), file('b.env', 'A=2')],
      'b.env, line 1: A is set twice; the other place is environment-file, a.env, line 1',
      'environment-file',
    ],
    [
      'plain and secret',
      [plain('A=1'), secret('A=secret')],
      'line 1: A is set as a secret variable and as a plain one; the other place is environment-variables, line 1',
      'secret-environment-variables',
    ],
  ])('%s', (_, sources, problem, input) => {
    expect(collect(...sources).problems).toEqual([{ code: 'ASTRO-ENV-TWICE', input, problem }])
  })
})

test('an empty secret would blank the stored one, and is refused', () => {
  const { problems } = collect(plain('A='), secret('B=\nC=""\nD=secret'))
  expect(problems.map(({ code, problem }) => [code, problem.slice(0, 7)])).toEqual([
    ['ASTRO-ENV-SECRET-EMPTY', 'line 1:'],
    ['ASTRO-ENV-SECRET-EMPTY', 'line 2:'],
  ])
})

test('problems of all sources come at once, with their codes', () => {
  const { problems } = collect(plain('oops'), secret('a-b=1'), file('e.env', '1=x'))
  expect(problems.map(({ code, input }) => [code, input])).toEqual([
    ['ASTRO-ENV-LINE', 'environment-variables'],
    ['ASTRO-ENV-KEY', 'secret-environment-variables'],
    ['ASTRO-ENV-KEY', 'environment-file'],
  ])
})

describe('hiding', () => {
  test('every value of a secret source, and none of the others', () => {
    expect(collect(plain('A=open'), secret('B=one\nC="two\nthree"'), file('e', 'D=open')).hidden).toEqual([
      'one',
      'two\nthree',
    ])
  })

  test('every line of a secret source that cannot be read', () => {
    expect(collect(secret('B=one\nMIIE/x==\r\nrest')).hidden).toEqual(
      expect.arrayContaining(['one', 'MIIE/x==', 'rest']),
    )
  })

  test('a very short secret gives a warning that does not show it', () => {
    const { warnings } = collect(secret('A=q7'))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('secret variable A')
    expect(warnings[0]).not.toContain('q7')
  })
})

test('a file without a variable gives a warning', () => {
  expect(collect(file('e.env', '# later')).warnings).toEqual([
    'The file e.env of `environment-file` holds no variable.',
  ])
})
