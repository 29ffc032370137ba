import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { runStep } from '../bundle/run-step.ts'
import { writeTree } from '../bundle/tree.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import type { Measurement } from './measurement.ts'
import { median } from './measurement.ts'

const RUNS = 6
const FILES = 50
const BUDGET_MS = 2_000
const PARSE_MS = 4_000
/** Looks become rarer with time. */
const LONG_PARSE_MS = 70_000
const MANY_DAGS = 500
const MOST_REQUESTS = 60
const MOST_A_SECOND = 5
const SECOND_MS = 1_000

type Delay = {
  /** From the end of the parse to the end of the process. */
  readonly wholeMs: number
  /** To the first question that Airflow was asked after the parse: the pause between two looks. */
  readonly pauseMs: number
}

/**
 * From the moment at which Airflow has parsed the last file of the new code to the end of a green step, for both majors. The
 * moments fall on different places between two looks.
 */
export async function measureVerification(): Promise<readonly Measurement[]> {
  const [three, two] = [await timeRuns(3), await timeRuns(2)]
  const long = await Promise.all([timeRun(3, LONG_PARSE_MS), timeRun(2, LONG_PARSE_MS)])
  return [
    describe("from Airflow 3's parse of the new code to the green step, the longest of several", three),
    describe('the same with Airflow 2', two),
    describe(`the same with both, after a wait of ${LONG_PARSE_MS / 1000} s`, long),
    ...(await countRequests()),
  ]
}

const manyDags = (helper: string): Record<string, string> => ({
  ...Object.fromEntries(
    Array.from({ length: MANY_DAGS }, (_, index) => [
      `dags/dag_${index}.py`,
      `from lib.helper import VALUE\nfrom airflow import DAG\n\nDAG("dag_${index}", schedule=None)\n`,
    ]),
  ),
  'dags/lib/helper.py': helper,
})

/** How often a large Airflow is asked, whose DAG bundle names no versions, when nearly all is as it was before. */
async function countRequests(): Promise<readonly Measurement[]> {
  const astro = await startLocalAstro({
    airflow: { parseMs: PARSE_MS, parseEveryMs: 30_000, bundleVersions: false },
  })
  const workspace = await mkdtemp(path.join(tmpdir(), 'bench-verification-'))
  const deploy = async (
    files: Readonly<Record<string, string>>,
    verify: string,
  ): Promise<readonly number[]> => {
    await writeTree(workspace, files)
    const before = astro.requests.length
    const { exitCode, stdout } = await runStep({
      workspace,
      inputs: {
        ...{ domain: astro.origin, 'api-token': astro.tokens.workspace, 'deployment-id': astro.deploymentId },
        ...{ 'deploy-type': 'dags-only', verify },
      },
    })
    if (exitCode !== 0) throw new Error(`the deploy failed:\n${stdout}`)
    return astro.requests.slice(before).flatMap(({ step, at }) => (step === 'airflow' ? [at] : []))
  }
  try {
    await astro.ready()
    const files = manyDags('VALUE = 1\n')
    await deploy(files, 'false')
    const changed = { 'dags/dag_7.py': `${files['dags/dag_7.py'] ?? ''}# changed\n` }
    return [
      describeRequests('nothing changed', await deploy({}, 'true')),
      describeRequests('one changed', await deploy(changed, 'true')),
      describeRequests('what all import changed', await deploy(manyDags('VALUE = 2\n'), 'true')),
    ]
  } finally {
    await rm(workspace, { recursive: true, force: true })
    await astro.stop()
  }
}

function describeRequests(what: string, times: readonly number[]): Measurement {
  const perSecond = times.map((at) => times.filter((other) => other >= at && other < at + SECOND_MS).length)
  const most = Math.max(...perSecond)
  return {
    what: `requests to an Airflow with ${MANY_DAGS} DAGs, ${what}`,
    measured: `${times.length}, ${most} in a second`,
    beside: 'a look at all of them: 6',
    budget: `at most ${MOST_REQUESTS}, ${MOST_A_SECOND} in a second`,
    within: times.length <= MOST_REQUESTS && most <= MOST_A_SECOND,
  }
}

async function timeRuns(major: 2 | 3): Promise<Delay[]> {
  const delays: Delay[] = []
  for (let run = 0; run < RUNS; run++) delays.push(await timeRun(major, PARSE_MS + run * 97))
  return delays
}

function describe(what: string, delays: readonly Delay[]): Measurement {
  const worst = Math.max(...delays.map(({ wholeMs }) => wholeMs))
  const whole = median(delays.map(({ wholeMs }) => wholeMs))
  const pause = median(delays.map(({ pauseMs }) => pauseMs))
  return {
    what,
    measured: `${worst.toFixed(0)} ms`,
    beside: `the median: ${whole.toFixed(0)} ms, of it the pause between two looks ${pause.toFixed(0)} ms`,
    budget: `at most ${BUDGET_MS} ms`,
    within: worst <= BUDGET_MS,
  }
}

async function timeRun(major: 2 | 3, parseMs: number): Promise<Delay> {
  const astro = await startLocalAstro({ airflow: { parseMs, parseEveryMs: 30_000 } })
  const workspace = await mkdtemp(path.join(tmpdir(), 'bench-verification-'))
  try {
    await astro.ready()
    await writeTree(workspace, project())
    const deploymentId =
      major === 3 ? astro.deploymentId : astro.deployments.create({ fixture: 'airflow-2' }).id
    const { exitCode, stdout } = await runStep({
      workspace,
      inputs: {
        domain: astro.origin,
        'api-token': astro.tokens.workspace,
        'deployment-id': deploymentId,
        'deploy-type': 'dags-only',
      },
    })
    const endedAt = Date.now()
    if (exitCode !== 0) throw new Error(`the deploy failed:\n${stdout}`)
    const parsedAt = astro.airflow.standIn(deploymentId).parsedAt()
    if (parsedAt === undefined) throw new Error('the step was green before Airflow had parsed the new code')
    const asked = astro.requests.find(({ step, at }) => step === 'airflow' && at >= parsedAt)
    if (!asked) throw new Error('Airflow was not asked after it had parsed the new code')
    return { wholeMs: endedAt - parsedAt, pauseMs: asked.at - parsedAt }
  } finally {
    await rm(workspace, { recursive: true, force: true })
    await astro.stop()
  }
}

/** Files that each promise a DAG, as nearly all do: what promises none is known only after another round of parsing. */
function project(): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: FILES }, (_, index) => [
      `dags/dag_${index}.py`,
      `from airflow import DAG\n\nDAG("dag_${index}", schedule=None)\n`,
    ]),
  )
}
