import { cp, mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { useGround } from './ground.ts'
import { runStep } from './run-step.ts'
import { writeTree } from './tree.ts'

const ground = useGround({ uploads: true })

const BROKEN = 'from airflow.sdk import DAG\n\nwith DAG("etl") as dag:\n    print("hello"\n'

describe('a pull request with a syntax error', () => {
  test('is red before anything is written, with the line', async () => {
    await writeTree(ground.workspace, { 'dags/broken.py': BROKEN })
    const result = await ground.deploy({ check: 'true', 'dry-run': 'true' })
    ground.expectRefused(result, 'ASTRO-CHECK-SYNTAX', 'dags/broken.py:')
    expect(result.places).toEqual([
      { level: 'error', file: 'dags/broken.py', line: 4, message: expect.any(String) },
    ])
    expect(result.outputs).toMatchObject({ 'check-errors': '1', 'check-warnings': '0' })
    expect(result.summary).toContain('dags/broken.py:4')
  })

  test('is as red on a fork, which has no secrets, and asks nobody', async () => {
    await writeTree(ground.workspace, { 'dags/broken.py': BROKEN })
    const result = await ground.run({ inputs: { action: 'check', 'api-token': '', domain: '' } })
    ground.expectRefused(result, 'ASTRO-CHECK-SYNTAX', 'dags/broken.py:')
    expect(result.places).toHaveLength(1)
    expect(ground.astro.requests).toEqual([])
  })

  test('deploys all the same with check: warn', async () => {
    await writeTree(ground.workspace, { 'dags/broken.py': BROKEN })
    const result = await ground.deploy({ check: 'warn', 'deploy-type': 'dags-only', verify: 'false' })
    expect(result.exitCode).toBe(0)
    expect(result.places).toMatchObject([{ level: 'warning', file: 'dags/broken.py' }])
    expect(result.outputs).toMatchObject({ 'check-errors': '1', skipped: 'false' })
  })
})

test('action: check is green, with its warnings as SARIF', async () => {
  await writeTree(ground.workspace, {
    'project/Dockerfile': 'FROM astrocrpublic.azurecr.io/runtime:3.1-2\n',
    'project/dags/a.py': 'from airflow import DAG\nDAG("a", schedule_interval=None)\n',
    'project/plugins/p.py': 'print(nothing)\n',
    'project/dags/.airflowignore': 'sql/\n',
    'project/dags/sql/x.py': '{{ template }} %\n',
  })
  // It writes into the workspace, which no other step does.
  const result = await runStep({
    workspace: ground.workspace,
    inputs: { action: 'check', 'root-folder': 'project', 'check-sarif': 'out/dags.sarif' },
    env: { ASTRO_API_TOKEN: '' },
  })
  expect(result.errors).toEqual([])
  expect(result.exitCode).toBe(0)
  expect(result.places.map(({ level, file, line }) => [level, file, line])).toEqual([
    ['warning', 'project/dags/a.py', 2],
    ['warning', 'project/plugins/p.py', 1],
  ])
  const written = JSON.parse(await readFile(path.join(ground.workspace, 'out/dags.sarif'), 'utf8')) as {
    runs: { results: { ruleId: string }[] }[]
  }
  expect(written.runs[0]?.results.map(({ ruleId }) => ruleId)).toEqual(['airflow-3', 'undefined-name'])
})

test('a library that is broken is a warning, and the deploy goes on', async () => {
  const copy = await mkdtemp(path.join(tmpdir(), 'dist-'))
  try {
    await cp(path.resolve(import.meta.dirname, '../../dist'), copy, { recursive: true })
    await truncate(path.join(copy, 'ruff_wasm_bg.wasm'), 1_000)
    const inputs = { check: 'true', 'deploy-type': 'dags-only', verify: 'false' }
    const result = await ground.deploy(inputs, { entry: path.join(copy, 'index.js') })
    expect(result.exitCode).toBe(0)
    expect(result.warnings).toEqual([expect.stringContaining('Not checked: dags/example.py')])
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
})
