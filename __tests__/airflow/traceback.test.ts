import { describe, expect, test } from '@jest/globals'
import { essenceOf, findNamed, locateError, withoutParticulars } from '../../src/airflow/traceback.ts'

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

describe('findNamed, where no frame is ours', () => {
  const airflow = (...words: string[]): string =>
    trace('  File "/x/site-packages/airflow/models/x.py", line 7, in f', "    raise X('many')", ...words)
  const source = [
    'from airflow import DAG',
    'with DAG("loop", schedule=5) as dag:',
    "    Op(task_id='one', bogus=1)",
    "    Op(task_id='two words', trigger_rule='sometimes')",
    "    Op(task_id='one and three', retries='many', schedule_of='all_done')",
    "X = Variable.get('missing')",
    "Y = Variable.get('other')",
    "Z = [Variable.get('other'), BaseHook.get_connection('db')]",
  ].join('\n')
  test.each([
    [
      'invalid arguments',
      airflow(
        'AirflowException: Invalid arguments were passed to Op (task_id: one). Invalid arguments were:',
        "**kwargs: {'bogus': 1}",
      ),
      3,
    ],
    ['a bad ID', airflow("ValueError: The key 'two words' has to be made of alphanumeric characters"), 4],
    ['a missing Variable', airflow("KeyError: 'Variable missing does not exist'"), 6],
    [
      'one in Airflow 3',
      airflow("AirflowRuntimeError: VARIABLE_NOT_FOUND: {'message': 'Variable missing not found'}"),
      6,
    ],
    ['one that is there twice', airflow("KeyError: 'Variable other does not exist'"), undefined],
    ['a missing connection', airflow("AirflowNotFoundException: The conn_id `db` isn't defined"), 8],
    [
      'a value that is none of several',
      airflow(
        "ValueError: The trigger_rule must be one of ['all_done', 'one_failed'],'loop.t'; received 'sometimes'.",
      ),
      4,
    ],
    ['a value without quotes', airflow('ValueError: 5 is not a valid schedule.'), 2],
    [
      'what only the first of two exceptions names',
      `${airflow("ValueError: invalid literal for int() with base 10: 'many'")}\n${airflow('TypeError: no number')}`,
      5,
    ],
    ['nothing', airflow('ValueError: Exactly 5, 6 or 7 columns has to be specified.'), undefined],
  ])('%s', (_, text, line) => {
    expect(findNamed(text, source)).toBe(line)
  })
})

test('a message that leads over to the next line has it', () => {
  const text = trace(
    '  File "/x/a.py", line 7, in f',
    'TypeError: Invalid arguments were:',
    "**kwargs: {'bogus': 1}",
  )
  expect(locateError(text, ours).message).toBe("TypeError: Invalid arguments were: **kwargs: {'bogus': 1}")
})

describe('what is wrong', () => {
  const at = (line: number, code: string, root = ROOT, message = 'SyntaxError: invalid syntax'): string =>
    trace(
      '  File "<frozen importlib._bootstrap>", line 488, in _call_with_frames_removed',
      `  File "${root}a.py", line ${line}`,
      `    ${code}`,
      '          ^^^',
      message,
    )
  const library = (version: string, line: number): string =>
    trace(
      `  File "${ROOT}a.py", line ${line}, in <module>`,
      '    Op()',
      '    ^^^^',
      `  File "/usr/lib/python${version}/site-packages/airflow/x.py", line ${line}, in f`,
      `    raise X(${version})`,
      'ValueError: x',
    )
  const yaml = (file: string, line: number): string =>
    trace(
      `  File "${ROOT}a.py", line 3, in <module>`,
      '    yaml.safe_load(text)',
      'yaml.scanner.ScannerError: mapping values are not allowed here',
      `  in "${ROOT}conf/${file}", line ${line}, column ${line}`,
    )
  const late = (code: string): string =>
    trace(
      `  File "${ROOT}a.py", line 3, in <module>`,
      `    ${code}`,
      'AirflowTaskTimeout: import timeout after 30.0s.',
    )
  test.each([
    ['on another line', at(5, 'def broken(:'), at(9, 'def broken(:')],
    ['in another folder', at(5, 'def broken(:'), at(5, 'def broken(:', '/bundles/v2/')],
    ['in another library', library('3.11', 5), library('3.12', 7)],
    ['on another line of a file beside it', yaml('a.yaml', 3), yaml('a.yaml', 9)],
    ['too slow elsewhere', late('one()'), late('two()')],
  ])('is the same %s', (_, one, other) => {
    expect(essenceOf(one)).toBe(essenceOf(other))
  })
  test.each([
    ['in another text', at(5, 'def broken(:'), at(1, 'imp ort x')],
    ['by another exception', at(5, 'x', ROOT), at(5, 'x', ROOT, 'SyntaxError: unmatched')],
    ['in another file beside it', yaml('a.yaml', 3), yaml('b.yaml', 3)],
    ['by another cause', `${library('3.11', 5)}\n${at(1, 'x')}`, `${library('3.11', 5)}\n${at(1, 'y')}`],
  ])('is another thing %s', (_, one, other) => {
    expect(essenceOf(one)).not.toBe(essenceOf(other))
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
  ["one of {<Rule.A: 'a'>, <Rule.B: 'b'>}", "one of {<Rule.B: 'b'>, <Rule.A: 'a'>}"],
  ["'unusual_prefix_6a9687cdd7_tt.Mine' is not", "'unusual_prefix_0502fc6af4_tt.Mine' is not"],
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
