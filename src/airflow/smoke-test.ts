import type { Clock } from '../clock.ts'
import { watch } from '../deploy/watch.ts'
import { ActionError, describeError } from '../errors.ts'
import type { AirflowClient } from './client.ts'
import { isDown } from './failure.ts'
import { tail } from './task-log.ts'
import type { DagRun, TaskInstance } from './types.ts'

export type SmokeTest = {
  readonly dagId: string
  readonly conf: Readonly<Record<string, unknown>>
  readonly timeoutMs: number
  /** Unpauses a paused DAG for the run. */
  readonly unpause: boolean
  /** The same for the same deploy, so that a request that is sent twice starts one run. */
  readonly runId: string
  readonly note: string
}

export type SmokeTestDependencies = {
  readonly airflow: Pick<
    AirflowClient,
    'dag' | 'setPaused' | 'triggerRun' | 'dagRun' | 'stopRun' | 'taskInstances' | 'taskLog'
  >
  readonly clock: Clock
  readonly log: { readonly info: (line: string) => void; readonly warning: (message: string) => void }
  readonly signal?: AbortSignal
  readonly onRun: (runId: string) => void
  readonly onEnd: (state: 'success' | 'failed' | 'timed-out') => void
}

const LOG_LINES = 50
const LOGS_SHOWN = 3
const LOG_TRIES = 3
const LOG_PAUSE_MS = 2_000

/**
 * Runs a DAG and follows the run to its end. Throws ActionError `ASTRO-RUN-…` unless it succeeds; the log then has the tail
 * of the failed tasks' logs. A run that takes too long, or that nobody waits for any more, is stopped; a DAG that was
 * unpaused for it is paused again, whatever happens.
 */
export async function runSmokeTest(deps: SmokeTestDependencies, test: SmokeTest): Promise<void> {
  const { airflow, log } = deps
  const { dag, serverTime } = await findDag(deps, test)
  if (dag.isPaused && !test.unpause) throw paused(test)
  if (dag.isPaused) {
    log.info(`The DAG ${test.dagId} is paused: it is unpaused for this run.`)
    await airflow.setPaused(test.dagId, false)
  }
  try {
    await runToEnd(deps, test, new Date(serverTime ?? deps.clock.now()))
  } finally {
    if (dag.isPaused) await pauseAgain(deps, test)
  }
}

async function findDag({ airflow }: SmokeTestDependencies, { dagId }: SmokeTest) {
  try {
    return await airflow.dag(dagId)
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== 'ASTRO-AIRFLOW-NOT-FOUND') throw error
    throw new ActionError({
      code: 'ASTRO-RUN-NO-DAG',
      problem: `There is no DAG ${dagId} to run.`,
      observed: error.observed,
      likelyCause: 'The ID has a typing error, or the DAG is not in the code that was deployed.',
      fix: 'Correct `run-dag`: it is the ID of the DAG, not the name of its file.',
    })
  }
}

async function runToEnd(deps: SmokeTestDependencies, test: SmokeTest, logicalDate: Date): Promise<void> {
  const { airflow, log, onRun, onEnd } = deps
  const run = await start(deps, test, logicalDate)
  onRun(run.id)
  log.info(`Started the run ${run.id} of the DAG ${test.dagId}.`)
  let state: string
  try {
    state = await follow(deps, test)
  } catch (error) {
    const isStopped = await stop(deps, test)
    if (!(error instanceof ActionError) || error.code !== 'ASTRO-RUN-TIMEOUT') throw error
    onEnd('timed-out')
    throw tookTooLong(test, error, isStopped)
  }
  if (state === 'success') {
    onEnd('success')
    log.info(`The run ${run.id} succeeded.`)
    return
  }
  onEnd('failed')
  const { items } = await airflow.taskInstances(test.dagId, test.runId)
  const failed = items.filter((task) => task.state === 'failed')
  const words: (string | undefined)[] = []
  for (const task of failed.slice(0, LOGS_SHOWN)) words.push(await showLog(deps, test, task))
  const skipped = items.filter((task) => task.state === 'upstream_failed').length
  throw new ActionError({
    code: 'ASTRO-RUN-FAILED',
    problem: `The smoke test failed: the run ${run.id} of the DAG ${test.dagId} ended as ${state}.`,
    observed: [
      ...failed.map((task, index) => `Failed: ${nameOf(task)}${words[index] ? ` (${words[index]})` : ''}`),
      ...(skipped === 0 ? [] : [`Not run because of it: ${skipped} more`]),
      ...(failed.length === 0 ? ['No task failed: the DAG run itself did.'] : []),
    ].join('\n'),
    fix: 'The end of the logs stands in the log of this step; the rest is in the Airflow UI.',
  })
}

/** A run that is there already is the one of an earlier request whose answer was lost. */
async function start(
  { airflow }: SmokeTestDependencies,
  test: SmokeTest,
  logicalDate: Date,
): Promise<DagRun> {
  const { runId: id, conf, note } = test
  try {
    return await airflow.triggerRun(test.dagId, { id, conf, note, logicalDate })
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== 'ASTRO-AIRFLOW-CONFLICT') throw error
    return airflow.dagRun(test.dagId, id).catch(() => {
      throw error
    })
  }
}

function follow(deps: SmokeTestDependencies, test: SmokeTest): Promise<string> {
  const { airflow } = deps
  return watch<DagRun | ActionError, string>(deps, {
    look: () =>
      airflow.dagRun(test.dagId, test.runId).catch((error: unknown) => {
        if (error instanceof ActionError && isDown(error)) return error
        throw error
      }),
    judge(seen) {
      if (seen instanceof ActionError) return { kind: 'waiting', state: seen.observed ?? seen.problem }
      const isOver = seen.state === 'success' || seen.state === 'failed'
      return isOver
        ? { kind: 'done', result: seen.state }
        : { kind: 'waiting', state: `the run is ${seen.state}` }
    },
    budgetMs: test.timeoutMs,
    timedOut: (state) =>
      new ActionError({
        code: 'ASTRO-RUN-TIMEOUT',
        problem: `The smoke test took too long: the run ${test.runId} of the DAG ${test.dagId} did not end within ${test.timeoutMs / 1000} s.`,
        observed: `Last seen: ${state}.`,
        likelyCause: 'A task waits for something, or no worker took it.',
        fix: 'Look at the run in the Airflow UI. Raise `run-dag-timeout` when it simply takes longer.',
      }),
  })
}

/** The same with what became of the run. */
function tookTooLong({ runId }: SmokeTest, error: ActionError, isStopped: boolean): ActionError {
  const { code, problem, observed = '', likelyCause, fix } = error
  const end = isStopped ? 'The run was stopped.' : `The run ${runId} could not be stopped and may go on.`
  return new ActionError({ code, problem, observed: `${observed} ${end}`, likelyCause, fix })
}

async function stop({ airflow, log }: SmokeTestDependencies, { dagId, runId }: SmokeTest): Promise<boolean> {
  try {
    await airflow.stopRun(dagId, runId)
    log.info(`Stopped the run ${runId}.`)
    return true
  } catch (error) {
    log.warning(`Could not stop the run ${runId} of the DAG ${dagId}: ${describeError(error)}`)
    return false
  }
}

async function pauseAgain({ airflow, log }: SmokeTestDependencies, { dagId }: SmokeTest): Promise<void> {
  try {
    await airflow.setPaused(dagId, true)
    log.info(`The DAG ${dagId} is paused again.`)
  } catch (error) {
    log.warning(`Could not pause the DAG ${dagId} again: ${describeError(error)}`)
  }
}

/** Prints the end of a task's log; returns its last words. Logs come late from where they are kept, and never fail the step. */
async function showLog(
  deps: SmokeTestDependencies,
  test: SmokeTest,
  task: TaskInstance,
): Promise<string | undefined> {
  const { airflow, clock, log, signal } = deps
  if (task.tryNumber < 1) return undefined
  let found: readonly string[] = []
  for (let attempt = 1; attempt <= LOG_TRIES && found.length === 0; attempt++) {
    if (attempt > 1) await clock.sleep(LOG_PAUSE_MS, signal)
    try {
      found = await airflow.taskLog(test.dagId, test.runId, task)
    } catch (error) {
      if (!(error instanceof ActionError)) throw error
      if (attempt === LOG_TRIES) {
        log.info(`The log of the task ${nameOf(task)} could not be read: ${error.observed ?? error.problem}`)
      }
    }
  }
  const { lines, before } = tail(found, LOG_LINES)
  if (lines.length === 0) return undefined
  log.info(
    `The end of the log of the task ${nameOf(task)}${before === 0 ? '' : ` (${before} lines left out)`}:`,
  )
  for (const line of lines) log.info(`  | ${line}`)
  return lines.findLast((line) => /^(?:\w+\.)*\w*(?:Error|Exception)\b/.test(line))?.slice(0, 200)
}

function nameOf({ taskId, mapIndex }: TaskInstance): string {
  return mapIndex < 0 ? taskId : `${taskId} [${mapIndex}]`
}

function paused({ dagId }: SmokeTest): ActionError {
  return new ActionError({
    code: 'ASTRO-RUN-PAUSED',
    problem: `The DAG ${dagId} is paused, and a run of a paused DAG never starts.`,
    likelyCause: 'New DAGs come up paused unless the Deployment is set otherwise.',
    fix: 'Unpause it in the Airflow UI, or set `run-dag-unpause: true`, which pauses it again afterwards. Unpausing may also start a run by its schedule.',
  })
}
