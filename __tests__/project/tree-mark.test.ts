import { expect, test } from '@jest/globals'
import type { TreeMark } from '../../src/project/tree-mark.ts'
import { markTree, NO_MARK, readTreeMark } from '../../src/project/tree-mark.ts'

const URL = 'https://github.com/acme/etl/commit/1a2b3c4'

test('files that are just the commit leave its URL as it is', () => {
  expect(markTree(URL, NO_MARK)).toBe(URL)
})

test.each<TreeMark>([
  NO_MARK,
  { ...NO_MARK, tree: 'ffeeddc' },
  { ...NO_MARK, modified: ['dags'] },
  { ...NO_MARK, whole: ['dags'] },
  { ...NO_MARK, inputs: { image: '12ab34' } },
  { tree: 'ffeeddc', modified: ['dags', 'image'], inputs: { dags: '00ff00', image: '12ab34' } },
])('a mark is read as it was written: %j', (mark) => {
  expect(readTreeMark(markTree(URL, mark))).toEqual(mark)
})

test.each([undefined, '', '#', `${URL}#diff-1`, `${URL}#modified=nonsense`])(
  'other URLs have none: %s',
  (url) => {
    expect(readTreeMark(url)).toEqual(NO_MARK)
  },
)
