import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { TarEntry } from '../../src/project/tar-header.ts'
import { paddingAfter, tarHeader } from '../../src/project/tar-header.ts'
import { runPython } from '../make/python.ts'

/** What Python's tarfile makes of headers, each followed by what `content` says it has. */
const LIST = `
import io, json, sys, tarfile
found = []
for block in sys.stdin.buffer.read().split(b"--next--"):
    with tarfile.open(fileobj=io.BytesIO(block), format=tarfile.PAX_FORMAT, encoding="utf-8") as tar:
        entry = tar.next()
        found.append([entry.name, entry.linkname, entry.size, int(entry.mtime), entry.mode, entry.type.decode(), entry.uid, entry.gid, entry.uname, entry.gname])
json.dump(found, sys.stdout)
`

const listed = (entries: readonly TarEntry[]): unknown =>
  runPython(LIST, {
    input: Buffer.concat(
      entries.flatMap((entry, i) => [...(i > 0 ? [Buffer.from('--next--')] : []), tarHeader(entry)]),
    ),
  })

const expected = (entry: TarEntry): unknown => [
  entry.path,
  entry.kind === 'link' ? entry.target : '',
  entry.kind === 'file' ? entry.size : 0,
  Math.floor(entry.mtime.getTime() / 1000),
  entry.mode,
  entry.kind === 'file' ? '0' : '2',
  0,
  0,
  '',
  '',
]

const file = (facts: Partial<Extract<TarEntry, { kind: 'file' }>>): TarEntry => ({
  kind: 'file',
  path: 'dags/a.py',
  size: 5,
  mode: 0o644,
  mtime: new Date('2024-02-03T04:05:06.789Z'),
  ...facts,
})
const link = (path: string, target: string): TarEntry => ({
  kind: 'link',
  path,
  target,
  mode: 0o777,
  mtime: new Date(1e12),
})

describe('Python reads what was written', () => {
  test.each<[string, TarEntry, number]>([
    ['a plain file', file({}), 512],
    ['an empty file', file({ size: 0 }), 512],
    ['an executable', file({ mode: 0o755 }), 512],
    ['special permission bits', file({ mode: 0o7777 }), 512],
    ['spaces and quotes', file({ path: `dags/it's "a" b.py` }), 512],
    ['a path of 100 bytes', file({ path: `dags/${'x'.repeat(95)}` }), 512],
    ['a path of 101 bytes', file({ path: `dags/${'x'.repeat(96)}` }), 1536],
    ['a path of 1000 bytes', file({ path: `dags/${'deep/'.repeat(199)}` + 'a.py' }), 2048],
    ['a short path in unicode', file({ path: 'dags/日本語.py' }), 1536],
    ['a line break in a name', file({ path: 'dags/a\nb.py' }), 1536],
    ['a backslash in a name', file({ path: 'dags/a\\b.py' }), 512],
    ['8 GiB less a byte', file({ size: 2 ** 33 - 1 }), 512],
    ['8 GiB', file({ size: 2 ** 33 }), 1536],
    ['5 TB', file({ size: 5e12 }), 1536],
    ['the first second of 1970', file({ mtime: new Date(0) }), 512],
    ['a time before 1970', file({ mtime: new Date('1969-12-31T23:00:00Z') }), 1536],
    ['a time after 2038', file({ mtime: new Date('2100-01-01T00:00:00Z') }), 512],
    ['a link', link('dags/b.py', 'a.py'), 512],
    ['a link with a long target', link('dags/b.py', `${'../'.repeat(50)}a.py`), 1536],
    ['a link in unicode to unicode', link('dags/é.py', 'ü.py'), 1536],
  ])('%s', (_, entry, bytes) => {
    expect(tarHeader(entry)).toHaveLength(bytes)
    expect(listed([entry])).toEqual([expected(entry)])
  })

  test('any entry', () => {
    const text = (maxLength: number): fc.Arbitrary<string> =>
      fc.string({ unit: 'grapheme', minLength: 1, maxLength }).map((name) => name.replace(/[\0/]/g, '_'))
    const common = {
      path: fc.array(text(60), { minLength: 1, maxLength: 12 }).map((names) => `dags/${names.join('/')}`),
      mode: fc.integer({ min: 0, max: 0o7777 }),
      mtime: fc.date({ min: new Date(-1e12), max: new Date(8e12), noInvalidDate: true }),
    }
    const entries: TarEntry[] = [
      ...fc.sample(fc.record({ kind: fc.constant('file' as const), size: fc.maxSafeNat(), ...common }), 300),
      ...fc.sample(fc.record({ kind: fc.constant('link' as const), target: text(150), ...common }), 300),
    ]
    expect(listed(entries)).toEqual(entries.map(expected))
  })
})

test.each([
  [0, 0],
  [1, 511],
  [511, 1],
  [512, 0],
  [513, 511],
])('after %i bytes come %i of padding', (size, padding) => {
  expect(paddingAfter(size)).toBe(padding)
})
