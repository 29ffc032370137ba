import * as path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { decideLink, isInside } from '../../src/project/dag-link.ts'

const root = path.resolve('/work/project/my_dags')
const at = (inside: string): string => path.join(root, inside)
const beside = (name: string): string => path.join(path.dirname(root), name)

describe('a link in the DAG folder', () => {
  test.each([
    ['to a file beside it', 'a', 'b.py', at('a/b.py'), 'b.py'],
    ['to a file in another folder', 'a', '../c/d.py', at('c/d.py'), '../c/d.py'],
    ['to a folder', '', 'shared', at('shared'), 'shared'],
    ['to the DAG folder itself', 'a', '..', root, '..'],
    ['that begins with a dot', 'a', './b.py', at('a/b.py'), './b.py'],
    ['to a link, whose own end is inside', '', 'alias.py', at('real/b.py'), 'alias.py'],
  ])('%s is kept as it is', (_, parent, text, end, target) => {
    expect(decideLink({ root, parent: at(parent), text, end })).toEqual({ is: 'inside', target })
  })

  test.each([
    ['absolute', '', at('c/d.py'), at('c/d.py'), 'c/d.py'],
    ['absolute, to the DAG folder', '', root, root, '.'],
    ['absolute, through another path that means the same', 'a', '/alias/my_dags/b.py', at('b.py'), '../b.py'],
    ['through the name that the folder has here', '', '../my_dags/c/d.py', at('c/d.py'), 'c/d.py'],
    ['through a name and up again', 'a', 'link/../e.py', at('c/e.py'), '../c/e.py'],
    ['through a link outside that leads back', 'a', '../../lib/back', at('c/d.py'), '../c/d.py'],
  ])('%s, is rewritten to where it ends', (_, parent, text, end, target) => {
    expect(decideLink({ root, parent: at(parent), text, end })).toEqual({ is: 'inside', target })
  })

  test.each([
    ['outside, relative', '../lib.py', beside('lib.py')],
    ['outside, absolute', '/etc/passwd', path.resolve('/etc/passwd')],
    ['in a folder whose name only begins alike', '../my_dags-old/x.py', beside('my_dags-old/x.py')],
    ['outside at the end of a link inside', 'alias.py', beside('lib.py')],
  ])('that ends %s leaves', (_, text, end) => {
    expect(decideLink({ root, parent: root, text, end })).toEqual({ is: 'outside' })
  })

  test.each([
    ['inside', 'gone.py', 'dangling'],
    ['outside', '../gone.py', 'outside'],
    ['at an absolute path', '/usr/local/airflow/include', 'outside'],
    ['inside, although it climbs', 'a/../gone.py', 'dangling'],
  ])('that ends nowhere %s is told as such', (_, text, is) => {
    expect(decideLink({ root, parent: root, text, end: undefined })).toEqual({ is })
  })

  test.each([
    ['at bytecode', 'b.pyc', at('b.pyc')],
    ['in a folder of bytecode', 'a/__pycache__/b.py', at('a/__pycache__/b.py')],
    ['at a file that is reached through something left out', '.git', at('c/d.py')],
    ['in history, through a link', 'alias', at('.git/config')],
  ])('that ends %s leads to nothing that is shipped', (_, text, end) => {
    expect(decideLink({ root, parent: root, text, end })).toEqual({ is: 'left-out' })
  })
})

test.each([
  ['/p/dags', '/p/dags', true],
  ['/p/dags', '/p/dags/x', true],
  ['/p/dags', '/p/dags/..x', true],
  ['/p/dags', '/p/dags-old', false],
  ['/p/dags', '/p', false],
  ['/p/dags', '/q/dags/x', false],
])('%s holds %s: %s', (folder, candidate, expected) => {
  expect(isInside(path.resolve(folder), path.resolve(candidate))).toBe(expected)
})
