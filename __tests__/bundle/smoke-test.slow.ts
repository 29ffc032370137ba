import { describe, expect, test } from '@jest/globals'
import { makeRepository } from '../make/repository.ts'
import { brokenDag } from './dag-ground.ts'
import { useGround } from './ground.ts'
import { codeOf } from './rules.ts'
import { writeTree } from './tree.ts'

const ground = useGround({ uploads: true })

const dag = (...markers: readonly string[]): string =>
  [
    'from airflow import DAG',
    'DAG("smoke", schedule=None)',
    ...markers.map((m) => `# local-airflow: ${m}`),
    '',
  ].join('\n')

async function smoke(major: number, source: string, inputs: Record<string, string> = {}) {
  const { astro } = ground
  const id = major === 3 ? astro.deploymentId : astro.deployments.create({ fixture: 'airflow-2' }).id
  await writeTree(ground.workspace, { 'dags/smoke.py': source })
  const result = await ground.run({
    inputs: {
      'api-token': astro.tokens.workspace,
      'deployment-id': id,
      'run-dag': 'smoke',
      'run-dag-unpause': 'true',
      ...inputs,
    },
  })
  const pauses = astro.requests
    .filter(({ method, path }) => method === 'PATCH' && path.endsWith('/dags/smoke'))
    .map(({ body }) => (body as { is_paused: boolean }).is_paused)
  const runs = astro.airflow.standIn(id).runs.all()
  return { ...result, pauses, runs, code: codeOf(result.errors[0] ?? '') }
}

describe.each([3, 2])('Airflow %i', (major) => {
  test('a run that succeeds is green; the DAG is paused again', async () => {
    const { exitCode, outputs, runs, pauses, summary } = await smoke(major, dag(), {
      'run-dag-conf': '{"rows": 10}',
    })
    expect([exitCode, outputs['dag-run-state'], pauses]).toEqual([0, 'success', [false, true]])
    expect(runs).toMatchObject([
      { id: `deploy-to-astro__${outputs['deploy-id']}`, conf: { rows: 10 }, state: 'success' },
    ])
    expect(outputs['dag-run-id']).toBe(runs[0]?.id)
    const page = major === 3 ? `/dags/smoke/runs/${runs[0]?.id}` : '/dags/smoke/grid?'
    expect(summary).toMatch(/\| Smoke test \| <code>smoke<\/code>: success \(\[deploy-to-astro/)
    expect(summary).toContain(page)
  })

  test('one that fails is red, with its log, of which nothing is obeyed', async () => {
    const { code, outputs, stdout, errors, pauses } = await smoke(
      major,
      dag(
        'run fails',
        'logs ::error::obey me',
        'logs ##[error]or me',
        'logs   ::stop-commands::x',
        'logs ValueError: no rows',
      ),
    )
    expect([code, outputs['dag-run-state'], pauses]).toEqual(['ASTRO-RUN-FAILED', 'failed', [false, true]])
    expect(errors[0]).toContain('Failed: work')
    expect(errors[0]).toContain('is live')
    expect(stdout).toContain('obey me')
    const obeyed = stdout
      .split(/\r\n|[\r\n]/)
      .filter((line) => /^\s*::(?:error|stop-commands)::|##\[/.test(line))
    expect(obeyed).toEqual([])
  })

  test('one that does not end is stopped', async () => {
    const { code, outputs, errors, runs, pauses } = await smoke(major, dag('run never ends'), {
      'run-dag-timeout': '2s',
    })
    expect([code, outputs['dag-run-state'], pauses]).toEqual([
      'ASTRO-RUN-TIMEOUT',
      'timed-out',
      [false, true],
    ])
    expect(runs).toMatchObject([{ state: 'failed' }])
    expect(errors[0]).toContain('The run was stopped.')
  })

  test('a paused DAG is an error, and is left alone', async () => {
    const { code, runs, pauses } = await smoke(major, dag(), { 'run-dag-unpause': 'false' })
    expect([code, runs, pauses]).toEqual(['ASTRO-RUN-PAUSED', [], []])
  })

  test('a DAG that is not there is an error', async () => {
    expect((await smoke(major, dag(), { 'run-dag': 'typo' })).code).toBe('ASTRO-RUN-NO-DAG')
  })

  test('a trigger whose answer is lost starts one run', async () => {
    ground.astro.faults.add({ fault: 'resetAfterEffect', method: 'POST', path: 'dagRuns', times: 1 })
    const { exitCode, runs } = await smoke(major, dag())
    expect([exitCode, runs.length]).toEqual([0, 1])
  })
})

test('a run that is cancelled stops the DAG run and pauses the DAG again', async () => {
  const { astro } = ground
  await writeTree(ground.workspace, { 'dags/smoke.py': dag('run never ends') })
  let kill: ((signal: NodeJS.Signals) => void) | undefined
  const { errors } = await ground.run({
    inputs: {
      'api-token': astro.tokens.workspace,
      'deployment-id': astro.deploymentId,
      'run-dag': 'smoke',
      'run-dag-unpause': 'true',
    },
    onStart: (killer) => (kill = killer),
    onOutput: (stdout) => {
      if (!stdout.includes('Started the run')) return
      kill?.('SIGINT')
      kill = undefined
    },
  })
  expect(codeOf(errors[0] ?? '')).toBe('ASTRO-CANCELLED')
  expect(astro.airflow.standIn(astro.deploymentId).runs.all()).toMatchObject([{ state: 'failed' }])
  const last = astro.requests.filter(({ method }) => method === 'PATCH').at(-1)
  expect(last?.body).toEqual({ is_paused: true })
})

describe('with rollback-on-failure', () => {
  const before = () => ground.astro.deployments.deploys(ground.astro.deploymentId)[0]
  const rolledBack = { 'rollback-on-failure': 'true' }

  test.each([
    ['fails', 'run fails', 'ASTRO-RUN-FAILED'],
    ['does not end', 'run never ends', 'ASTRO-RUN-TIMEOUT'],
  ])('a run that %s brings the deploy before back', async (_, marker, expected) => {
    const first = before()
    const { code, outputs, errors, pauses } = await smoke(3, dag(marker), {
      ...rolledBack,
      'run-dag-timeout': '2s',
    })
    expect([code, outputs['rolled-back'], pauses]).toEqual([expected, 'true', [false, true]])
    expect(errors[0]).toContain(`it runs the code of the deploy ${first?.id} again`)
    const { desiredDagTarballVersion } = ground.astro.deployments.get(ground.astro.deploymentId)
    expect(desiredDagTarballVersion).toBe(first?.dagTarballVersion)
  })

  test.each([
    ['a DAG that is not there', { 'run-dag': 'typo' }, 'ASTRO-RUN-NO-DAG'],
    ['a paused one', { 'run-dag-unpause': 'false' }, 'ASTRO-RUN-PAUSED'],
  ])('%s proves nothing, so that the new code stays', async (_, inputs, expected) => {
    const { code, outputs, errors } = await smoke(3, dag(), { ...rolledBack, ...inputs })
    expect([code, outputs['rolled-back']]).toEqual([expected, 'false'])
    expect(errors[0]).toContain(`The deploy ${outputs['deploy-id']} is live.`)
  })
})

test('a DAG that is known to be paused stops the step before anything is written', async () => {
  expect((await smoke(3, dag())).exitCode).toBe(0)
  ground.astro.requests.length = 0
  const result = await smoke(3, dag('changed'), { 'run-dag-unpause': 'false' })
  ground.expectRefused(result, 'ASTRO-RUN-PAUSED', 'run-dag-unpause: true')
})

test('where nothing changed, nothing is run, and the notice says so', async () => {
  const { astro } = ground
  const repository = await makeRepository()
  try {
    const sha = await repository.commit({ 'dags/smoke.py': dag() })
    const inputs = { 'deployment-id': astro.deploymentId, 'run-dag': 'smoke', 'run-dag-unpause': 'true' }
    const deploy = () => ground.deploy(inputs, { workspace: repository.folder, env: { GITHUB_SHA: sha } })
    const runs = () => astro.airflow.standIn(astro.deploymentId).runs.all().length
    expect([(await deploy()).exitCode, runs()]).toEqual([0, 1])
    const { exitCode, outputs, notices } = await deploy()
    expect([exitCode, outputs.skipped, runs()]).toEqual([0, 'true', 1])
    expect(notices.join()).toContain('The DAG smoke was not run.')
  } finally {
    await repository.remove()
  }
})

test('a dry run runs nothing', async () => {
  const { exitCode, runs, warnings, outputs } = await smoke(3, dag(), { 'dry-run': 'true' })
  expect([exitCode, runs]).toEqual([0, []])
  expect(outputs).not.toHaveProperty('dag-run-id')
  expect(warnings.join()).toContain('`run-dag` has no effect here: a dry run deploys nothing')
})

test('code that is not known to be imported is not run, with `verify: warn`', async () => {
  await writeTree(ground.workspace, { 'dags/bad.py': brokenDag() })
  const { exitCode, runs, warnings, outputs } = await smoke(3, dag(), { verify: 'warn' })
  expect([exitCode, runs]).toEqual([0, []])
  expect(outputs).not.toHaveProperty('dag-run-id')
  expect(warnings.join()).toContain('the DAG smoke was not run')
})
