import { expect, test } from '@jest/globals'
import { annotate } from '../../src/image/test-results.ts'
import { readJUnit } from '../../src/image/junit.ts'

const XML = `<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4">
<testcase classname="tests.test_a" name="test_ok" file="tests/test_a.py" line="2"/>
<testcase classname="tests.test_a" name="test_bad" file="tests/test_a.py" line="5"><failure message="assert 1 == 2">def test_bad():
&gt;       assert one() == 2
E       assert 1 == 2

tests/test_a.py:8: AssertionError</failure></testcase>
<testcase classname="x" name="test_dag[dags/b.py]" file=".astro/t.py" line="9"><error message="Exception: broken">  File "/usr/lib/python3/importlib.py", line 5, in load
  File "/usr/local/airflow/dags/b.py", line 3, in &lt;module&gt;
    import nothing
ModuleNotFoundError: nothing</error></testcase>
<testcase classname="x" name="later" file="tests/test_a.py" line="1"><skipped message="later"/></testcase>
</testsuite></testsuites>`

test('failures are placed at the innermost line of the project', async () => {
  const report = await readJUnit(XML)
  expect(report).toMatchObject({ tests: 4, failed: 2, skipped: 1 })
  expect(report?.failures.map(({ file, line, message }) => ({ file, line, message }))).toEqual([
    { file: 'tests/test_a.py', line: 8, message: 'assert 1 == 2' },
    { file: 'dags/b.py', line: 3, message: 'Exception: broken' },
  ])
  const outcome = { kind: 'parse' as const, exitCode: 1, report, summary: '' }
  expect(annotate(outcome, { projectPath: 'astro', dagsPath: 'src/flows' }).map(({ file }) => file)).toEqual([
    'astro/tests/test_a.py',
    'astro/src/flows/b.py',
  ])
})

test.each(['', 'not xml', '<other/>'])('what is no report is none: %j', async (text) => {
  expect(await readJUnit(text)).toBeUndefined()
})
