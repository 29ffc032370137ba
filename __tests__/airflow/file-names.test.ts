import { describe, expect, test } from '@jest/globals'
import { nameFiles } from '../../src/airflow/file-names.ts'

const own = new Set(['a.py', 'team/foo.py', 'pkg.zip', 'foo.py'])

test.each([
  ['relative, as in Airflow 3', [], 'team/foo.py', 'team/foo.py'],
  ['below the folder of Astro', [], '/usr/local/airflow/dags/team/foo.py', 'team/foo.py'],
  ['below the folder of the image', [], '/opt/airflow/dags/a.py', 'a.py'],
  ['a file that is gone keeps its own name', [], '/usr/local/airflow/dags/old/foo.py', 'old/foo.py'],
  ['in an archive', [], 'pkg.zip/inner.py', 'pkg.zip'],
  ['in an archive that is not ours', [], 'x.zip/inner.py', 'x.zip/inner.py'],
  [
    'below a root that the others tell',
    ['/srv/x/a.py', '/srv/x/team/foo.py'],
    '/srv/x/old/foo.py',
    'old/foo.py',
  ],
  ['below a root that only itself tells', ['/srv/x/team/foo.py'], '/srv/x/team/foo.py', 'team/foo.py'],
  ['of somebody else', ['/srv/x/a.py'], '/elsewhere/b.py', '/elsewhere/b.py'],
])('%s', (_, others, name, path) => {
  expect(nameFiles([...others, name], own)(name)).toBe(path)
})

test.each([
  ['the file itself', ['/srv/x/team/foo.py'], '/srv/x/team/foo.py', 'team/foo.py'],
  ['a helper', ['/srv/x/a.py', '/srv/x/team/foo.py'], '/srv/x/team/foo.py', 'team/foo.py'],
  ['a file of the project that is called as one', ['/usr/local/airflow/include/foo.py'], '/usr/local/airflow/include/foo.py', undefined],
  ['each version of a bundle', ['/b/v1/a.py', '/b/v2/team/foo.py'], '/b/v1/team/foo.py', 'team/foo.py'],
  ['a package with a file of the same name', ['/venv/lib/python3.12/site-packages/x/a.py'], '/venv/lib/python3.12/site-packages/x/a.py', undefined],
  ["a file of Python's own", ['/usr/local/lib/python3.12/team/foo.py'], '/usr/local/lib/python3.12/team/foo.py', undefined],
])('the root of Airflow 3 is told by a traceback through %s', (_, frames, name, path) => {
  expect(nameFiles(['a.py'], own, frames)(name)).toBe(path ?? name)
}) // prettier-ignore

describe('a DAG bundle on Astro, with the DAG folder as `dags/` in it', () => {
  const BUNDLE = '/tmp/airflow/dag_bundles/astro/main/dags/2025-11-07T15:28:12.8895389Z/dags/'

  test.each([
    ['a DAG file', ['dags/a.py'], 'dags/team/foo.py', 'team/foo.py'],
    ['an archive', ['dags/a.py'], 'dags/pkg.zip/inner.py', 'pkg.zip'],
    ['a file that is gone', ['dags/a.py'], 'dags/old.py', 'old.py'],
    ['as it lay before, in an image', ['dags/a.py', 'dags/foo.py'], 'team/foo.py', 'team/foo.py'],
    ['now, though it lay elsewhere before', ['a.py', 'foo.py'], 'dags/team/foo.py', 'team/foo.py'],
  ])('%s', (_, others, name, path) => {
    expect(nameFiles([...others, name], own)(name)).toBe(path)
  })

  test('in a traceback', () => {
    const frame = `${BUNDLE}team/foo.py`
    expect(nameFiles(['dags/a.py'], own, [frame])(frame)).toBe('team/foo.py')
  })

  test('is not taken for a folder of that name in the DAG folder', () => {
    const nested = new Set(['x.py', 'dags/x.py', 'dags/y.py'])
    const plain = nameFiles(['x.py', 'dags/x.py', 'dags/y.py'], nested)
    expect(['x.py', 'dags/x.py', 'dags/y.py'].map(plain)).toEqual(['x.py', 'dags/x.py', 'dags/y.py'])
    const inBundle = ['dags/x.py', 'dags/dags/x.py', 'dags/dags/y.py']
    expect(inBundle.map(nameFiles(inBundle, nested))).toEqual(['x.py', 'dags/x.py', 'dags/y.py'])
  })
})
