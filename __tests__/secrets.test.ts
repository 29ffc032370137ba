import { describe, expect, test } from '@jest/globals'
import { createSecrets } from '../src/secrets.ts'

function make() {
  const masked: string[] = []
  return { secrets: createSecrets((value) => masked.push(value)), masked }
}

test('a value is masked whole, by lines, and in the forms in which it travels', () => {
  const { secrets, masked } = make()
  secrets.hide('first line&\nsecond line\n}')
  for (const form of [
    'first line&\nsecond line\n}',
    'first line&',
    'second line',
    encodeURIComponent('first line&'),
    Buffer.from('first line&').toString('base64'),
    Buffer.from('second line').toString('base64url'),
    'first line&\\nsecond line\\n}',
  ]) {
    expect(masked).toContain(form)
    expect(secrets.redact(`before ${form} after`)).toBe('before *** after')
  }
})

test('a line of a few characters of a longer value is left, or every brace of the log would be masked', () => {
  const { secrets, masked } = make()
  secrets.hide('{\n"a": "secret"\n}')
  expect(masked).not.toContain('}')
  expect(secrets.redact('if (x) {}')).toBe('if (x) {}')
})

describe('a value of less than four characters', () => {
  test.each([
    ['abc', 'abc "abc", (abc) PIN=abc; abc.', '*** "***", (***) PIN=***; ***.'],
    ['abc', 'abcd xabc abc1 _abc äabc', 'abcd xabc abc1 _abc äabc'],
    ['1', 'HTTP 401 for cl1 after 1 attempt', 'HTTP 401 for cl1 after *** attempt'],
    ['$&', 'a $& b, "$&"', 'a *** b, "***"'],
    ['.', 'It failed. See a.b', 'It failed. See a.b'],
    ['ä', 'ä, ärger', '***, ärger'],
  ])('is redacted where it stands by itself: %s in %s', (value, text, redacted) => {
    const { secrets } = make()
    secrets.hide(value)
    expect(secrets.redact(text)).toBe(redacted)
  })

  test('is not told to the runner, which would mask it in every word', () => {
    const { secrets, masked } = make()
    for (const value of ['1', 'ab', 'abc', '\n7\n']) secrets.hide(value)
    expect(masked.filter((form) => form.length < 4)).toEqual([])
    secrets.hide('abcd')
    expect(masked).toContain('abcd')
  })
})

test.each(['', '   ', '\n'])('nothing is not masked: %j', (value) => {
  const { secrets, masked } = make()
  secrets.hide(value)
  expect(masked).toEqual([])
  expect(secrets.redact('a b')).toBe('a b')
})

test('a value is told to the runner once', () => {
  const { secrets, masked } = make()
  secrets.hide('value')
  const count = masked.length
  secrets.hide('value')
  expect(masked).toHaveLength(count)
})

test('a secret inside a longer one leaves nothing of the longer one', () => {
  const { secrets } = make()
  secrets.hide('pass')
  secrets.hide('password-of-mine')
  expect(secrets.redact('password-of-mine')).toBe('***')
})
