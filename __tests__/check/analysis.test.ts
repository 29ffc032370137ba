import { describe, expect, test } from '@jest/globals'
import { AIRFLOW_2, check, places } from './checked.ts'

const DAG = (id: string): string => `from airflow.sdk import DAG\n\nwith DAG(dag_id="${id}"):\n    pass\n`

describe('the same ID in two files', () => {
  const ids = async (one: string, other: string): Promise<readonly string[]> =>
    places(await check({ 'dags/a.py': one, 'dags/b.py': other }))
  const BOTH = (line: number): string[] => [
    `duplicate-dag-id dags/a.py:3`,
    `duplicate-dag-id dags/b.py:${line}`,
  ]

  test.each([
    ['the first argument', 'from airflow import DAG\nd = DAG("etl", schedule=None)\n', 2],
    [
      'another name for DAG',
      'from airflow.models import DAG as D\n\n\nd = D(schedule=None, dag_id=r"etl")\n',
      4,
    ],
    ['a decorated function', 'from airflow.decorators import dag\n@dag\ndef etl(): ...\netl()\n', 2],
    ['a decorator with an ID', 'from airflow.sdk import dag\n@dag(dag_id="etl")\ndef f(): ...\nx = f()\n', 2],
  ])('%s', async (_, other, line) => expect(await ids(DAG('etl'), other)).toEqual(BOTH(line)))

  test.each([
    ['another ID', DAG('etl2')],
    ['a computed ID', 'from airflow.sdk import DAG\nDAG("etl" + X) if (X := "") else None\n'],
    ['texts side by side', 'from airflow.sdk import DAG\nDAG("et" "l")\nDAG("etl" "x")\n'],
    ['an f-string', 'from airflow.sdk import DAG\nX = "l"\nDAG(f"et{X}")\n'],
    ['a function that nobody calls', 'from airflow.sdk import DAG\ndef make():\n    return DAG("etl")\n'],
    ['a decorated function that nobody calls', 'from airflow.sdk import dag\n@dag\ndef etl(): ...\n'],
    ['a condition', 'from airflow.sdk import DAG\nif DAG is None:\n    DAG("etl")\n'],
    ['a class of one’s own', '# airflow dag\nclass DAG:\n    def __init__(self, x): ...\nDAG("etl")\n'],
    ['a text', 'import airflow\nX = """\nDAG("etl")\n"""\n'],
    ['a comment', 'import airflow\n# DAG("etl")\n'],
  ])('not: %s', async (_, other) => expect(await ids(DAG('etl'), other)).toEqual([]))

  test('twice in one file is another matter', async () => {
    expect(places(await check({ 'dags/a.py': `${DAG('etl')}${DAG('etl')}` }))).toEqual([])
  })
})

describe('an import that Airflow 3 on Astro does not find', () => {
  const helper = { 'dags/helper.py': 'x = y = 1\n', 'dags/lib/deep/tool.py': 'z = 1\n' }
  const messages = async (source: string, at = 'dags/etl.py', more = {}, facts = {}) =>
    (await check({ ...helper, [at]: source, ...more }, facts)).findings.map(
      ({ message }) => /Write `(.*)`/.exec(message)?.[1] ?? message,
    )

  test.each([
    ['from helper import x', 'from dags.helper import x'],
    ['from helper import (\n    x as a,\n    y,\n)', 'from dags.helper import x as a, y'],
    ['import helper', 'from dags import helper'],
    ['import helper as h', 'import dags.helper as h'],
    ['from lib.deep.tool import z', 'from dags.lib.deep.tool import z'],
    ['from lib import deep', 'from dags.lib import deep'],
  ])('%s', async (written, correct) => expect(await messages(`${written}\n`)).toEqual([correct]))

  test('of a module beside the DAG in a folder', async () => {
    expect(await messages('from tool import z\n', 'dags/lib/deep/etl.py')).toEqual([
      'from dags.lib.deep.tool import z',
    ])
  })

  test.each([
    ['the correct import', 'from dags.helper import x\n'],
    ['under try', 'try:\n    import helper\nexcept ImportError:\n    helper = None\n'],
    ['under if', 'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import helper\n'],
    ['in one line', 'X = 0\nif X: import helper\n'],
    ['in a function', 'def f():\n    import helper\n    return helper\n'],
    ['another module', 'import other\n'],
    ['a changed path', 'import sys\nsys.path.append("dags")\nimport helper\n'],
    ['a text', 'X = """\nimport helper\n"""\n'],
  ])('not: %s', async (_, source) => expect(await messages(source)).toEqual([]))

  test('not: something else may bring the module', async () => {
    const source = 'import helper\n'
    const here = 'dags/etl.py'
    expect(await messages(source, here, { 'plugins/helper.py': '' })).toEqual([])
    expect(await messages(source, here, {}, { installed: new Set(['helper']) })).toEqual([])
    expect(await messages(source, here, {}, { isPathSet: true })).toEqual([])
    expect(
      await messages('import requests\nimport json\n', here, { 'dags/requests.py': '', 'dags/json.py': '' }),
    ).toEqual([])
  })

  test('not: Airflow 2', async () => {
    expect(await messages('import helper\n', 'dags/etl.py', {}, { target: AIRFLOW_2 })).toEqual([])
  })
})

test('a relative import in a DAG file', async () => {
  const source = `from . import helper\n${DAG('a')}`
  expect(places(await check({ 'dags/a.py': source, 'dags/helper.py': '' }))).toEqual([
    'relative-import dags/a.py:1',
  ])
  expect(
    places(
      await check({
        'dags/helper.py': 'from .other import x\n',
        'dags/pkg/__init__.py': '# airflow dag\nfrom .a import x\n',
        'dags/pkg/tasks.py': '# airflow dag\nfrom ..a import x\n',
        'dags/c.py': `# dag airflow\ntry:\n    from .a import x\nexcept ImportError:\n    pass\n`,
      }),
    ),
  ).toEqual([])
})

test('a name that shadows Airflow', async () => {
  expect(places(await check({ 'dags/airflow.py': 'x = 1\n' }))).toEqual(['shadows-airflow dags/airflow.py'])
  expect(places(await check({ 'dags/airflow/__init__.py': '' }))).toEqual([
    'shadows-airflow dags/airflow/__init__.py',
  ])
  expect(places(await check({ 'dags/team/airflow.py': '', 'dags/airflow_utils.py': '' }))).toEqual([])
})

test('a DAG that .airflowignore hides', async () => {
  const files = { 'dags/a.py': DAG('a'), 'dags/b.py': 'import airflow  # no dag\n', 'dags/c.py': DAG('c') }
  const judged = await check(files, { isIgnored: (path) => (path.endsWith('c.py') ? 'maybe' : 'yes') })
  expect(places(judged)).toEqual(['ignored-dag dags/a.py:3'])
})
