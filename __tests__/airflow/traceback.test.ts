import { describe, expect, test } from '@jest/globals'
import { findNamed, locateError, withoutParticulars } from '../../src/airflow/traceback.ts'

const ROOT = '/usr/local/airflow/dags/'
const ours = (path: string): string | undefined =>
  path.startsWith(ROOT) ? path.slice(ROOT.length) : path === 'team/foo.py' ? path : undefined

const trace = (...lines: string[]): string => ['Traceback (most recent call last):', ...lines, ''].join('\n')

describe('locateError', () => {
  test.each([
    [
      'a missing module, under frames of Python',
      trace(
        '  File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed',
        `  File "${ROOT}team/foo.py", line 3, in <module>`,
        '    import nope',
        "ModuleNotFoundError: No module named 'nope'",
      ),
      { path: 'team/foo.py', line: 3, message: "ModuleNotFoundError: No module named 'nope'" },
    ],
    [
      'a syntax error, by its own line',
      trace(
        '  File "<frozen importlib._bootstrap_external>", line 1004, in source_to_code',
        `  File "${ROOT}syntax.py", line 2`,
        '    def broken(:',
        '               ^',
        'SyntaxError: invalid syntax',
      ),
      { path: 'syntax.py', line: 2, message: 'SyntaxError: invalid syntax' },
    ],
    [
      'a helper that fails, two imports down',
      trace(
        `  File "${ROOT}lib/mid.py", line 1, in <module>`,
        '    from lib.deep import VALUE',
        `  File "${ROOT}lib/deep.py", line 2, in <module>`,
        "    raise RuntimeError('deep inside')",
        'RuntimeError: deep inside',
      ),
      { path: 'lib/deep.py', line: 2, message: 'RuntimeError: deep inside' },
    ],
    [
      'an import that hangs: our frame above that of Airflow, notes after the message',
      trace(
        `  File "${ROOT}hangs.py", line 4, in <module>`,
        '    time.sleep(100)',
        '  File "/usr/lib/airflow/models/dagbag.py", line 135, in handle_timeout',
        '    raise AirflowTaskTimeout(error_message)',
        'airflow.exceptions.AirflowTaskTimeout: DagBag import timeout for x after 30.0s.',
        'Please take a look at these docs:',
        '* https://airflow.apache.org/, PID: 10168',
      ),
      {
        path: 'hangs.py',
        line: 4,
        message: 'airflow.exceptions.AirflowTaskTimeout: DagBag import timeout for x after 30.0s.',
      },
    ],
    [
      'chained exceptions: the last one counts',
      [
        trace(`  File "${ROOT}a.py", line 1, in f`, '    x()', 'KeyError: 1'),
        'During handling of the above exception, another exception occurred:',
        '',
        trace(`  File "${ROOT}a.py", line 9, in <module>`, '    f()', 'ValueError: two'),
      ].join('\n'),
      { path: 'a.py', line: 9, message: 'ValueError: two' },
    ],
    [
      'chained exceptions of which only the first is in a file of ours',
      [
        trace(`  File "${ROOT}a.py", line 4, in f`, '    x()', 'KeyError: 1'),
        'The above exception was the direct cause of the following exception:',
        '',
        trace('  File "/x/airflow/models/dag.py", line 9, in g', '    f()', 'AirflowException: two'),
      ].join('\n'),
      { path: 'a.py', line: 4, message: 'AirflowException: two' },
    ],
    [
      'only frames of Airflow',
      trace(
        '  File "/x/airflow/taskgroup.py", line 245, in add',
        '    raise DuplicateTaskIdFound(m)',
        "DuplicateTaskIdFound: Task id 'a' has already been added to the Dag",
      ),
      {
        path: undefined,
        line: undefined,
        message: "DuplicateTaskIdFound: Task id 'a' has already been added to the Dag",
      },
    ],
    [
      'no traceback at all',
      'AirflowDagCycleException: Cycle detected in Dag: loop. Faulty task: b',
      {
        path: undefined,
        line: undefined,
        message: 'AirflowDagCycleException: Cycle detected in Dag: loop. Faulty task: b',
      },
    ],
    [
      'a group of exceptions, behind bars',
      [
        '  + Exception Group Traceback (most recent call last):',
        `  |   File "${ROOT}g.py", line 5, in <module>`,
        '  |     run()',
        '  | ExceptionGroup: many (1 sub-exception)',
        '  +---- 1 ----',
      ].join('\n'),
      { path: 'g.py', line: 5, message: '| ExceptionGroup: many (1 sub-exception)' },
    ],
    ['nothing', '', { path: undefined, line: undefined, message: 'No reason was given' }],
  ])('%s', (_, text, place) => {
    expect(locateError(text, ours)).toEqual(place)
  })
})

describe('findNamed', () => {
  const source = [
    'with DAG("loop"):',
    "    a = Op(task_id='a')",
    '    @task',
    '    def b(): ...',
    "    c = Op(task_id='a')",
  ].join('\n')
  test.each([
    ['Cycle detected in Dag: loop. Faulty task: b', 4],
    ['Cycle detected in DAG: loop. Faulty task: unknown', 1],
    ["Task id 'a' has already been added to the DAG", 5],
    ["DAG 'loop'", 1],
    ['Something else', undefined],
  ])('%s', (message, line) => {
    expect(findNamed(message, source)).toBe(line)
  })
})

test.each([
  ['timeout for /a/b/c.py after 30.0s', 'timeout for /x/y/c.py after 31.5s'],
  ['invalid syntax (a.py, line 3)', 'invalid syntax (a.py, line 14)'],
  ['<object at 0x7f01>', '<object at 0x9ab2>'],
  [
    'failed (request 3f2a9c41-1111-4222-8333-123456789abc)',
    'failed (request 99999999-aaaa-4bbb-8ccc-cba987654321)',
  ],
  ["unknown keys {'b', 'a'}", "unknown keys {'a', 'b'}"],
  ['expired at 2026-01-05T10:00:01.5+00:00', 'expired at 2026-01-05 10:07:44'],
  ['no session 9f86d081884c7d65', 'no session 60303ae22b998861'],
])('%s is the same error as %s', (one, other) => {
  expect(withoutParticulars(one)).toBe(withoutParticulars(other))
})

test.each([
  ["No module named 'a'", "No module named 'b'"],
  ["KeyError: 'table_2026'", "KeyError: 'table_2027'"],
  ["bad config {'a': 1}", "bad config {'b': 1}"],
])('%s is not the same error as %s', (one, other) => {
  expect(withoutParticulars(one)).not.toBe(withoutParticulars(other))
})
