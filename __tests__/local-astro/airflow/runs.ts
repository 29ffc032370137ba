import type { AirflowAnswer, AirflowRequest } from './backend.ts'
import type { RunScript } from './dag-files.ts'
import { pageOf } from './paging.ts'
import type { Major, RunFacts } from './shapes.ts'
import { dagRun, failure, taskInstance, timestamp } from './shapes.ts'

export type RunsSettings = { readonly major: Major; readonly now: () => number; readonly runMs: number }

type Run = {
  readonly id: string
  readonly dagId: string
  readonly conf: unknown
  readonly note: string | null
  readonly logicalDate: string | null
  readonly createdAt: number
  readonly script: RunScript
  readonly isPaused: boolean
  /** Set by a request, in place of the script's end. */
  ended?: { state: string; at: number }
}

type Target = { readonly dagId: string; readonly script: RunScript | undefined; readonly isPaused: boolean }

export type Runs = {
  /** Undefined for a path that is none of its own; `parts` is what follows `dagRuns`. */
  answer(request: AirflowRequest, target: Target, parts: readonly string[]): AirflowAnswer | undefined
  all(): readonly RunFacts[]
}

const TASK = 'work'

/** The DAG runs of a stand-in: each has one task, and goes as the markers of its DAG's file say. */
export function createRuns({ major, now, runMs }: RunsSettings): Runs {
  const runs: Run[] = []

  function facts(run: Run): RunFacts {
    const { id, dagId, conf, note, logicalDate, createdAt, script, isPaused, ended } = run
    const due = createdAt + runMs
    const finished = ended?.at ?? (!isPaused && script.outcome !== 'never' && now() >= due ? due : undefined)
    const state = ended?.state ?? (isPaused ? 'queued' : finished === undefined ? 'running' : script.outcome)
    return {
      ...{ id, dagId, conf, note, logicalDate, createdAt, state },
      startedAt: isPaused ? undefined : createdAt,
      endedAt: finished,
    }
  }

  function trigger(request: AirflowRequest, { dagId, script, isPaused }: Target): AirflowAnswer {
    const body = JSON.parse(request.text) as Record<string, unknown>
    const extra = Object.keys(body).find(
      (key) =>
        !['dag_run_id', 'logical_date', 'conf', 'note', 'data_interval_start', 'data_interval_end'].includes(
          key,
        ),
    )
    if (major === 3 && !('logical_date' in body)) {
      return failure(3, 422, [
        { type: 'missing', loc: ['body', 'logical_date'], msg: 'Field required', input: body },
      ])
    }
    if (major === 3 && extra !== undefined) {
      const error = { type: 'extra_forbidden', loc: ['body', extra], msg: 'Extra inputs are not permitted' }
      return failure(3, 422, [{ ...error, input: body[extra] }])
    }
    const { conf = {} } = body
    if (typeof conf !== 'object' || conf === null || Array.isArray(conf)) {
      return major === 3
        ? failure(3, 422, [
            {
              type: 'dict_type',
              loc: ['body', 'conf'],
              msg: 'Input should be a valid dictionary',
              input: conf,
            },
          ])
        : failure(2, 400, `${JSON.stringify(conf)} is not of type 'object' - 'conf'`)
    }
    const id = String(body.dag_run_id)
    const logicalDate =
      major === 3 ? ((body.logical_date as string | null) ?? null) : new Date(now()).toISOString()
    if (
      runs.some(
        (run) =>
          run.dagId === dagId && (run.id === id || (logicalDate !== null && run.logicalDate === logicalDate)),
      )
    ) {
      return major === 3
        ? failure(3, 409, {
            reason: 'Unique constraint violation',
            statement: 'hidden',
            orig_error: 'hidden',
            message: 'Serious error when handling your request.',
          })
        : failure(2, 409, `DAGRun with DAG ID: '${dagId}' and DAGRun ID: '${id}' already exists`, 'Conflict')
    }
    const run: Run = {
      id,
      dagId,
      conf,
      note: typeof body.note === 'string' ? body.note : null,
      logicalDate,
      createdAt: now(),
      script: script ?? { outcome: 'success', log: [] },
      isPaused,
    }
    runs.push(run)
    const made = facts(run)
    return {
      status: 200,
      body: dagRun(major, { ...made, state: 'queued', startedAt: undefined, endedAt: undefined }),
    }
  }

  function tasks(run: Run): Record<string, unknown>[] {
    const of = facts(run)
    const state = of.state === 'queued' ? null : of.state
    return [taskInstance(major, { run: of, taskId: TASK, state, tryNumber: of.state === 'queued' ? 0 : 1 })]
  }

  function log(run: Run): AirflowAnswer {
    const lines = run.script.log
    const token = Buffer.from('end').toString('base64url')
    if (major === 2) {
      const text = lines.map((line) => `[2026-01-01, 00:00:00 UTC] INFO - ${line}\\n`).join('')
      return { status: 200, body: { content: `[('local', '${text}')]`, continuation_token: token } }
    }
    const at = timestamp(3, run.createdAt)
    const content = [
      { event: '::group::Log message source details', sources: ['/logs/attempt=1.log'] },
      { event: '::endgroup::' },
      ...lines.map((event) => ({ timestamp: at, event, level: 'info', logger: 'task.stdout' })),
    ]
    return { status: 200, body: { content, continuation_token: null } }
  }

  return {
    all: () => runs.map(facts),
    answer(request, target, [runId, ...rest]) {
      const { method, query } = request
      const { dagId } = target
      if (runId === undefined) return method === 'POST' ? trigger(request, target) : undefined
      const run = runs.find((one) => one.id === runId && one.dagId === dagId)
      if (!run) {
        return major === 3
          ? failure(3, 404, `The DagRun with dag_id: \`${dagId}\` and run_id: \`${runId}\` was not found`)
          : failure(
              2,
              404,
              `DAGRun with DAG ID: '${dagId}' and DagRun ID: '${runId}' not found`,
              'DAGRun not found',
            )
      }
      if (rest.length === 0 && method === 'PATCH') {
        const { state } = JSON.parse(request.text) as { state?: string }
        run.ended = { state: state ?? 'failed', at: now() }
      }
      if (rest.length === 0) return { status: 200, body: dagRun(major, facts(run)) }
      if (method !== 'GET' || rest[0] !== 'taskInstances') return undefined
      if (rest.length === 1) {
        if (major === 2 && query.has('order_by')) {
          return failure(2, 400, 'Extra query parameter(s) order_by not in spec')
        }
        return pageOf(major, 'task_instances', tasks(run), query)
      }
      if (rest[1] !== TASK) {
        return major === 3
          ? failure(3, 404, 'TaskInstance not found')
          : failure(2, 404, null, 'TaskInstance not found')
      }
      return rest[2] === 'logs' ? log(run) : undefined
    },
  }
}
