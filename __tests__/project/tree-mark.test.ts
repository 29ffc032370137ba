import { expect, test } from '@jest/globals'
import type { TreeMark } from '../../src/project/tree-mark.ts'
import { markTree, readTreeMark } from '../../src/project/tree-mark.ts'

const URL = 'https://github.com/acme/etl/commit/1a2b3c4'

test('files that are just the commit leave its URL as it is', () => {
  expect(markTree(URL, { tree: undefined, modified: [] })).toBe(URL)
})

test.each<TreeMark>([
  { tree: undefined, modified: [] },
  { tree: 'ffeeddc', modified: [] },
  { tree: undefined, modified: ['dags'] },
  { tree: 'ffeeddc', modified: ['dags', 'image'] },
])('a mark is read as it was written: %j', (mark) => {
  expect(readTreeMark(markTree(URL, mark))).toEqual(mark)
})

test.each([undefined, '', '#', `${URL}#diff-1`, `${URL}#modified=nonsense`])(
  'other URLs have none: %s',
  (url) => {
    expect(readTreeMark(url)).toEqual({ tree: undefined, modified: [] })
  },
)
