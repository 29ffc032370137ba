import type { Clock } from '../clock.ts'
import { ActionError, asActionError, listSome } from '../errors.ts'
import type { AirflowClient } from './client.ts'
import { tail } from './task-log.ts'
import type { TaskInstance } from './types.ts'

type Dependencies = {
  readonly airflow: Pick<AirflowClient, 'taskInstances' | 'taskLog'>
  readonly clock: Clock
  readonly log: { readonly info: (line: string) => void }
  readonly signal?: AbortSignal
}

type Run = { readonly dagId: string; readonly runId: string }

const TASKS_NAMED = 10
const LOGS_SHOWN = 3
const LOG_LINES = 100
const LOG_TRIES = 3
const LOG_PAUSE_MS = 2_000
const LONGEST_WORDS = 200
const EXCEPTION = /^(?:\w+\.)*\w*(?:Error|Exception)\b/

/** Why a run failed, in lines: its failed tasks. The ends of their logs are logged. Throws only when the run is cancelled. */
export async function explainFailure(deps: Dependencies, run: Run): Promise<readonly string[]> {
  const tasks = await readTasks(deps, run)
  if (tasks instanceof ActionError) return [tasks.problem]
  const failed = tasks.filter((task) => task.state === 'failed')
  const lines: string[] = []
  for (const [index, task] of failed.slice(0, TASKS_NAMED).entries()) {
    const words = index < LOGS_SHOWN ? await showLog(deps, run, task) : undefined
    lines.push(`Failed: ${nameOf(task)}${words === undefined ? '' : ` (${words})`}`)
  }
  if (failed.length > TASKS_NAMED) lines.push(`Failed: ${failed.length - TASKS_NAMED} more`)
  if (failed.length === 0) lines.push('No task failed: the DAG run itself did.')
  const skipped = tasks.filter((task) => task.state === 'upstream_failed').length
  if (skipped > 0) lines.push(`Not run because of it: ${skipped} more`)
  return lines
}

const ENDS = new Set(['success', 'failed', 'upstream_failed', 'skipped', 'removed'])

/** The tasks that a run has not finished, in lines. Never throws. */
export async function listUnfinished(deps: Dependencies, run: Run): Promise<readonly string[]> {
  const tasks = await readTasks(deps, run)
  if (tasks instanceof ActionError) return []
  const unfinished = tasks.filter(({ state }) => !ENDS.has(state ?? ''))
  if (unfinished.length === 0) return []
  const names = unfinished.map((task) => `${nameOf(task)} (${task.state ?? 'not scheduled'})`)
  return [`Not finished: ${listSome(names, TASKS_NAMED)}.`]
}

async function readTasks(
  { airflow }: Dependencies,
  { dagId, runId }: Run,
): Promise<readonly TaskInstance[] | ActionError> {
  try {
    return (await airflow.taskInstances(dagId, runId)).items
  } catch (error) {
    return asActionError(error)
  }
}

/** Logs the end of a task's log; returns its last words. Logs come late from where they are kept. */
async function showLog(deps: Dependencies, run: Run, task: TaskInstance): Promise<string | undefined> {
  const { airflow, clock, log, signal } = deps
  if (task.tryNumber < 1) return undefined
  let found: readonly string[] = []
  for (let attempt = 1; attempt <= LOG_TRIES && found.length === 0; attempt++) {
    if (attempt > 1) await clock.sleep(LOG_PAUSE_MS, signal)
    try {
      found = await airflow.taskLog(run.dagId, run.runId, task)
    } catch (error) {
      const { code, observed, problem } = asActionError(error)
      if (code === 'ASTRO-CANCELLED') throw error
      if (attempt === LOG_TRIES) {
        log.info(`The log of the task ${nameOf(task)} could not be read: ${observed ?? problem}`)
      }
    }
  }
  const { lines, before } = tail(found, LOG_LINES)
  if (lines.length === 0) return undefined
  log.info(
    `The end of the log of the task ${nameOf(task)}${before === 0 ? '' : ` (${before} lines left out)`}:`,
  )
  for (const line of lines) log.info(`  | ${line}`)
  const words = lines.findLast((line) => EXCEPTION.test(line))
  // A text is never cut: a secret that was cut is one that redaction does not know.
  return words !== undefined && words.length > LONGEST_WORDS ? EXCEPTION.exec(words)?.[0] : words
}

function nameOf({ taskId, mapIndex }: TaskInstance): string {
  return mapIndex < 0 ? taskId : `${taskId} [${mapIndex}]`
}
