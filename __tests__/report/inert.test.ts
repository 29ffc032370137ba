import { describe, expect, test } from '@jest/globals'
import { inert } from '../../src/report/inert.ts'

/** How a runner may read a line: `::` first, white space aside (for .NET, U+0085 is some); or `##[` anywhere. */
const obeyed = (text: string): string[] =>
  text.split(/\r\n|[\r\n\u0085]/).filter((line) => line.trimStart().startsWith('::') || line.includes('##['))

describe('inert', () => {
  test.each([
    '::error::stop',
    '  \t::add-mask::x',
    '\u00a0::set-output name=a::b',
    '\u0085::error::x',
    ' \u0085\t::error::x',
    'first\u0085::error::second',
    'first\n::error::second',
    'first\r::error::second',
    'first\r\n   ::stop-commands::token',
    'in the middle ##[error]of it',
    '\n\n::group::after empty lines',
  ])('breaks up %j', (text) => {
    expect(obeyed(text)).not.toEqual([])
    expect(obeyed(inert(text))).toEqual([])
  })

  test.each(['std::vector', 'a :: b', '# # [x]', 'plain\ntext', ''])('leaves %j as it is', (text) => {
    expect(inert(text)).toBe(text)
  })
})
