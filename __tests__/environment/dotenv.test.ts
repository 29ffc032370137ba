import { describe, expect, test } from '@jest/globals'
import { parse } from 'dotenv'
import * as fc from 'fast-check'
import { parseDotenv } from '../../src/environment/dotenv.ts'

const read = (text: string) => {
  const { assignments, problems } = parseDotenv(text)
  expect(problems).toEqual([])
  return assignments.map(({ key, value, line }) => [key, value, line])
}

describe('what is taken', () => {
  test.each<[string, string, [string, string, number][]]>([
    [
      'plain',
      'A=1\nB=two words',
      [
        ['A', '1', 1],
        ['B', 'two words', 2],
      ],
    ],
    ['blank lines and comments', '\n# A=0\n  \nA=1 # of many\n', [['A', '1', 4]]],
    ['white space around', '  A = 1  ', [['A', '1', 1]]],
    [
      'export',
      'export A=1\n\texport  B=2',
      [
        ['A', '1', 1],
        ['B', '2', 2],
      ],
    ],
    ['a key named export', 'export=1', [['export', '1', 1]]],
    ['= in the value', 'URL=https://h.example/?a=b==', [['URL', 'https://h.example/?a=b==', 1]]],
    [
      'empty values',
      'A=\nB=""\nC= # nothing but a comment',
      [
        ['A', '', 1],
        ['B', '', 2],
        ['C', '', 3],
      ],
    ],
    ['single quotes take everything', "A='a # b \\n'", [['A', 'a # b \\n', 1]]],
    ['double quotes know \\n', 'A="a\\nb" # c', [['A', 'a\nb', 1]]],
    ['backticks', 'A=`it\'s "so"`', [['A', 'it\'s "so"', 1]]],
    [
      'several lines',
      'A="-----BEGIN\nabc=\n-----END"\nB=2',
      [
        ['A', '-----BEGIN\nabc=\n-----END', 1],
        ['B', '2', 4],
      ],
    ],
    [
      'CRLF',
      'A=1\r\nB="x\r\ny"\r\nC=3\r\n',
      [
        ['A', '1', 1],
        ['B', 'x\ny', 2],
        ['C', '3', 4],
      ],
    ],
    ['a byte order mark', '\uFEFFA=1', [['A', '1', 1]]],
    ['a colon, as in YAML', 'A: 1', [['A', '1', 1]]],
    ['JSON without quotes', 'A={"b": "c"}', [['A', '{"b": "c"}', 1]]],
    [
      'a key that every object has',
      '__proto__=1\nconstructor=2',
      [
        ['__proto__', '1', 1],
        ['constructor', '2', 2],
      ],
    ],
    [
      'a backslash before the closing quote',
      'A="C:\\"\nB="x"',
      [
        ['A', 'C:\\', 1],
        ['B', 'x', 2],
      ],
    ],
    ['nothing', '', []],
  ])('%s', (_, text, expected) => {
    expect(read(text)).toEqual(expected)
  })
})

describe('what is refused, with its line', () => {
  test.each<[string, string, number, 'line' | 'key', string]>([
    ['no assignment', 'A=1\njust text', 2, 'line', 'not KEY=value'],
    ['a key alone', 'A', 1, 'line', 'not KEY=value'],
    ['export without a value', 'export A', 1, 'line', 'not KEY=value'],
    ['a digit first', '1A=x', 1, 'key', 'begins with a digit'],
    ['a dash', 'A-B=x', 1, 'key', 'holds "-"'],
    ['a dot', 'a.b=x', 1, 'key', 'holds "."'],
    ['a space', 'MY KEY=x', 1, 'key', 'not a variable name'],
    ['letters of other alphabets', 'GRÖSSE=x', 1, 'key', 'not a variable name'],
    ['no key', '=x', 1, 'key', 'not a variable name'],
    ['an open quote', 'A=1\nB="x\nC=3', 2, 'line', 'opened and not closed'],
    ['text after a quote', "A='x' y", 1, 'line', 'text follows'],
    ['a # inside', 'A=pass#word', 1, 'line', 'begins a comment'],
    ['a # at once', 'COLOUR=#ff0000', 1, 'line', 'begins a comment'],
    ['a value on the next line', 'A=\n"x"', 2, 'line', 'not KEY=value'],
    ['a null character', 'A="x\0y"', 1, 'line', 'null character'],
    ['after a value of several lines', 'A="x\ny"\n\noops', 4, 'line', 'not KEY=value'],
  ])('%s', (_, text, line, kind, words) => {
    const { problems } = parseDotenv(text)
    expect(problems).toMatchObject([{ line, kind }])
    expect(problems[0]?.problem).toContain(words)
  })

  test('a problem shows nothing of a line but one character', () => {
    const secrets = ['hunter2-hunter3=', 'MIIEvQ/IBADAN=', 'aaaa bbbb', '"cccc', "'dddd' eeee", 'K=ffff#gggg']
    const { problems } = parseDotenv(secrets.join('\n'))
    const shown = JSON.stringify(problems)
    for (const word of ['hunter', 'MIIE', 'aaaa', 'bbbb', 'cccc', 'dddd', 'eeee', 'ffff', 'gggg']) {
      expect(shown).not.toContain(word)
    }
  })

  test('all problems come at once', () => {
    expect(parseDotenv('a-b=1\nA=1\nfoo\n2=x').problems.map(({ line }) => line)).toEqual([1, 3, 4])
  })
})

const KEY = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter((key) => key !== '__proto__')
const printable = fc.string({
  unit: fc.constantFrom(...Array.from('abZ09 _-.=:/\\$#\'"`\n\r\t{}[],é😀')),
  maxLength: 12,
})

/** Text that looks like dotenv, most of it right and some of it wrong. */
const dotenvText = fc
  .array(
    fc.oneof(
      fc
        .tuple(KEY, fc.constantFrom('=', ' = ', ': '), printable)
        .map(([key, sign, raw]) => `${key}${sign}${raw}`),
      fc
        .tuple(KEY, fc.constantFrom('"', "'", '`'), printable)
        .map(([key, quote, raw]) => `export ${key}=${quote}${raw}${quote}`),
      printable.map((raw) => `# ${raw}`),
      printable,
    ),
    { maxLength: 6 },
  )
  .chain((lines) => fc.constantFrom('\n', '\r\n').map((lineBreak) => lines.join(lineBreak)))

describe('beside the library', () => {
  test('text without a problem means what the library reads in it', () => {
    let taken = 0
    fc.assert(
      fc.property(dotenvText, (text) => {
        const { assignments, problems } = parseDotenv(text)
        fc.pre(problems.length === 0)
        taken += assignments.length
        expect(Object.fromEntries(assignments.map(({ key, value }) => [key, value]))).toEqual({
          ...parse(text),
        })
      }),
      { numRuns: 2000, maxSkipsPerRun: 1000 },
    )
    expect(taken).toBeGreaterThan(500)
  })

  test('lines are where the keys stand', () => {
    fc.assert(
      fc.property(dotenvText, (text) => {
        const lines = text.split(/\r\n?|\n/)
        for (const { key, line } of parseDotenv(text).assignments) {
          expect(lines[line - 1]?.replace(/^\s*(?:export\s+)?/, '').startsWith(key)).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
