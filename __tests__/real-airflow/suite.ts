import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import * as path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { connectAirflow } from '../../src/airflow/connect.ts'
import type { AirflowClient } from '../../src/airflow/client.ts'
import { systemClock } from '../../src/clock.ts'
import { createRequest } from '../../src/http/request.ts'
import { createTransport } from '../../src/http/transport.ts'
import { directly } from '../make/connections.ts'
import { useGround } from '../bundle/ground.ts'
import { codeOf } from '../bundle/rules.ts'
import { writeTree } from '../bundle/tree.ts'
import type { RunningAirflow } from './airflow-process.ts'
import { startAirflow } from './airflow-process.ts'
import { comparesShapes } from './compare-shapes.ts'
import type { Release } from './install.ts'
import { majorOf } from './install.ts'
import { awayFor, serveWith } from './real-backend.ts'

const SETTLES_WITHIN_MS = 120_000
const OUTAGE_MS = 60_000

/** Every promise about Airflow, with dist/ as the runner runs it, against a real Airflow of this release. */
export function testAgainst(release: Release): void {
  const major = majorOf(release)
  const ground = useGround({ uploads: true })
  let airflow: RunningAirflow
  let deploymentId = ''

  const dag = (id: string, rest = ''): string => {
    const from = major === 3 ? 'airflow.sdk' : 'airflow'
    return `from ${from} import DAG\n\nwith DAG("${id}", schedule=None):\n    pass\n${rest}`
  }
  const operators = major === 3 ? 'airflow.providers.standard.operators' : 'airflow.operators'
  const task = (id: string, body: string): string =>
    [
      `from ${operators}.python import PythonOperator`,
      dag(id).replace('    pass\n', '    PythonOperator(task_id="work", python_callable=lambda: work())\n'),
      'def work():',
      ...body.split('\n').map((line) => `    ${line}`),
      '',
    ].join('\n')

  beforeAll(async () => {
    airflow = await startAirflow(release)
  })
  afterAll(() => airflow.stop())
  beforeEach(async () => {
    const { astro } = ground
    await writeTree(ground.workspace, { 'dags/example.py': dag('example') })
    const backend = serveWith(airflow)
    await backend.deploy(undefined, undefined)
    const fixture = major === 3 ? 'etl' : 'airflow-2'
    deploymentId = astro.deployments.create({ fixture, airflowVersion: airflow.version }).id
    astro.airflow.use(deploymentId, backend)
    await settles({ dags: [], errors: [] })
  })

  function client(): Promise<AirflowClient> {
    const send = createTransport(directly)
    const quiet = { info: () => undefined, debug: () => undefined }
    const request = createRequest({
      send,
      clock: systemClock,
      random: Math.random,
      userAgent: 'test',
      log: quiet,
    })
    const tokens = {
      accessToken: () => Promise.resolve(ground.astro.tokens.workspace),
      renew: () => Promise.resolve(false),
    }
    return connectAirflow({ request, tokens }, ground.astro.deployments.get(deploymentId))
  }

  /** Waits until Airflow has just these active DAGs and import errors. */
  async function settles(expected: { readonly dags: string[]; readonly errors: string[] }): Promise<void> {
    const api = await client()
    const deadline = Date.now() + SETTLES_WITHIN_MS
    for (;;) {
      const [dags, errors] = await Promise.all([api.dags(), api.importErrors()])
      const seen = {
        dags: dags.items.filter(({ isActive }) => isActive).map(({ id }) => id),
        errors: errors.items.map(({ file }) => file),
      }
      if (isDeepStrictEqual(seen, expected)) return
      if (Date.now() > deadline) expect(seen).toEqual(expected)
      await delay(500)
    }
  }

  async function deploy(files: Record<string, string>, inputs: Record<string, string> = {}) {
    await writeTree(ground.workspace, files)
    const result = await ground.run({
      inputs: {
        'api-token': ground.astro.tokens.workspace,
        'deployment-id': deploymentId,
        'wait-time': '2m',
        ...inputs,
      },
    })
    return { ...result, code: codeOf(result.errors[0] ?? '') }
  }

  /** A file of the DAG folder as Airflow names it. */
  const airflowName = (file: string): string => (major === 3 ? file : path.join(airflow.dagsFolder, file))

  const activeDags = async (): Promise<string[]> =>
    (await (await client()).dags()).items.filter(({ isActive }) => isActive).map(({ id }) => id)

  test('a good deploy is green, and what was uploaded is what Airflow has', async () => {
    const { exitCode, outputs, summary, errors } = await deploy({ 'dags/team/two.py': dag('two') })
    expect([exitCode, errors, outputs['import-errors']]).toEqual([0, [], '0'])
    expect(summary).toContain('DAGs that appeared: <code>example</code>, <code>two</code>')
    expect(await activeDags()).toEqual(['example', 'two'])
    expect(await readFile(path.join(airflow.dagsFolder, 'team/two.py'), 'utf8')).toBe(dag('two'))
  })

  test.each([
    ['a missing module', { 'dags/m.py': `${dag('m')}import nope\n` }, 'dags/m.py', 5, 'ModuleNotFoundError'],
    ['a syntax error', { 'dags/s.py': `${dag('s')}def broken(:\n` }, 'dags/s.py', 5, 'SyntaxError'],
    [
      'a helper that fails, two imports down',
      {
        'dags/h.py': `from lib.mid import VALUE\n${dag('h')}`,
        'dags/lib/__init__.py': '',
        'dags/lib/mid.py': 'from lib.deep import VALUE\n',
        'dags/lib/deep.py': 'VALUE = 1\n\nraise RuntimeError("deep inside")\n',
      },
      'dags/lib/deep.py',
      3,
      'deep inside',
    ],
    [
      'a cycle',
      {
        'dags/c.py': `from ${operators}.empty import EmptyOperator\n${dag('c').replace(
          '    pass\n',
          '    a = EmptyOperator(task_id="first")\n    b = EmptyOperator(task_id="second")\n    a >> b >> a\n',
        )}`,
      },
      'dags/c.py',
      6,
      'Cycle detected',
    ],
    [
      'one task ID twice',
      {
        'dags/t.py': `from ${operators}.empty import EmptyOperator\n${dag('t').replace(
          '    pass\n',
          '    EmptyOperator(task_id="same")\n    EmptyOperator(task_id="same")\n',
        )}`,
      },
      'dags/t.py',
      6,
      'already been added',
    ],
    [
      'an import that hangs',
      { 'dags/w.py': `${dag('w')}import time\n\ntime.sleep(300)\n` },
      'dags/w.py',
      7,
      'import timeout',
    ],
  ])('%s is red, on its file and line', async (_, files: Record<string, string>, file, line, words) => {
    const { exitCode, code, places } = await deploy(files)
    expect([exitCode, code]).toEqual([1, 'ASTRO-VERIFY-IMPORT-ERRORS'])
    expect(places).toMatchObject([{ file, message: expect.stringContaining(words) as unknown }])
    // A cycle can be named by either of its tasks.
    expect(words === 'Cycle detected' ? [5, 6] : [line]).toContain(places[0]?.line)
  })

  test('a DAG ID that two files have is red on both', async () => {
    const { code, places } = await deploy({ 'dags/again.py': `\n${dag('example')}` })
    expect(code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')
    expect(places).toMatchObject([
      { file: 'dags/again.py', line: 4 },
      { file: 'dags/example.py', line: 3 },
    ])
  })

  test('an old error elsewhere does not fail a deploy, and a fix is green', async () => {
    const broken = await deploy({ 'dags/old.py': `${dag('old')}import nope\n` }, { verify: 'warn' })
    expect([broken.exitCode, broken.places[0]?.level]).toEqual([0, 'warning'])

    const elsewhere = await deploy({ 'dags/new.py': dag('new') })
    expect([elsewhere.exitCode, elsewhere.errors, elsewhere.outputs['import-errors']]).toEqual([0, [], '1'])
    expect(elsewhere.notices.join()).toContain('dags/old.py')

    const fixed = await deploy({ 'dags/old.py': dag('mended') })
    expect([fixed.exitCode, fixed.errors, fixed.outputs['import-errors']]).toEqual([0, [], '0'])
    expect(await activeDags()).toContain('mended')
  })

  test('a helper that breaks is red on its own line, although the DAG file is as it was', async () => {
    const helper = { 'dags/lib/__init__.py': '', 'dags/lib/helper.py': 'VALUE = 1\n' }
    const good = await deploy({ ...helper, 'dags/user.py': `from lib.helper import VALUE\n${dag('user')}` })
    expect([good.exitCode, good.errors]).toEqual([0, []])
    const bad = await deploy({ 'dags/lib/helper.py': 'VALUE = 1\n\nVALUE / 0\n' })
    expect(bad.code).toBe('ASTRO-VERIFY-IMPORT-ERRORS')
    expect(bad.places).toMatchObject([{ file: 'dags/lib/helper.py', line: 3 }])
    expect(bad.places[0]?.message).toContain('so dags/user.py does not import')
    const fixed = await deploy({ 'dags/lib/helper.py': 'VALUE = 2\n' })
    expect([fixed.exitCode, fixed.errors, fixed.outputs['import-errors']]).toEqual([0, [], '0'])
  })

  test('a deploy that fails verification is rolled back, and the former DAGs run', async () => {
    const former = await deploy({ 'dags/keep.py': dag('former') })
    expect(former.errors).toEqual([])
    const bad = await deploy(
      { 'dags/keep.py': `${dag('former')}import nope\n` },
      { 'rollback-on-failure': 'true' },
    )
    expect([bad.exitCode, bad.code, bad.outputs['rolled-back']]).toEqual([
      1,
      'ASTRO-VERIFY-IMPORT-ERRORS',
      'true',
    ])
    expect(await readFile(path.join(airflow.dagsFolder, 'keep.py'), 'utf8')).toBe(dag('former'))
    await settles({ dags: ['example', 'former'], errors: [] })
  })

  const rollback = () =>
    ground.run({
      inputs: {
        'api-token': ground.astro.tokens.workspace,
        'deployment-id': deploymentId,
        action: 'rollback',
      },
    })

  test('`action: rollback` brings the former DAGs back, and is green when they are', async () => {
    const former = await deploy({ 'dags/keep.py': dag('former'), 'dags/back.py': dag('back') })
    await rm(path.join(ground.workspace, 'dags/back.py'))
    const newer = await deploy({ 'dags/keep.py': dag('newer'), 'dags/left.py': dag('left') })
    const bad = await deploy({ 'dags/bad.py': `${dag('bad')}import nope\n` }, { verify: 'false' })
    expect([former.errors, newer.errors, bad.errors]).toEqual([[], [], []])
    await settles({ dags: ['example', 'left', 'newer'], errors: [airflowName('bad.py')] })
    const { exitCode, errors, outputs, stdout } = await rollback()
    expect([exitCode, errors, outputs['rolled-back'], outputs['import-errors']]).toEqual([0, [], 'true', '0'])
    expect(stdout).toContain('Airflow has imported the earlier code.')
    await settles({ dags: ['example', 'left', 'newer'], errors: [] })

    const further = await rollback()
    expect([further.exitCode, further.errors, further.outputs['import-errors']]).toEqual([0, [], '0'])
    expect(further.stdout).toContain('New DAG: back')
    expect(further.warnings.join()).toContain('2 DAGs of before are gone with this rollback: left, newer.')
    await settles({ dags: ['back', 'example', 'former'], errors: [] })
  })

  test('`action: rollback` to code that does not import is red, and live', async () => {
    const broken = await deploy({ 'dags/keep.py': `${dag('keep')}import nope\n` }, { verify: 'false' })
    const fixed = await deploy({ 'dags/keep.py': dag('keep') })
    expect([broken.errors, fixed.errors]).toEqual([[], []])
    const { exitCode, errors, outputs } = await rollback()
    expect([exitCode, codeOf(errors[0] ?? '')]).toEqual([1, 'ASTRO-VERIFY-IMPORT-ERRORS'])
    expect(errors[0]).toContain('ModuleNotFoundError')
    expect([outputs['rolled-back'], outputs['import-errors']]).toEqual(['true', '1'])
  })

  describe('a smoke test', () => {
    const smoke = (source: string, inputs: Record<string, string> = {}) =>
      deploy(
        { 'dags/smoke.py': source },
        { 'run-dag': 'smoke', 'run-dag-unpause': 'true', 'run-dag-timeout': '2m', ...inputs },
      )
    const isPaused = async (): Promise<boolean> => (await (await client()).dag('smoke')).dag.isPaused

    test('that passes is green, and has its configuration and a date', async () => {
      const source = task('smoke', 'assert rows == "10" and len(date) == 10').replace(
        'python_callable=lambda: work()',
        'op_args=["{{ dag_run.conf.rows }}", "{{ ds }}"], python_callable=lambda *args: work(*args)',
      )
      const { exitCode, errors, outputs } = await smoke(
        source.replace('def work()', 'def work(rows, date)'),
        {
          'run-dag-conf': '{"rows": 10}',
        },
      )
      expect([exitCode, errors, outputs['dag-run-state']]).toEqual([0, [], 'success'])
      expect(await isPaused()).toBe(true)
    })

    test('that fails is red, with its log, of which nothing is obeyed', async () => {
      const { code, errors, stdout } = await smoke(
        task('smoke', 'print("::error::obey me", flush=True)\nraise ValueError("no rows")'),
      )
      expect([code, await isPaused()]).toEqual(['ASTRO-RUN-FAILED', true])
      expect(errors[0]).toContain('Failed: work')
      expect(stdout).toContain('no rows')
      expect(stdout).toContain('obey me')
      expect(stdout.split(/\r\n|[\r\n]/).filter((line) => /^\s*::error::obey/.test(line))).toEqual([])
    })

    test('that does not end is stopped', async () => {
      const { code, errors, outputs } = await smoke(task('smoke', 'import time\ntime.sleep(600)'), {
        'run-dag-timeout': '15s',
      })
      expect([code, outputs['dag-run-state']]).toEqual(['ASTRO-RUN-TIMEOUT', 'timed-out'])
      expect(errors[0]).toContain('Not finished: work (')
      expect(errors[0]).toContain('The run was stopped.')
      expect((await (await client()).dagRun('smoke', outputs['dag-run-id'] ?? '')).state).toBe('failed')
      expect(await isPaused()).toBe(true)
    })
  })

  test('the access token works with curl, and is shown by nothing', async () => {
    const { keyId, keySecret } = ground.astro.keys.create(deploymentId)
    const { exitCode, outputs, stdout } = await ground.run({
      inputs: { action: 'get-access-token', 'key-id': keyId, 'key-secret': keySecret },
    })
    expect(exitCode).toBe(0)
    const token = outputs['access-token'] ?? 'none'
    const lines = stdout.split('\n').filter((line) => line.includes(token))
    expect(lines).toEqual([`::add-mask::${token}`])
    const answer = await curl(`${outputs['airflow-api-url']}/dags`, token)
    expect(JSON.parse(answer)).toHaveProperty('dags')
    await expect(curl(`${outputs['airflow-api-url']}/dags`, `${token}x`)).rejects.toThrow('401')
  })

  test('cut JSON, a page, a login page, a token that ends and a minute of 503 are waited out', async () => {
    const { astro } = ground
    astro.airflow.use(deploymentId, awayFor(OUTAGE_MS, serveWith(airflow)))
    const { keyId, keySecret } = astro.keys.create(deploymentId)
    const login = { location: 'https://login.test/' }
    const passing = { step: 'airflow', afterStep: 'finalize', times: 1 } as const
    astro.faults.add({ step: 'airflow', times: 1, fault: 'truncated', how: 'json' })
    astro.faults.add({ ...passing, fault: 'html', status: 200 })
    astro.faults.add({ ...passing, fault: 'status', status: 302, headers: login })
    astro.faults.add({ ...passing, fault: 'status', status: 401 })
    const { exitCode, errors, stdout } = await deploy(
      { 'dags/faulty.py': dag('faulty') },
      { 'api-token': '', 'key-id': keyId, 'key-secret': keySecret, 'wait-time': '4m' },
    )
    expect([exitCode, errors]).toEqual([0, []])
    for (const seen of ['HTTP 200', 'HTTP 302', 'not complete JSON', 'HTTP 503'])
      expect(stdout).toContain(seen)
    const exchanges = astro.requests.filter(({ step }) => step === 'token')
    expect(exchanges).toHaveLength(2)
  })

  test('the stand-in answers in the same shapes', async () => {
    await comparesShapes(ground, airflow, major, { dag, task, operators })
  })
}

/** What a page answers to curl; throws unless it answers with success. The token goes by stdin, as no list of processes shows it. */
async function curl(url: string, token: string): Promise<string> {
  const child = spawn('curl', [
    '--silent',
    '--show-error',
    '--fail',
    '--max-time',
    '30',
    '--config',
    '-',
    url,
  ])
  child.stdin.end(`header = "Authorization: Bearer ${token}"\n`)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`curl ended with ${String(code)}: ${stderr}`)
  return stdout
}
