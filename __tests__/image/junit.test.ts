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

const report = (cases: string): string =>
  `<testsuites><testsuite name="pytest">${cases}</testsuite></testsuites>`

test('line breaks and other numeric entities are characters again, once', async () => {
  const xml = report(
    '<testcase name="t"><failure message="one&#10;two&#x41; &amp;#10; &lt;x&gt;">a&#10;b &amp;lt;</failure></testcase>',
  )
  const { failures } = (await readJUnit(xml)) ?? {}
  expect(failures?.[0]).toMatchObject({ message: 'one\ntwoA &#10; <x>', text: 'a\nb &lt;' })
})

test.each([
  '<frozen importlib._bootstrap>',
  '<string>',
  '<unknown>',
  '/usr/local/airflow/../../../etc/x.py',
  'dags/../../x.py',
  '/usr/local/airflow/.local/lib/python3.11/site-packages/x/y.py',
])('%s is no place of the project', async (inner) => {
  const file = inner.replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const xml = report(
    `<testcase name="t" file=".astro/t.py" line="9"><failure message="broken">  File "/usr/local/airflow/dags/b.py", line 3, in &lt;module&gt;
    importlib.import_module("nope")
  File "/usr/lib/python3.11/importlib/__init__.py", line 126, in import_module
  File "${file}", line 1204, in _gcd_import
ModuleNotFoundError: nope</failure></testcase>`,
  )
  expect((await readJUnit(xml))?.failures).toMatchObject([{ file: 'dags/b.py', line: 3 }])
})

test.each<[string, string, object]>([
  [
    'a message as an element',
    '<testcase name="t"><failure><message>x</message>said</failure></testcase>',
    {},
  ],
  ['two messages', '<testcase name="t"><failure><message/><message/></failure></testcase>', { message: '' }],
  ['nothing in a failure', '<testcase name="t"><failure/></testcase>', { name: 't', message: '' }],
  [
    'elements for all attributes',
    '<testcase><name>a</name><name>b</name><file><x/></file><line><y/></line><classname><z/></classname><error>no</error></testcase>',
    { name: '', file: undefined, message: 'no' },
  ],
  [
    'a line that is no number',
    '<testcase name="t" file="a.py" line="x"><error/></testcase>',
    { file: 'a.py', line: undefined },
  ],
  ['a file that leads out', '<testcase name="t" file="../a.py"><error/></testcase>', { file: undefined }],
])('what tests may write themselves is read, or left out: %s', async (_, xml, expected) => {
  expect((await readJUnit(report(xml)))?.failures).toMatchObject([expected])
})

test.each(['', 'not xml', '<other/>', '<a><__proto__ x="1"/></a>', '<testsuites/><testsuites/>'])(
  'what is no report is none: %j',
  async (text) => {
    expect(await readJUnit(text)).toBeUndefined()
  },
)

test('a message that is too long loses whole lines, for half of a secret is one that nobody hides', async () => {
  const secret = 'x'.repeat(20_000)
  const xml = (message: string): string =>
    `<testsuites><testsuite tests="1"><testcase name="a"><failure message="${message}"/></testcase></testsuite></testsuites>`
  const messages = await Promise.all(
    [secret, `first&#10;${secret}&#10;last`].map(
      async (text) => (await readJUnit(xml(text)))?.failures[0]?.message,
    ),
  )
  expect(messages).toEqual(['(a line of 20000 characters is left out)\n…', 'first\n…\nlast'])
})
