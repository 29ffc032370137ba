import { rm } from 'node:fs/promises'
import * as path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { brokenDag, deployDags, deploymentOf, goodDag, MISSING } from './dag-ground.ts'
import { useGround } from './ground.ts'

const ground = useGround({ uploads: true })

describe.each([3, 2])('Airflow %i', (major) => {
  test('a good deploy is green, and says which DAGs came', async () => {
    const { exitCode, outputs, summary, stdout, places } = await deployDags(ground, major, {
      'dags/team/two.py': goodDag('two'),
    })
    expect([exitCode, outputs['import-errors'], places]).toEqual([0, '0', []])
    expect(summary).toContain('DAGs that appeared: <code>example</code>, <code>two</code>')
    expect(stdout).toContain('Airflow has imported the new code.')
  })

  test.each([
    ['a missing module', { 'dags/bad.py': brokenDag(MISSING) }, 'dags/bad.py', 3, 'ModuleNotFoundError'],
    ['a syntax error', { 'dags/bad.py': brokenDag('syntax-error') }, 'dags/bad.py', 3, 'SyntaxError'],
    ['an import that hangs', { 'dags/bad.py': brokenDag('hangs') }, 'dags/bad.py', 3, 'import timeout'],
    [
      'a helper two imports down',
      {
        'dags/bad.py': 'from airflow import DAG\nfrom lib.mid import X\nDAG("x")\n',
        'dags/lib/mid.py': '\nfrom lib.deep import X\n',
        'dags/lib/deep.py': 'X = 1\nX / 0  # local-airflow: raises ZeroDivisionError: division by zero\n',
      },
      'dags/lib/deep.py',
      2,
      'so dags/bad.py does not import',
    ],
    [
      'a cycle',
      {
        'dags/bad.py':
          'from airflow import DAG\nDAG("x")\nOp(task_id="y")\n# local-airflow: reports AirflowDagCycleException: Cycle detected in DAG: x. Faulty task: y\n',
      },
      'dags/bad.py',
      3,
      'Cycle detected',
    ],
  ])('%s is red, on its file and line', async (_, files, file, line, words) => {
    const { exitCode, code, places, errors, summary, outputs } = await deployDags(ground, major, files)
    expect([exitCode, code, outputs['import-errors']]).toEqual([1, 'ASTRO-VERIFY-IMPORT-ERRORS', '1'])
    expect(places).toMatchObject([{ level: 'error', file, line }])
    expect(places[0]?.message).toContain(words)
    expect(errors[0]).toContain('is live')
    expect(summary).toContain(`<code>${file.replaceAll('_', '&#95;')}:${line}</code>`)
  })

  test('a DAG ID that two files have is red on both', async () => {
    const { code, places } = await deployDags(ground, major, {
      'dags/again.py': `\n${goodDag('example')}`,
    })
    expect(code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')
    expect(places).toMatchObject([
      { file: 'dags/again.py', line: 4 },
      { file: 'dags/example.py', line: 3 },
    ])
  })

  test('more broken files than GitHub shows annotations: the others are named', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `dags/bad_${index + 10}.py`)
    const files = Object.fromEntries(names.map((name) => [name, brokenDag()]))
    const { errors, places, outputs, summary } = await deployDags(ground, major, files)
    expect(outputs['import-errors']).toBe('12')
    expect(places.map(({ file }) => file)).toEqual(names.slice(0, 9))
    expect(errors.length + places.length).toBeLessThanOrEqual(10)
    for (const name of names) {
      expect(errors[0]).toContain(name)
      expect(summary).toContain(name.replaceAll('_', '&#95;'))
    }
  })

  test('as warnings, they leave room for the other warnings', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `dags/bad_${index + 10}.py`)
    const files = Object.fromEntries(names.map((name) => [name, brokenDag()]))
    const { exitCode, warnings, places } = await deployDags(ground, major, files, { verify: 'warn' })
    expect([exitCode, places.map(({ level }) => level)]).toEqual([0, Array(6).fill('warning')])
    expect(warnings.length + places.length).toBeLessThanOrEqual(10)
    for (const name of names) expect(warnings.join()).toContain(name)
  })

  test('DAGs that are gone are a warning, and green', async () => {
    const id = deploymentOf(ground, major)
    await deployDags(ground, id, { 'dags/old.py': goodDag('former') })
    await rm(path.join(ground.workspace, 'dags/old.py'))
    const { exitCode, warnings, summary } = await deployDags(ground, id)
    expect([exitCode, warnings]).toEqual([
      0,
      [expect.stringContaining('1 DAG of before is gone with this deploy: former.')],
    ])
    expect(summary).toContain('DAGs that disappeared: <code>former</code>')
  })

  test('code that makes no DAG on this Deployment is green, and is not waited for to the end', async () => {
    const maybe =
      'from airflow import DAG\n\ndag = DAG("m") if STAGE == "prod" else None  # local-airflow: no DAG\n'
    const { exitCode, errors } = await deployDags(ground, major, { 'dags/maybe.py': maybe })
    expect([exitCode, errors]).toEqual([0, []])
  })

  test('what only serialization finds is red, on the line of the name that it gives', async () => {
    const bad = goodDag(
      'bad',
      '\nBAD = "5 days"  # local-airflow: does not serialize ValueError: \'5 days\' is not a valid schedule.\n',
    )
    const { code, places } = await deployDags(ground, major, { 'dags/bad.py': bad })
    expect(code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')
    expect(places).toMatchObject([{ file: 'dags/bad.py', line: 5 }])
  })
})

test.each([
  ['versioned', true],
  ['plain', false],
] as const)(
  'a module beside the DAG is not found: in the %s layout the right import is told: %s',
  async (layout, isTold) => {
    await ground.restart({ airflow: { layout } })
    const { code, places } = await deployDags(ground, 3, {
      'dags/helper.py': 'X = 1\n',
      'dags/bad.py':
        "from airflow import DAG\nfrom helper import X  # local-airflow: raises ModuleNotFoundError: No module named 'helper'\n",
    })
    expect(code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')
    expect(places).toMatchObject([{ file: 'dags/bad.py', line: 2 }])
    expect(places[0]?.message.includes('write `from dags.helper import …`')).toBe(isTold)
  },
)
