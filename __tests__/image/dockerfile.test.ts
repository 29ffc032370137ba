import { describe, expect, test } from '@jest/globals'
import { ignoreFileFor, readDockerfile } from '../../src/image/dockerfile.ts'

test.each<[string, string, string | undefined, boolean]>([
  [
    'one stage',
    'FROM quay.io/astronomer/astro-runtime:13.2.0\n',
    'FROM quay.io/astronomer/astro-runtime:13.2.0',
    true,
  ],
  [
    'lower case, a platform, a name',
    '# x\nfrom --platform=linux/amd64 base:1 as last',
    'from --platform=linux/amd64 base:1 as last',
    false,
  ],
  ['the last stage counts', 'FROM a AS one\nFROM b\n', 'FROM b', false],
  ['a stage on a stage', 'FROM a AS one\nFROM one AS two\nFROM two\n', 'FROM a AS one', false],
  ['a stage of the name of its base', 'FROM a AS a\n', 'FROM a AS a', false],
  ['none', 'RUN x\n', undefined, false],
])('FROM: %s', (_, text, from, pull) => {
  expect(readDockerfile(text)).toEqual({ from, pull })
})

describe('the ignore file', () => {
  test.each<[string, string | undefined, boolean, string]>([
    ['gets the DAG folder', '.git\n', false, '.git\ndags/\n'],
    ['is made where there is none', undefined, false, 'dags/\n'],
    ['has the last word over exceptions', '*\n!dags', false, '*\n!dags\ndags/\n'],
    [
      'loses the DAG folder when the image brings the DAGs',
      '.git\r\n/dags/\r\ndags/**\r\ntests',
      true,
      '.git\ntests\n',
    ],
    ['keeps what only looks alike', 'dags-old\n**/dags\n', true, 'dags-old\n**/dags\n'],
  ])('%s', (_, own, inImage, expected) => {
    expect(ignoreFileFor(own, 'dags', inImage)).toBe(expected)
  })
  test.each([
    ['src/flows', 'src/flows/'],
    ['[a]*?', '\\[a\\]\\*\\?/'],
    ['#dags', '\\#dags/'],
    ['!dags', '\\!dags/'],
    ['a (b)', 'a \\(b\\)/'],
  ])('names the folder %j itself', (folder, line) => {
    expect(ignoreFileFor(undefined, folder, false)).toBe(`${line}\n`)
  })
})
