import { describe, expect, test } from '@jest/globals'
import { useGround } from './ground.ts'
import { codeOf } from './rules.ts'
import { writeTree } from './tree.ts'

const ground = useGround({ uploads: true })

const good = (id: string, rest = ''): string =>
  `from airflow import DAG\n\nDAG("${id}", schedule=None)\n${rest}`
const broken = (what: string): string =>
  `from airflow import DAG\n\nimport nope  # local-airflow: ${what}\nDAG("x")\n`
const MISSING = "raises ModuleNotFoundError: No module named 'nope'"

/** Deploys to a Deployment of this major, with these files beside dags/example.py. */
async function deployTo(
  major: number,
  files: Record<string, string>,
  inputs: Record<string, string> = {},
  deploymentId?: string,
) {
  const { astro } = ground
  const id =
    deploymentId ?? (major === 3 ? astro.deploymentId : astro.deployments.create({ fixture: 'airflow-2' }).id)
  await writeTree(ground.workspace, { 'dags/example.py': good('example'), ...files })
  const result = await ground.run({
    inputs: { 'api-token': astro.tokens.workspace, 'deployment-id': id, 'wait-time': '30s', ...inputs },
  })
  return { ...result, id, code: codeOf(result.errors[0] ?? '') }
}

describe.each([3, 2])('Airflow %i', (major) => {
  test('a good deploy is green, and says which DAGs came', async () => {
    const { exitCode, outputs, summary, stdout, places } = await deployTo(major, {
      'dags/team/two.py': good('two'),
    })
    expect([exitCode, outputs['import-errors'], places]).toEqual([0, '0', []])
    expect(summary).toContain('DAGs that appeared: <code>example</code>, <code>two</code>')
    expect(stdout).toContain('Airflow has imported the new code.')
  })

  test.each([
    ['a missing module', { 'dags/bad.py': broken(MISSING) }, 'dags/bad.py', 3, 'ModuleNotFoundError'],
    ['a syntax error', { 'dags/bad.py': broken('syntax-error') }, 'dags/bad.py', 3, 'SyntaxError'],
    ['an import that hangs', { 'dags/bad.py': broken('hangs') }, 'dags/bad.py', 3, 'import timeout'],
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
    const { exitCode, code, places, errors, summary, outputs } = await deployTo(major, files)
    expect([exitCode, code, outputs['import-errors']]).toEqual([1, 'ASTRO-VERIFY-IMPORT-ERRORS', '1'])
    expect(places).toMatchObject([{ level: 'error', file, line }])
    expect(places[0]?.message).toContain(words)
    expect(errors[0]).toContain('is live')
    expect(summary).toContain(`<code>${file.replaceAll('_', '&#95;')}:${line}</code>`)
  })

  test('a DAG ID that two files have is red on both', async () => {
    const { code, places } = await deployTo(major, { 'dags/again.py': `\n${good('example')}` })
    expect(code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')
    expect(places).toMatchObject([
      { file: 'dags/again.py', line: 4 },
      { file: 'dags/example.py', line: 3 },
    ])
  })

  test('a file that is killed leaves no trace, and is named when the time is over', async () => {
    const { code, errors } = await deployTo(major, { 'dags/bad.py': broken('killed') }, { 'wait-time': '5s' })
    expect(code).toBe('ASTRO-VERIFY-NOT-PARSED')
    expect(errors[0]).toContain('dags/bad.py')
  })

  test('an old error elsewhere does not fail a deploy; a changed one does; a fix is green', async () => {
    const first = await deployTo(major, { 'dags/old.py': broken(MISSING) }, { verify: 'warn' })
    expect([first.exitCode, first.places[0]?.level]).toEqual([0, 'warning'])
    expect(first.warnings.join()).toContain('ASTRO-VERIFY-IMPORT-ERRORS')

    const second = await deployTo(major, { 'dags/new.py': good('new') }, {}, first.id)
    expect([second.exitCode, second.outputs['import-errors'], second.places]).toEqual([0, '1', []])
    expect(second.notices.join()).toContain('dags/old.py')
    expect(second.summary).toContain('was there before')

    const third = await deployTo(
      major,
      { 'dags/old.py': broken("raises ModuleNotFoundError: No module named 'other'") },
      {},
      first.id,
    )
    expect(third.code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')

    const fixed = await deployTo(major, { 'dags/old.py': good('mended') }, {}, first.id)
    expect([fixed.exitCode, fixed.outputs['import-errors']]).toEqual([0, '0'])
  })
})

describe('an Airflow that cannot be asked', () => {
  test.each([
    ['no rights', { fault: 'status', status: 403 } as const, 'ASTRO-AIRFLOW-FORBIDDEN'],
    ['a web page', { fault: 'html', status: 200 } as const, 'ASTRO-AIRFLOW-ANSWER'],
    [
      'a login page',
      { fault: 'status', status: 302, headers: { location: 'https://login.test/' } } as const,
      'ASTRO-AIRFLOW-REDIRECTED',
    ],
  ])('%s stops the step before anything is written', async (_, fault, expected) => {
    ground.astro.faults.add({ ...fault, step: 'airflow' })
    const { code, errors } = await deployTo(3, {})
    expect(code).toBe(expected)
    expect(errors[0]).toContain('verify: warn')
    expect(ground.writes()).toEqual([])
  })

  test('is a warning with `verify: warn`, and no matter with `verify: false`', async () => {
    ground.astro.faults.add({ fault: 'status', status: 403, step: 'airflow' })
    const warned = await deployTo(3, {}, { verify: 'warn' })
    expect([warned.exitCode, warned.warnings.length > 0]).toEqual([0, true])
    expect(warned.summary).toContain('not proved by Airflow')
    const quiet = await deployTo(3, {}, { verify: 'false' })
    expect([quiet.exitCode, quiet.warnings.filter((text) => text.includes('ASTRO-'))]).toEqual([0, []])
  })

  test('truncated JSON and 503 pass when they end', async () => {
    ground.astro.faults.add({ fault: 'truncated', how: 'json', step: 'airflow', times: 1 })
    ground.astro.faults.add({ fault: 'status', status: 503, step: 'airflow', skip: 5, times: 2 })
    expect((await deployTo(3, {})).exitCode).toBe(0)
  })

  test('503 without an end after the deploy says what is not known', async () => {
    ground.astro.faults.add({ fault: 'status', status: 503, path: '/api/v2/', skip: 2 })
    const { code, errors } = await deployTo(3, {}, { 'wait-time': '6s' })
    expect(code).toBe('ASTRO-VERIFY-TIMEOUT')
    expect(errors[0]).toContain('503')
  })

  test('401 in the middle gets another token', async () => {
    const { astro } = ground
    astro.faults.add({ fault: 'status', status: 401, path: '/api/v2/', skip: 2, times: 1 })
    const { exitCode } = await ground.deploy({ 'wait-time': '30s' })
    expect(exitCode).toBe(0)
    expect(astro.requests.filter(({ step }) => step === 'token')).toHaveLength(2)
  })

  test('pages without an end are called that', async () => {
    const row = { import_error_id: 1, filename: 'a.py', timestamp: '2026-01-01T00:00:00Z', stack_trace: 'x' }
    ground.astro.faults.add({
      fault: 'status',
      status: 200,
      body: { import_errors: [row], total_entries: 9 },
      path: 'importErrors',
    })
    const { code, errors } = await deployTo(3, {})
    expect(code).toBe('ASTRO-AIRFLOW-ANSWER')
    expect(errors[0]).toContain('did not end')
  })
})
