import type { Clock } from '../clock.ts'
import { ActionError, asSentence, describeError } from '../errors.ts'
import type { RunDagWish } from '../inputs/run-dag.ts'
import type { AirflowClient } from './client.ts'
import { explainFailure, listUnfinished } from './failed-tasks.ts'
import type { Dag, DagRun } from './types.ts'
import { watchAirflow } from './watch-airflow.ts'

export type SmokeTest = RunDagWish & {
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
  readonly onRun: () => void
  readonly onEnd: (state: 'success' | 'failed' | 'timed-out') => void
}

/** A smoke test, and how the DAG gets back to how it was; that happens once, however often it is asked for. */
type Revocable = SmokeTest & { readonly repause: () => Promise<void> }

/**
 * Runs a DAG and follows the run to its end. Throws ActionError `ASTRO-RUN-…` unless it succeeds; the log then has the tail
 * of the failed tasks' logs. A run that takes too long, or that nobody follows any more, is stopped; a DAG that was unpaused
 * for it is paused again, whatever happens, and beside the stop: a cancelled job has seconds left.
 */
export async function runSmokeTest(deps: SmokeTestDependencies, test: SmokeTest): Promise<void> {
  const { dag, serverTime } = await findDag(deps, test)
  const logicalDate = new Date(serverTime ?? deps.clock.now())
  if (!dag.isPaused) return runToEnd(deps, { ...test, repause: () => Promise.resolve() }, logicalDate)
  if (!test.unpause) throw pausedDag(test.dagId)
  await whileUnpaused(deps, test, (repause) => runToEnd(deps, { ...test, repause }, logicalDate))
}

async function findDag(
  { airflow }: SmokeTestDependencies,
  { dagId }: SmokeTest,
): Promise<{ readonly dag: Dag; readonly serverTime: number | undefined }> {
  try {
    const found = await airflow.dag(dagId)
    if (found.dag.isActive) return found
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== 'ASTRO-AIRFLOW-NOT-FOUND') throw error
    throw noDag(dagId, error.observed)
  }
  throw noDag(dagId, 'Airflow remembers it, but it is in no file any more, or its file does not import.')
}

async function whileUnpaused(
  deps: SmokeTestDependencies,
  test: SmokeTest,
  work: (repause: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const { airflow, log } = deps
  let pausing: Promise<void> | undefined
  const repause = (): Promise<void> => (pausing ??= pauseAgain(deps, test))
  log.info(`The DAG ${test.dagId} is paused: it is unpaused for this run.`)
  try {
    await airflow.setPaused(test.dagId, false)
  } catch (error) {
    if (!isNo(error)) await repause()
    throw error
  }
  try {
    await work(repause)
  } finally {
    await repause()
  }
}

async function runToEnd(deps: SmokeTestDependencies, test: Revocable, logicalDate: Date): Promise<void> {
  const { log, onRun, onEnd } = deps
  const run = await start(deps, test, logicalDate)
  onRun()
  let state: string
  try {
    state = await follow(deps, test)
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== 'ASTRO-RUN-TIMEOUT') {
      const [stopped] = await Promise.all([stop(deps, test), test.repause()])
      if (stopped.isDone) onEnd('failed')
      throw error
    }
    onEnd('timed-out')
    const unfinished = await listUnfinished(deps, test)
    throw tookTooLong(error, [...unfinished, (await stop(deps, test)).words])
  }
  if (state === 'success') {
    onEnd('success')
    log.info(`The run ${run.id} succeeded.`)
    return
  }
  onEnd('failed')
  throw new ActionError({
    code: 'ASTRO-RUN-FAILED',
    problem: `The smoke test failed: the run ${run.id} of the DAG ${test.dagId} ended as ${state}.`,
    observed: (await explainFailure(deps, test)).join('\n'),
    fix: 'The end of the logs stands in the log of this step; the rest is in the Airflow UI.',
  })
}

/**
 * A run that is there already is the one of an earlier request whose answer was lost. One of which nobody knows whether it
 * was started is stopped.
 */
async function start(deps: SmokeTestDependencies, test: Revocable, logicalDate: Date): Promise<DagRun> {
  const { airflow } = deps
  const { runId: id, conf, note } = test
  try {
    return await airflow.triggerRun(test.dagId, { id, conf, note, logicalDate })
  } catch (error) {
    if (error instanceof ActionError && error.code === 'ASTRO-AIRFLOW-CONFLICT') {
      return airflow.dagRun(test.dagId, id).catch(() => {
        throw error
      })
    }
    if (!isNo(error)) await Promise.all([stop(deps, test), test.repause()])
    throw error
  }
}

function follow(deps: SmokeTestDependencies, test: SmokeTest): Promise<string> {
  return watchAirflow<DagRun, string>(deps, {
    look: () => deps.airflow.dagRun(test.dagId, test.runId),
    judge: ({ state }) =>
      state === 'success' || state === 'failed'
        ? { kind: 'done', result: state }
        : { kind: 'waiting', state: `the run is ${state}` },
    budgetMs: test.timeoutMs,
    timedOut: (state) =>
      new ActionError({
        code: 'ASTRO-RUN-TIMEOUT',
        problem: `The smoke test took too long: the run ${test.runId} of the DAG ${test.dagId} did not end within ${test.timeoutMs / 1000} s.`,
        observed: `Last seen: ${asSentence(state)}`,
        likelyCause: 'A task waits for something, or no worker took it.',
        fix: 'Look at the run in the Airflow UI. Raise `run-dag-timeout` when it simply takes longer.',
      }),
  })
}

/** The same with what more is known. */
function tookTooLong(error: ActionError, more: readonly string[]): ActionError {
  const { code, problem, observed = '', likelyCause, fix } = error
  return new ActionError({ code, problem, observed: [observed, ...more].join('\n'), likelyCause, fix })
}

/** Ends the run as failed, if there is one; says whether it did and, in a sentence, what came of it. */
async function stop(
  { airflow, log }: SmokeTestDependencies,
  { dagId, runId }: SmokeTest,
): Promise<{ readonly isDone: boolean; readonly words: string }> {
  try {
    await airflow.stopRun(dagId, runId)
    log.info(`Stopped the run ${runId}.`)
    return { isDone: true, words: 'The run was stopped.' }
  } catch (error) {
    if (error instanceof ActionError && error.code === 'ASTRO-AIRFLOW-NOT-FOUND') {
      return { isDone: false, words: 'There is no run.' }
    }
    log.warning(`Could not stop the run ${runId} of the DAG ${dagId}: ${describeError(error)}`)
    return { isDone: false, words: 'The run could not be stopped and may go on.' }
  }
}

async function pauseAgain({ airflow, log }: SmokeTestDependencies, { dagId }: SmokeTest): Promise<void> {
  try {
    await airflow.setPaused(dagId, true)
    log.info(`The DAG ${dagId} is paused again.`)
  } catch (error) {
    log.warning(
      `Could not pause the DAG ${dagId} again: ${describeError(error)}\nPause it in the Airflow UI, or it runs by its schedule.`,
    )
  }
}

const NOES = new Set(['UNAUTHORIZED', 'FORBIDDEN', 'NOT-FOUND', 'REFUSED', 'REDIRECTED'])

/** Whether Airflow did not do what it was asked for. Anything else leaves that open. */
function isNo(error: unknown): boolean {
  return error instanceof ActionError && NOES.has(error.code.replace('ASTRO-AIRFLOW-', ''))
}

function noDag(dagId: string, observed: string | undefined): ActionError {
  return new ActionError({
    code: 'ASTRO-RUN-NO-DAG',
    problem: `There is no DAG ${dagId} to run.`,
    observed,
    likelyCause: 'The ID has a typing error, or the DAG is not in the code that was deployed.',
    fix: 'Correct `run-dag`: it is the ID of the DAG, not the name of its file.',
  })
}

/** The error of a DAG that is paused and is not to be unpaused. */
export function pausedDag(dagId: string): ActionError {
  return new ActionError({
    code: 'ASTRO-RUN-PAUSED',
    problem: `The DAG ${dagId} is paused, and a run of a paused DAG never starts.`,
    likelyCause: 'New DAGs come up paused unless the Deployment is set otherwise.',
    fix: 'Unpause it in the Airflow UI, or set `run-dag-unpause: true`, which pauses it again afterwards. Unpausing may also start a run by its schedule.',
  })
}
