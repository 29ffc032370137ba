import { expect, test } from '@jest/globals'
import { asSentence, describeError, listSome, quote } from '../src/errors.ts'

test.each([
  ['', '""'],
  ['a value', '"a value"'],
  ['x'.repeat(100), `"${'x'.repeat(100)}"`],
  ['x'.repeat(101), 'a value of 101 characters'],
])('%j is quoted', (text, quoted) => expect(quote(text)).toBe(quoted))

test.each([
  [new Error('It broke'), 'It broke'],
  [new TypeError(''), 'TypeError'],
  [Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }), 'connect failed (ECONNREFUSED)'],
  [Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' }), 'ENOENT: no such file'],
  ['a text', 'a text'],
])('%p is described', (thrown, text) => expect(describeError(thrown)).toBe(text))

test.each([
  ['It broke', 'It broke.'],
  ['It broke. ', 'It broke.'],
  ['Why?', 'Why?'],
])('%j ends as a sentence', (text, sentence) => expect(asSentence(text)).toBe(sentence))

test.each([
  [[], ''],
  [['a', 'b'], 'a, b'],
  [['a', 'b', 'c', 'd'], 'a, b and 2 more'],
])('of %j the first two are listed', (items, text) => expect(listSome(items, 2)).toBe(text))

test('a list may be parted by something else, and what is left out may be much', () => {
  const many = Array.from({ length: 2_001 }, (_, index) => String(index))
  expect(listSome(many, 1, '; ')).toBe('0 and 2,000 more')
  expect(listSome(['a', 'b'], 2, '\n')).toBe('a\nb')
})
