import { describe, expect, test } from '@jest/globals'
import {
  parseBoolean,
  parseChoice,
  parseDuration,
  parseGlobs,
  parseRelativePath,
} from '../../src/inputs/values.ts'

describe('booleans are strict YAML 1.2 in any case', () => {
  test.each([
    ['true', true],
    ['TRUE', true],
    ['True', true],
    ['false', false],
    ['FALSE', false],
  ])('%s', (text, value) => expect(parseBoolean(text)).toEqual({ value }))

  test.each(['yes', 'no', 'on', 'off', '1', '0', 'y', '', 'truee', ' true'])('%j is refused', (text) =>
    expect(parseBoolean(text)).toEqual({ problem: expect.stringContaining('not a boolean') }),
  )
})

describe('durations', () => {
  test.each([
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['300', 300_000],
    ['1h30m', 5_400_000],
    ['24h', 86_400_000],
  ])('%s', (text, value) => expect(parseDuration(text)).toEqual({ value }))

  test.each([
    '',
    '5 m',
    '-5m',
    '1.5h',
    'm',
    '5d',
    '10 minutes',
    '1e3',
    '٣m',
    '0',
    '0s',
    '25h',
    '99999999999',
  ])('%j is refused', (text) => expect(parseDuration(text)).toEqual({ problem: expect.any(String) }))
})

describe('relative paths', () => {
  test.each([
    ['.', ''],
    ['./', ''],
    ['/', ''],
    ['a', 'a'],
    ['./a', 'a'],
    ['a/', 'a'],
    ['/a', 'a'],
    ['a//b/', 'a/b'],
    ['a/./b', 'a/b'],
    ['a/../b', 'b'],
    ['año/日本 語', 'año/日本 語'],
    ['..a', '..a'],
    ['a..', 'a..'],
  ])('%j means %j', (text, value) => expect(parseRelativePath(text)).toEqual({ value }))

  test.each(['..', '../', '../a', 'a/../..', '/../a', 'a\0b', './../x', 'a'.repeat(5000)])(
    '%j is refused',
    (text) => expect(parseRelativePath(text)).toEqual({ problem: expect.any(String) }),
  )
})

test('a choice is one of the words, exactly', () => {
  expect(parseChoice('b', ['a', 'b'])).toEqual({ value: 'b' })
  expect(parseChoice('B', ['a', 'b'])).toEqual({ problem: '"B" is not one of a, b' })
})

test('globs are split at lines and commas, but not inside of braces', () => {
  expect(parseGlobs('a, b\nc\n\n ,d ')).toEqual(['a', 'b', 'c', 'd'])
  expect(parseGlobs('proto/{a,b}/**, c\n{d,e}')).toEqual(['proto/{a,b}/**', 'c', '{d,e}'])
})
