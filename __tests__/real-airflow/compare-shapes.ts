import { setTimeout as delay } from 'node:timers/promises'
import { expect } from '@jest/globals'
import type { AirflowMajor } from '../../src/airflow/types.ts'
import type { Ground } from '../bundle/ground.ts'
import { writeTree } from '../bundle/tree.ts'
import type { RunningAirflow } from './airflow-process.ts'
import { serveWith } from './real-backend.ts'

type Sources = {
  readonly dag: (id: string) => string
  readonly task: (id: string, body: string) => string
  readonly operators: string
}

/**
 * Deploys the same files to a Deployment with the stand-in and to one with the real Airflow, sends the same requests to both,
 * and compares statuses and shapes: each field of the stand-in's answers is there in the real one's, of the same type.
 */
export async function comparesShapes(
  ground: Ground,
  airflow: RunningAirflow,
  major: AirflowMajor,
  { dag, task }: Sources,
): Promise<void> {
  const { astro } = ground
  const fixture = major === 3 ? 'etl' : 'airflow-2'
  const real = astro.deployments.create({ fixture }).id
  astro.airflow.use(real, serveWith(airflow))
  const standIn = astro.deployments.create({ fixture }).id
  await writeTree(ground.workspace, {
    'dags/example.py': dag('example'),
    'dags/runs.py': task('runs', 'raise ValueError("x")  # local-airflow: run fails'),
    'dags/bad.py': `${dag('bad')}import nope  # local-airflow: raises ModuleNotFoundError: No module named 'nope'\n`,
  })
  for (const id of [real, standIn]) {
    const result = await ground.run({
      inputs: {
        ...{ 'api-token': astro.tokens.workspace, 'deployment-id': id },
        ...{ verify: 'warn', 'wait-time': '2m' },
      },
    })
    expect([id === real ? 'real' : 'stand-in', result.exitCode]).toEqual([
      id === real ? 'real' : 'stand-in',
      0,
    ])
  }

  const v = major === 3 ? 'v2' : 'v1'
  const json = { 'content-type': 'application/json' }
  const call = async (id: string, method: string, path: string, body?: unknown, token?: string) => {
    const response = await fetch(`${astro.origin}/airflow/${id}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token ?? astro.tokens.workspace}`,
        ...(body === undefined ? {} : json),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : 'a page' }
  }
  const found: string[] = []
  const compare = async (method: string, path: string, body?: unknown): Promise<void> =>
    compareEach(method, path, () => Promise.resolve(path), body)
  const compareEach = async (
    method: string,
    name: string,
    pathFor: (id: string) => Promise<string>,
    body?: unknown,
  ): Promise<void> => {
    const theirs = await call(real, method, await pathFor(real), body)
    const ours = await call(standIn, method, await pathFor(standIn), body)
    const status = theirs.status === ours.status ? [] : [`${ours.status} in place of ${theirs.status}`]
    const all = [...status, ...differences(ours.body, theirs.body, '')]
    found.push(...all.map((difference) => `${method} ${name}: ${difference}`))
  }

  const dated = major === 3 ? { logical_date: '2026-01-05T10:00:00.000Z' } : {}
  await compare('GET', `/api/${v}/version`)
  await compare('GET', `/api/${v}${major === 3 ? '/monitor/health' : '/health'}`)
  await compare('GET', `/api/${v}/importErrors?order_by=import_error_id&limit=100&offset=0`)
  await compare('GET', `/api/${v}/importErrors?order_by=import_error_id&limit=100&offset=100`)
  await compare('GET', `/api/${v}/dags?order_by=dag_id&limit=100&offset=0`)
  await compare('GET', `/api/${v}/dags/example`)
  await compareEach('GET', 'the source of a DAG', async (id) => {
    const { body } = await call(id, 'GET', `/api/${v}/dags/example`)
    const name = major === 3 ? 'example' : (body as { file_token: string }).file_token
    return `/api/${v}/dagSources/${encodeURIComponent(name)}`
  })
  await compareEach('PUT', 'a wish to parse a file next', async (id) => {
    const { body } = await call(id, 'GET', `/api/${v}/dags/example`)
    return `/api/${v}/parseDagFile/${encodeURIComponent((body as { file_token: string }).file_token)}`
  })
  await compare('PUT', `/api/${v}/parseDagFile/nonsense`)
  await compare('GET', `/api/${v}/dags/nowhere`)
  await compare('GET', `/api/${v}/nowhere`)
  await compare('GET', major === 3 ? '/nowhere' : '/api/v2/dags')
  if (major === 3) await compare('GET', '/api/v1/dags')
  await compare('PATCH', `/api/${v}/dags/runs?update_mask=is_paused`, { is_paused: false })
  await compare('POST', `/api/${v}/dags/runs/dagRuns`, { dag_run_id: 'one', conf: 5, ...dated })
  if (major === 3) {
    await compare('POST', `/api/${v}/dags/runs/dagRuns`, { dag_run_id: 'one', conf: {} })
    await compare('POST', `/api/${v}/dags/runs/dagRuns`, { dag_run_id: 'one', conf: {}, extra: 1, ...dated })
  }
  await compare('POST', `/api/${v}/dags/runs/dagRuns`, { dag_run_id: 'one', conf: {}, note: 'n', ...dated })
  await compare('POST', `/api/${v}/dags/runs/dagRuns`, { dag_run_id: 'one', conf: {}, note: 'n', ...dated })
  await compare('POST', `/api/${v}/dags/nowhere/dagRuns`, { dag_run_id: 'one', conf: {}, ...dated })
  const deadline = Date.now() + 120_000
  const ended = async (): Promise<boolean> => {
    const { body } = await call(real, 'GET', `/api/${v}/dags/runs/dagRuns/one`)
    return (body as { state?: string }).state === 'failed'
  }
  while (!(await ended())) {
    if (Date.now() > deadline) throw new Error('the run of the real Airflow did not end')
    await delay(500)
  }
  await compare('GET', `/api/${v}/dags/runs/dagRuns/one`)
  await compare('GET', `/api/${v}/dags/runs/dagRuns/none`)
  await compare('GET', `/api/${v}/dags/runs/dagRuns/one/taskInstances?limit=100&offset=0`)
  await compare('GET', `/api/${v}/dags/runs/dagRuns/one/taskInstances?limit=100&offset=0&order_by=start_date`)
  await compare(
    'GET',
    `/api/${v}/dags/runs/dagRuns/one/taskInstances/work/logs/1?map_index=-1&full_content=true`,
  )
  await compare('GET', `/api/${v}/dags/runs/dagRuns/one/taskInstances/none/logs/1?map_index=-1`)
  await compare('PATCH', `/api/${v}/dags/runs/dagRuns/one`, { state: 'failed' })
  await compare('PATCH', `/api/${v}/dags/runs?update_mask=is_paused`, { is_paused: true })
  expect(found).toEqual([])
}

/** Fields of `ours` that `theirs` lacks or has of another type. A null says nothing of a type; lists are compared by their first. */
function differences(ours: unknown, theirs: unknown, at: string): string[] {
  if (ours === null || theirs === null) return []
  const [own, other] = [kindOf(ours), kindOf(theirs)]
  if (own !== other) return [`${at}: ${own} in place of ${other}`]
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    return ours.length > 0 && theirs.length > 0 ? differences(ours[0], theirs[0], `${at}[]`) : []
  }
  if (own !== 'object') return []
  const [mine, real] = [ours as Record<string, unknown>, theirs as Record<string, unknown>]
  return Object.keys(mine).flatMap((key) =>
    key in real ? differences(mine[key], real[key], `${at}.${key}`) : [`${at}.${key}: is not there`],
  )
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value)
