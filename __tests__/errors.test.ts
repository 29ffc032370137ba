import { expect, test } from '@jest/globals'
import { asSentence, describeError, quote } from '../src/errors.ts'

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
