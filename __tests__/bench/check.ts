import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { runStep } from '../bundle/run-step.ts'
import { writeTree } from '../bundle/tree.ts'
import type { LocalAstro } from '../local-astro/start.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import type { Measurement } from './measurement.ts'
import { median } from './measurement.ts'

const FILES = 1_000
const RUNS = 5
const MOST_MORE_MS = 1_500
const MOST_RESIDENT_MB = 150
/** Loaded before the bundle: leaves how much memory the process took, in kB, in the file that the environment names. */
const PRELOAD = `data:text/javascript,${encodeURIComponent(`
import { readFileSync, writeFileSync } from 'node:fs'
process.on('exit', () =>
  writeFileSync(process.env.BENCH_RESIDENT, /VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]))
`)}`

type Result = { readonly ms: number; readonly residentMB: number }

/** What the check adds to a plan of a thousand files, beside the same without it, in turns; and what it takes. */
export async function measureCheck(): Promise<readonly Measurement[]> {
  const place = await mkdtemp(path.join(tmpdir(), 'bench-check-'))
  const astro = await startLocalAstro()
  try {
    await writeTree(path.join(place, 'workspace'), dagTree())
    const results: Record<'true' | 'false', Result[]> = { true: [], false: [] }
    for (let run = 0; run < RUNS; run++) {
      for (const check of ['false', 'true'] as const) results[check].push(await plan(astro, place, check))
    }
    const time = (check: 'true' | 'false'): number => median(results[check].map(({ ms }) => ms))
    const resident = (check: 'true' | 'false'): number =>
      Math.max(...results[check].map(({ residentMB }) => residentMB))
    const more = time('true') - time('false')
    return [
      {
        what: `the check of ${FILES} DAG files, in the time of a plan`,
        measured: `${more.toFixed(0)} ms more`,
        beside: `without it: ${time('false').toFixed(0)} ms`,
        budget: `at most ${MOST_MORE_MS} ms`,
        within: more <= MOST_MORE_MS,
      },
      {
        what: 'the memory of that',
        measured: `${resident('true').toFixed(0)} MB`,
        beside: `without it: ${resident('false').toFixed(0)} MB`,
        budget: `at most ${MOST_RESIDENT_MB} MB`,
        within: resident('true') <= MOST_RESIDENT_MB,
      },
    ]
  } finally {
    await astro.stop()
    await rm(place, { recursive: true, force: true })
  }
}

async function plan(astro: LocalAstro, place: string, check: 'true' | 'false'): Promise<Result> {
  const file = path.join(place, 'resident')
  const start = performance.now()
  const { exitCode, stdout } = await runStep({
    workspace: path.join(place, 'workspace'),
    inputs: {
      'key-id': astro.keyId,
      'key-secret': astro.keySecret,
      'deployment-id': astro.deploymentId,
      'deploy-type': 'dags-only',
      'dry-run': 'true',
      domain: astro.origin,
      check,
    },
    env: { NODE_OPTIONS: `--import=${PRELOAD}`, BENCH_RESIDENT: file },
  })
  const ms = performance.now() - start
  if (exitCode !== 0) throw new Error(`the plan failed:\n${stdout}`)
  return { ms, residentMB: Number(await readFile(file, 'utf8')) / 1024 }
}

/** DAGs of three kilobytes, as people write them. */
function dagTree(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: FILES }, (_, at) => [`dags/team_${at % 20}/dag_${at}.py`, dag(at)]),
  )
}

function dag(at: number): string {
  const tasks = Array.from(
    { length: 20 },
    (_, task) => `
    @task
    def step_${task}(rows: list[dict[str, int]], factor: float = ${task}.5) -> list[dict[str, int]]:
        """Multiplies what it gets."""
        return [{**row, "value": int(row["value"] * factor)} for row in rows if row]
`,
  )
  return `from __future__ import annotations

from datetime import datetime

from airflow.sdk import dag, task


@dag(dag_id="dag_${at}", schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False)
def pipeline():
${tasks.join('')}
    step_1(step_0([{"value": 1}]))


pipeline()
`
}
