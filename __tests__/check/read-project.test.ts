import { expect, test } from '@jest/globals'
import { readProject } from '../../src/check/read-project.ts'
import { readDagFolder } from '../../src/project/dag-folder.ts'
import type { FileInFolder } from '../make/folder.ts'
import { linkTo, makeFolder } from '../make/folder.ts'
import { startThread } from './checked.ts'

async function read(files: Readonly<Record<string, FileInFolder>>, deployType = 'infer') {
  const folder = makeFolder(files)
  const dagFolder = readDagFolder(`${folder}/dags`, { workspace: folder })
  const deps = { startThread, signal: new AbortController().signal }
  return readProject(deps, { folder, dagsPath: 'dags', dagFolder, deployType })
}

const FILES = {
  Dockerfile: 'FROM astrocrpublic.azurecr.io/runtime:3.1-2 AS base\nFROM base\n',
  'requirements.txt': '# comment\nmy-package[extra]>=1\n-r other.txt\n',
  'dags/.airflowignore': 'skipped/\n^old_.*\n',
  'dags/a.py': 'x = 1\n',
  'dags/again.py': linkTo('a.py'),
  'dags/old_b.py': 'x = 1\n',
  'dags/skipped/c.py': 'x = 1\n',
  'dags/query.sql': 'select\n',
  'plugins/.airflowignore': 'tests\n',
  'plugins/tests/d.py': 'x = 1\n',
  'plugins/loop': linkTo('.'),
  'plugins/loop.py': linkTo('loop.py'),
  'include/sql/e.py': 'x = 1\n',
  'include/__pycache__/e.py': 'x = 1\n',
  'tests/f.py': 'x = 1\n',
}

test('reads each Python file once, and follows no link', async () => {
  const { results, from, installed } = await read(FILES)
  expect(results.map(({ path }) => path).toSorted()).toEqual([
    'dags/a.py',
    'dags/old_b.py',
    'dags/skipped/c.py',
    'include/sql/e.py',
    'plugins/tests/d.py',
  ])
  expect(from).toBe('FROM astrocrpublic.azurecr.io/runtime:3.1-2 AS base')
  expect([...installed]).toEqual(['my_package'])
})

test('leaves the folders of the image out of a deploy of DAGs alone', async () => {
  const { results } = await read(FILES, 'dags-only')
  expect(results.map(({ path }) => path.split('/')[0])).toEqual(['dags', 'dags', 'dags'])
})

test('knows what either Airflow ignores', async () => {
  const { isIgnored } = await read(FILES)
  const answers = (path: string) => [isIgnored(path, 2), isIgnored(path, 3)]
  expect(answers('dags/a.py')).toEqual(['no', 'no'])
  expect(answers('dags/skipped/c.py')).toEqual(['yes', 'yes'])
  expect(answers('dags/old_b.py')).toEqual(['yes', 'maybe'])
  expect(answers('plugins/tests/d.py')).toEqual(['yes', 'yes'])
  expect(answers('include/sql/e.py')).toEqual(['no', 'no'])
})

test('a DAG folder that is not there leaves the rest', async () => {
  const { results } = await read({ 'plugins/a.py': 'def (\n' })
  expect(results).toMatchObject([{ path: 'plugins/a.py', is: 'read' }])
})
