import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { insideContainer, pytestTarget, readReport } from '../../src/image/container-tests.ts'
import { linkTo, makeFolder } from '../make/folder.ts'

const REPORT = '<testsuites><testsuite name="pytest"><testcase name="t"/></testsuite></testsuites>'

test('a report is a file; what a link leads to, or a folder, is none', async () => {
  const folder = makeFolder({ 'report.xml': REPORT, 'folder.xml/': '' })
  expect(await readReport(join(folder, 'report.xml'))).toMatchObject({ tests: 1 })
  expect(await readReport(join(folder, 'folder.xml'))).toBeUndefined()
  if (process.platform === 'win32') return
  const link = join(makeFolder({ 'link.xml': linkTo(join(folder, 'report.xml')) }), 'link.xml')
  expect(await readReport(link)).toBeUndefined()
})

test.each([
  ['', 'dags', 'tests/'],
  ['test_a.py', 'dags', 'tests/test_a.py'],
  ['tests/a.py::test_b', 'flows', 'tests/a.py::test_b'],
  ['flows/tests/x.py', 'flows', 'dags/tests/x.py'],
  ['src/flows/tests', 'src/flows', 'dags/tests'],
  ['flows-old/tests/x.py', 'flows', 'flows-old/tests/x.py'],
  ['tests/x.py', '', 'tests/x.py'],
])('`pytest-file: %s` with `dags-path: %s` is %s in the container', (given, dagsPath, inside) => {
  expect(insideContainer(pytestTarget(given), dagsPath)).toBe(inside)
})
