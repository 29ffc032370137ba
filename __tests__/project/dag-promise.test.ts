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
    [
      'several lines',
      "from airflow import DAG\ndag: DAG = DAG(\n  \"a\",\n  doc_md='''if x''',\n)",
      'promised',
      [['a', 2]],
    ],
    [
      'a line that goes on',
      'from airflow import DAG\nwith \\\n  DAG("a") as dag:\n  pass',
      'promised',
      [['a', 3]],
    ],
    [
      'two at once',
      'from airflow import DAG\nwith DAG("a") as dag, open("x"):\n  pass',
      'promised',
      [['a', 2]],
    ],
    [
      'a name that is used again',
      'from airflow import DAG\ndag = DAG("a")\ndag = DAG("b")',
      'promised',
      [
        ['a', 2],
        ['b', 3],
      ],
    ],
    [
      'a name that a function uses too',
      'from airflow import DAG\ndag = DAG("a")\ndef f():\n  dag = None',
      'promised',
      [['a', 2]],
    ],
    [
      'a decorated function whose DAG is used',
      'from airflow.sdk import dag\n@dag\ndef a(): ...\na().test()',
      'promised',
      [['a', 3]],
    ],
  ])('%s', (_, source, kind, ids) => {
    const promise = readDagPromise(source)
    expect([promise.kind, promise.ids.map(({ id, line }) => [id, line])]).toEqual([kind, ids])
  })
})

describe('code that may or may not make a DAG promises none', () => {
  const decorated = 'from airflow.sdk import dag\n@dag\ndef a(): ...\n'
  test.each([
    ['an expression with if', 'dag = DAG("a") if STAGE == "prod" else None'],
    ['on several lines', 'dag = (\nDAG("a")\nif STAGE == "prod" else None\n)'],
    ['with a line that goes on', 'dag = DAG("a") \\\n  if STAGE == "prod" else None'],
    ['and', 'dag = PROD and DAG("a")'],
    ['and, behind it', 'dag = DAG("a") and None'],
    ['or', 'dag = DAG("a") or None\ndel dag'],
    ['if', 'if PROD:\n  dag = DAG("a")'],
    ['if, on one line', 'if PROD: x = 1; dag = DAG("a")'],
    ['else', 'if PROD: pass\nelse: dag = DAG("a")'],
    ['for', 'for i in IDS:\n  dag = DAG("a")'],
    ['for, on one line', 'for i in IDS: x = i; dag = DAG("a")'],
    ['while', 'while x: dag = DAG("a")'],
    ['try', 'try:\n  dag = DAG("a")\nexcept Exception: pass'],
    ['match', 'match STAGE:\n  case "prod":\n    dag = DAG("a")'],
    ['with something else', 'with suppress(Exception): dag = DAG("a")'],
    ['with, under a condition', 'with DAG("a") if PROD else nullcontext():\n  pass'],
    ['a comprehension', 'dags = [\nDAG("a") for i in IDS\n]'],
    ['a list', 'dags = [DAG("a")][:N]'],
    ['a dictionary', 'dags["a"] = DAG("a")'],
    ['an attribute', 'settings.dag = DAG("a")'],
    ['an argument', 'register(\nDAG("a")\n)'],
    ['a function that nobody calls', 'def make():\n  return DAG("a")'],
    ['a function on one line', 'def make(): x = 1; return DAG("a")'],
    ['a class', 'class Jobs:\n  dag = DAG("a")'],
    ['something of the DAG', 'tasks = DAG("a").tasks'],
    ['a lambda', 'make = lambda: DAG("a")'],
    ['what is deleted again', 'dag = DAG("a")\nif not PROD:\n  del dag'],
    ['what is replaced again', 'dag = DAG("a")\nif not PROD: dag = None'],
    ['a string of several lines', "doc = '''\ndag = DAG(\"a\")\n'''"],
    ['a decorated function, if', `${decorated}if PROD:\n  a()`],
    ['a decorated function, on one line', `${decorated}if PROD: x = 1; a()`],
    ['a decorated function in an expression', `${decorated}x = a() if PROD else None`],
    ['a decorated function behind and', `${decorated}PROD and a()`],
    ['a decorated function in brackets', `${decorated}x = (\na() if PROD else None\n)`],
    ['a decorated function in main', `${decorated}if __name__ == "__main__":\n  a().test()`],
    ['a function with another decorator', decorated.replace('@dag', '@only_in(PROD)\n@dag') + 'a()'],
    ['a function with a long decorator', decorated.replace('@dag', '@only_in(\n  PROD\n)\n@dag') + 'a()'],
  ])('%s', (_, source) => {
    expect(readDagPromise(`from airflow import DAG\n${source}\n`).kind).toBe('possible')
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
