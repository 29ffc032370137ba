import type { InputProblem, Parsed } from './values.ts'
import { parseBoolean, parseDuration, parseJsonObject } from './values.ts'

/** The DAG to run as a smoke test. */
export type RunDagWish = {
  readonly dagId: string
  readonly conf: Readonly<Record<string, unknown>>
  readonly timeoutMs: number
  /** Unpauses a paused DAG for the run. */
  readonly unpause: boolean
}

type Given = {
  readonly dagId: string
  /** The other inputs as texts, with their defaults. */
  readonly conf: string
  readonly timeout: string
  readonly unpause: string
  /** An input by which the step deploys code but does not see it live, if there is one. */
  readonly unprovedBy: 'wait' | 'verify' | undefined
}

/** What Airflow allows in the ID of a DAG, and at most as long. */
const DAG_ID = /^[\p{L}\p{N}_.-]{1,250}$/u

/** The smoke test that the inputs ask for, undefined when they ask for none; the other inputs are checked all the same. */
export function readRunDag(given: Given): {
  readonly wish: RunDagWish | undefined
  readonly problems: readonly InputProblem[]
} {
  const { dagId, unprovedBy } = given
  const problems: InputProblem[] = []
  function take<T>(code: InputProblem['code'], input: string, parsed: Parsed<T>): T | undefined {
    if ('value' in parsed) return parsed.value
    problems.push({ code, input, problem: parsed.problem })
    return undefined
  }
  const conf = take('ASTRO-INPUT-JSON', 'run-dag-conf', parseJsonObject(given.conf)) ?? {}
  const timeoutMs = take('ASTRO-INPUT-DURATION', 'run-dag-timeout', parseDuration(given.timeout)) ?? 0
  const unpause = take('ASTRO-INPUT-BOOLEAN', 'run-dag-unpause', parseBoolean(given.unpause)) ?? false
  if (dagId === '') return { wish: undefined, problems }

  if (!DAG_ID.test(dagId)) problems.push(refused('it is not the ID of a DAG: no file, path or list'))
  if (unprovedBy !== undefined) {
    problems.push(
      refused(`it runs the DAG on code that is proved to be live, but \`${unprovedBy}\` is false`),
    )
  }
  return { wish: { dagId, conf, timeoutMs, unpause }, problems }
}

function refused(problem: string): InputProblem {
  return { code: 'ASTRO-INPUT-RUN-DAG', input: 'run-dag', problem }
}
