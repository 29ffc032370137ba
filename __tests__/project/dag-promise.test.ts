import { describe, expect, test } from '@jest/globals'
import { isIgnored } from '../../src/project/airflow-ignore.ts'
import { fingerprint, readDagPromise } from '../../src/project/dag-promise.ts'

describe('readDagPromise', () => {
  test.each([
    ['a context manager', 'from airflow import DAG\nwith DAG("a") as dag:\n  pass', 'promised', [['a', 2]]],
    ['an assignment', "import airflow\nx = airflow.DAG(\n  dag_id='a.b',\n)", 'promised', [['a.b', 2]]],
    ['after a semicolon', 'from airflow.sdk import DAG; DAG("one", schedule=None)', 'promised', [['one', 1]]],
    [
      'a decorated function that is called',
      'from airflow.sdk import dag\n@dag(schedule=None)\ndef mine():\n  pass\n\nmine()',
      'promised',
      [['mine', 3]],
    ],
    [
      'a decorated function with an ID of its own',
      'from airflow.sdk import dag\n@dag(dag_id="other")\ndef mine(): ...\nx = mine()',
      'promised',
      [['other', 3]],
    ],
    [
      'a decorated function that nobody calls',
      'from airflow.sdk import dag\n@dag\ndef mine(): ...',
      'possible',
      [['mine', 3]],
    ],
    ['a factory', 'from airflow import DAG\ndef make(i):\n  return DAG("x")', 'possible', [['x', 3]]],
    ['an ID that is put together', 'from airflow import DAG\nDAG("etl" + SUFFIX)', 'promised', []],
    ['an ID as the only argument', 'from airflow import DAG\nDAG( "etl" )', 'promised', [['etl', 2]]],
    [
      'a decorated function whose ID is put together',
      'from airflow.sdk import dag\n@dag(dag_id="etl" + SUFFIX)\ndef mine(): ...\nmine()',
      'promised',
      [],
    ],
    ['prose about both', '"""DAG("no") of airflow"""\nX = 1', 'possible', []],
    ['a comment', 'import airflow\n# DAG("no")', 'possible', []],
    ['one word only', 'import airflow', 'none', []],
  ])('%s', (_, source, kind, ids) => {
    const promise = readDagPromise(source)
    expect([promise.kind, promise.ids.map(({ id, line }) => [id, line])]).toEqual([kind, ids])
  })
})

test('a fingerprint does not care how lines end', () => {
  expect(fingerprint('a\r\nb\r\n')).toBe(fingerprint('a\nb'))
  expect(fingerprint('a\nb')).not.toBe(fingerprint('a\nc'))
})

describe('isIgnored', () => {
  const globs = new Map([['', 'helpers/\n*_draft.py\n# comment']])
  const expressions = new Map([['', '^helpers/.*\\.py$  # all']])
  test.each([
    ['helpers/a.py', globs, 3, 'yes'],
    ['x_draft.py', globs, 3, 'yes'],
    ['a.py', globs, 3, 'no'],
    ['helpers/a.py', globs, 2, 'yes'],
    ['x_draft.py', globs, 2, 'maybe'],
    ['helpers/a.py', expressions, 2, 'yes'],
    ['helpers/a.py', expressions, 3, 'maybe'],
    ['a.py', new Map([['sub', '*.py']]), 3, 'no'],
    ['sub/a.py', new Map([['sub', '*.py']]), 3, 'yes'],
    ['a.py', new Map([['', '(']]), 2, 'no'],
  ] as const)('%s', (path, files, major, answer) => {
    expect(isIgnored(path, files, major)).toBe(answer)
  })
})
