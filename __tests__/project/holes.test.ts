import { describe, expect, test } from '@jest/globals'
import { checkoutIncomplete, standsIn } from '../../src/project/holes.ts'
import { findStandIns, listFiles } from '../../src/project/stand-ins.ts'
import { LFS_POINTER } from '../make/checkout.ts'
import { makeFolder } from '../make/folder.ts'

const seen = (text: string, hasFilter = false): string | undefined =>
  standsIn(Buffer.from(text, 'latin1'), hasFilter)

describe('what stands in for a file', () => {
  test.each([
    ['a pointer', LFS_POINTER],
    ['a pointer with extensions', LFS_POINTER.replace('oid', `ext-0-x sha256:${'a'.repeat(64)}\noid`)],
    ['a pointer of the first version', LFS_POINTER.replace('git-lfs.github.com', 'hawser.github.com')],
    ['a pointer with the line ends of Windows', LFS_POINTER.replaceAll('\n', '\r\n')],
  ])('Git LFS: %s', (_, text) => expect(seen(text)).toBe('lfs'))

  test.each([
    ['an address alone', 'version https://git-lfs.github.com/spec/v1\n'],
    ['an ID that is none', LFS_POINTER.replace('4d7a', 'zzzz')],
    ['text that speaks of one', `# ${LFS_POINTER}`],
    ['nothing', ''],
  ])('%s is content', (_, text) => expect(seen(text, true)).toBeUndefined())

  test.each([
    ['git-crypt', '\0GITCRYPT\0\u0001\u00ff', 'encrypted'],
    ['transcrypt', 'U2FsdGVkX19hYmM=\n', 'encrypted'],
    ['openssl', 'Salted__\u0001', 'encrypted'],
    ['age', 'age-encryption.org/v1\n-> X25519 x\n', 'encrypted'],
    ['age, as text', '-----BEGIN AGE ENCRYPTED FILE-----\n', 'encrypted'],
    ['PGP', '-----BEGIN PGP MESSAGE-----\n', 'encrypted'],
    ['git-annex', '/annex/objects/SHA256E-s5--2cf2.csv\n', 'annex'],
    ['git-fat', '#$# git-fat 4e1243bd22c66e76c2ba9eddc1f91394e57f9f83    6', 'annex'],
  ])('%s, where the repository has a filter', (_, text, kind) => {
    expect(seen(text, true)).toBe(kind)
    expect(seen(text)).toBeUndefined()
  })
})

test('files are looked into as far as that tells something', async () => {
  const big = `\0GITCRYPT\0${'x'.repeat(5_000)}`
  const folder = makeFolder({
    'a.csv': LFS_POINTER,
    'big.csv': `${LFS_POINTER}${' '.repeat(2_000)}`,
    'crypt.sql': big,
    'no-filter.sql': big,
    '.git/x.csv': LFS_POINTER,
    'sub/empty.csv': '',
  })
  const files = listFiles(folder).toSorted()
  expect(files).toEqual(['a.csv', 'big.csv', 'crypt.sql', 'no-filter.sql', 'sub/empty.csv'])
  const candidates = [...files, 'gone.csv'].map((name) => ({ path: name, absolutePath: `${folder}/${name}` }))
  expect(await findStandIns(candidates, new Set([`${folder}/crypt.sql`]))).toEqual([
    { path: 'a.csv', kind: 'lfs' },
    { path: 'crypt.sql', kind: 'encrypted' },
  ])
})

test('the error names paths and, once each, what brings them', () => {
  const many = Array.from({ length: 20 }, (_, n) => ({ path: `dags/${n + 10}.csv`, kind: 'lfs' as const }))
  const { code, observed, fix } = checkoutIncomplete([{ path: 'a', kind: 'submodule' }, ...many])
  expect(code).toBe('ASTRO-CHECKOUT-INCOMPLETE')
  expect(observed).toMatch(/^a: a submodule that was not fetched\ndags\/10\.csv: .*\nand 11 more$/s)
  expect(fix.match(/`submodules: true`|`lfs: true`/g)).toEqual(['`submodules: true`', '`lfs: true`'])
})
