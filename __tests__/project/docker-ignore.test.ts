import { describe, expect, test } from '@jest/globals'
import { readDockerIgnore } from '../../src/project/docker-ignore.ts'
import { IGNORE_TREE } from '../image/ignore-cases.ts'

const left = (text: string): string[] => IGNORE_TREE.filter((path) => !readDockerIgnore(text)(path))

describe('where Docker differs from git', () => {
  test.each<[string, string, readonly string[], readonly string[]]>([
    ['a name counts at the root only', 'a.txt', ['docs/a.txt'], ['a.txt']],
    ['a name below any folder takes two stars', '**/a.txt', [], ['a.txt', 'docs/a.txt']],
    ['a star does not cross folders', '*.md', ['docs/deep/b.md'], ['README.md']],
    [
      '`!` takes back out of a folder that is left out',
      'docs\n!docs/deep/b.md',
      ['docs/deep/b.md'],
      ['docs/a.txt'],
    ],
    ['the last line that matches decides', '*\n!dags\ndags/keep', ['dags/a.py'], ['dags/keep/b.py', 'a.txt']],
    ['upper and lower case count', 'A.txt', ['a.txt', 'A.TXT'], []],
    [
      'folders are compared whole',
      'dags',
      ['dags-old/a.py', 'include/dags/c.sql'],
      ['dags/a.py', 'dags/keep/b.py'],
    ],
  ])('%s', (_, text, kept, gone) => {
    expect(left(text)).toEqual(expect.arrayContaining([...kept]))
    for (const path of gone) expect(left(text)).not.toContain(path)
  })
})

test('without a line everything is in the image', () => {
  expect(left('# nothing\n\n')).toEqual(IGNORE_TREE)
})
