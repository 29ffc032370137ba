/** What people leave in a file, or half of it. */
const SCRAPS = [
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ':',
    ',',
    '=',
    '"',
    "'",
    '"""',
    '\\',
    '.',
    '*',
    '**',
    '@',
    '->',
    ':=',
    '==',
    '!',
    '$',
  ],
  ...[
    '?',
    '`',
    '0x',
    '07',
    '1e',
    '1_',
    'if ',
    'else ',
    'for ',
    'in ',
    'return ',
    'yield ',
    'await ',
    'async ',
    'def ',
  ],
  ...[
    'class ',
    'import ',
    'from ',
    'lambda ',
    'del ',
    'not ',
    'with ',
    'raise ',
    'None',
    'True',
    '__debug__',
    '*a, *b',
  ],
  ...[
    'f"',
    'f"{',
    'b"é"',
    '=None',
    '\t',
    '    ',
    '\n',
    '\n    ',
    'global x\n',
    'nonlocal x\n',
    'break\n',
    'continue\n',
  ],
  ...[
    'try:\n',
    'except:\n',
    'finally:\n',
    'type X = int\n',
    'match x:\n',
    'case _:\n',
    'print "x"\n',
    'x = 1\n',
  ],
  ...['from __future__ import annotations\n', 'from __future__ import braces\n'],
]

/** Files with one slip each, the same for the same seed. */
export function* mutations(files: readonly string[], count: number, seed: number): Generator<string> {
  let state = seed
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T
  const replaceAt = (text: string, at: number, length: number, scrap: string): string =>
    text.slice(0, at) + scrap + text.slice(at + length)
  const onToken = (text: string, change: (token: string) => string): string => {
    const { 0: token, index } = pick([...text.matchAll(/\w+|[^\w\s]/g)])
    return replaceAt(text, index, token.length, change(token))
  }
  const onLines = (text: string, change: (lines: string[], at: number) => void): string => {
    const lines = text.split('\n')
    change(lines, below(lines.length))
    return lines.join('\n')
  }
  const slips: readonly ((text: string) => string)[] = [
    (text) => replaceAt(text, below(text.length), 1, ''),
    (text) => replaceAt(text, below(text.length), 0, pick(SCRAPS)),
    (text) => text.slice(0, below(text.length)),
    (text) => onToken(text, () => ''),
    (text) => onToken(text, () => pick(SCRAPS)),
    (text) => onToken(text, (token) => `${token} ${token}`),
    (text) => onLines(text, (lines, at) => (lines[at] = (lines[at] ?? '').replace(/^ {1,4}/, ''))),
    (text) => onLines(text, (lines, at) => (lines[at] = ' '.repeat(1 + below(4)) + (lines[at] ?? ''))),
    (text) => onLines(text, (lines, at) => lines.splice(at, 1)),
    (text) => onLines(text, (lines, at) => lines.splice(at, 0, pick(lines))),
    (text) => onLines(text, (lines, at) => lines.splice(at, 0, pick(SCRAPS))),
  ]
  for (let made = 0; made < count; made++) yield pick(slips)(pick(files))
}
