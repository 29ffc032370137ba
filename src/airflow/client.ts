import { ActionError } from '../errors.ts'
import type { Call, TokenHolder } from '../http/authorized.ts'
import { createCaller } from '../http/authorized.ts'
import { isJson, parseJson } from '../http/json.ts'
import { pageByPage } from '../http/pages.ts'
import type { HttpResponse, Request } from '../http/request.ts'
import { isInvalidToken, refused, unanswered, unreadable } from './failure.ts'
import { readLog } from './task-log.ts'
import type { Health } from './health.ts'
import type { AirflowMajor, Dag, DagRun, ImportError, TaskInstance } from './types.ts'
import type { Wire } from './wire.ts'
import { readDag, readDagRun, readHealth, readImportError, readTaskInstance, text } from './wire.ts'

export type AirflowConnection = {
  readonly request: Request
  readonly tokens: TokenHolder
  readonly major: AirflowMajor
  /** Root of the API, with `/api/v1` or `/api/v2` and without a trailing slash. */
  readonly root: string
  /** How long a call may take with its retries, in milliseconds; a wait that is nearly over allows little. */
  readonly remainingMs?: () => number
}

/** A list, and what Airflow's own clock said when it gave the last of it. */
export type Listed<T> = { readonly items: readonly T[]; readonly serverTime: number | undefined }

const PAGE = 100
const MOST_PAGES = 200
const LONGEST_CALL_MS = 60_000
const SHORTEST_CALL_MS = 1_000

export type AirflowClient = ReturnType<typeof createAirflowClient>

/**
 * Airflow's REST API, one thin method a question, the same for majors 2 (`/api/v1`) and 3 (`/api/v2`); where they differ is
 * in the Airflow REST contract. Only JSON counts as an answer, redirects are not followed, a 401 gets one more try with a
 * new token. Each method throws ActionError `ASTRO-AIRFLOW-…` when the answer is not a success.
 */
export function createAirflowClient(connection: AirflowConnection) {
  const { request, tokens, major, root } = connection
  const call = createCaller({
    ...{ request, tokens, root, unanswered },
    budgetMs() {
      const remainingMs = connection.remainingMs?.() ?? LONGEST_CALL_MS
      return Math.min(LONGEST_CALL_MS, Math.max(SHORTEST_CALL_MS, remainingMs))
    },
    isUnknownToken: isInvalidToken,
  })

  async function json(
    asked: Call,
  ): Promise<{ readonly body: Wire; readonly serverTime: number | undefined }> {
    const response = await call(asked)
    if (response.status >= 300) throw refused(asked.problem, response)
    const body = isJson(response) ? parseJson(response) : undefined
    if (typeof body !== 'object' || body === null) throw unreadable(asked.problem, response)
    return { body: body as Wire, serverTime: serverTime(response) }
  }

  const read = (path: string, what: string, problem: string) =>
    json({ method: 'GET', path, what, problem, repeat: 'always' })

  /**
   * The total is not trusted for import errors: Airflow 3 counts them too often, and their pages may be short and repeat
   * each other.
   */
  async function all<T>(
    list: { path: string; items: string; what: string; problem: string; total: 'trusted' | 'ignored' },
    readItem: (wire: Wire) => T | undefined,
  ): Promise<Listed<T>> {
    const { items, problem } = list
    const readPage = async (query: string) => {
      const { body, serverTime: at } = await read(`${list.path}&${query}`, list.what, problem)
      const batch = body[items]
      if (!Array.isArray(batch)) throw noList(problem, items)
      const total = list.total === 'trusted' ? Number(body.total_entries) : undefined
      return { items: batch as Wire[], total, at }
    }
    const endless = (): ActionError => endlessList(problem, items)
    const found: T[] = []
    let at: number | undefined
    for await (const page of pageByPage(readPage, { size: PAGE, most: MOST_PAGES, endless })) {
      found.push(...page.items.map(readItem).filter((item) => item !== undefined))
      at = page.at
    }
    return { items: found, serverTime: at }
  }

  const dagPath = (dagId: string): string => `/dags/${encodeURIComponent(dagId)}`
  const runPath = (dagId: string, runId: string): string =>
    `${dagPath(dagId)}/dagRuns/${encodeURIComponent(runId)}`

  return {
    major,
    root,

    async version(): Promise<string> {
      const { body } = await read(
        '/version',
        'ask Airflow for its version',
        'Could not read the version of Airflow.',
      )
      return text(body.version) ?? 'unknown'
    },

    async health(): Promise<Health> {
      const path = major === 3 ? '/monitor/health' : '/health'
      const { body, serverTime: at } = await read(
        path,
        'ask Airflow how it is',
        'Could not read the health of Airflow.',
      )
      return { components: readHealth(body), serverTime: at }
    },

    async importErrors(): Promise<Listed<ImportError>> {
      const listed = await all(
        {
          path: '/importErrors?order_by=import_error_id',
          items: 'import_errors',
          what: 'list the import errors',
          problem: 'Could not read the import errors of Airflow.',
          total: 'ignored',
        },
        readImportError,
      )
      const byId = new Map(listed.items.map((error) => [error.id, error]))
      return { ...listed, items: [...byId.values()] }
    },

    /** Every DAG, those included that are no longer in a file. */
    dags: (): Promise<Listed<Dag>> =>
      all(
        {
          path: `/dags?order_by=dag_id&${major === 3 ? 'exclude_stale' : 'only_active'}=false`,
          items: 'dags',
          what: 'list the DAGs',
          problem: 'Could not read the DAGs of Airflow.',
          total: 'trusted',
        },
        (wire) => readDag(major, wire),
      ),

    /** The cheapest question that Airflow answers only to a token that it accepts. */
    async proveAccess(): Promise<void> {
      const problem = 'The token does not work on the Airflow API of this Deployment.'
      const { body } = await read('/dags?limit=1', 'try the token on the Airflow API', problem)
      if (!Array.isArray(body.dags)) throw noList(problem, 'dags')
    },

    async dag(dagId: string): Promise<{ readonly dag: Dag; readonly serverTime: number | undefined }> {
      const problem = `Could not read the DAG ${dagId}.`
      const { body, serverTime: at } = await read(dagPath(dagId), 'read the DAG', problem)
      return { dag: required(readDag(major, body), problem), serverTime: at }
    },

    /** The text of a DAG's file as Airflow has it. */
    async dagSource(dag: Dag): Promise<string> {
      const name = major === 3 ? dag.id : (dag.fileToken ?? '')
      const problem = `Could not read the source of the DAG ${dag.id}.`
      const { body } = await read(
        `/dagSources/${encodeURIComponent(name)}`,
        'read the source of a DAG',
        problem,
      )
      return required(typeof body.content === 'string' ? body.content : undefined, problem)
    },

    async setPaused(dagId: string, isPaused: boolean): Promise<void> {
      await json({
        method: 'PATCH',
        path: `${dagPath(dagId)}?update_mask=is_paused`,
        what: isPaused ? 'pause the DAG' : 'unpause the DAG',
        problem: `Could not ${isPaused ? 'pause' : 'unpause'} the DAG ${dagId}.`,
        repeat: 'always',
        body: { is_paused: isPaused },
        evenIfCancelled: isPaused,
      })
    },

    /**
     * Triggers a run. A lost answer is followed by the same request: its ID is the caller's, so that Airflow refuses a
     * second run with ASTRO-AIRFLOW-CONFLICT.
     *
     * @param run.logicalDate must be named in Airflow 3; Airflow 2 takes its own time, since it does not run later ones
     */
    async triggerRun(
      dagId: string,
      run: { readonly id: string; readonly conf: unknown; readonly note: string; readonly logicalDate: Date },
    ): Promise<DagRun> {
      const problem = `Could not start a run of the DAG ${dagId}.`
      const { body } = await json({
        method: 'POST',
        path: `${dagPath(dagId)}/dagRuns`,
        what: 'start the DAG run',
        problem,
        repeat: 'always',
        body: {
          dag_run_id: run.id,
          conf: run.conf,
          note: run.note,
          ...(major === 3 ? { logical_date: run.logicalDate.toISOString() } : {}),
        },
      })
      return required(readDagRun(body), problem)
    },

    async dagRun(dagId: string, runId: string): Promise<DagRun> {
      const problem = `Could not read the run ${runId} of the DAG ${dagId}.`
      const { body } = await read(runPath(dagId, runId), 'read the DAG run', problem)
      return required(readDagRun(body), problem)
    },

    /** Ends a run as failed, which ends its tasks. */
    async stopRun(dagId: string, runId: string): Promise<void> {
      await json({
        method: 'PATCH',
        path: runPath(dagId, runId),
        what: 'stop the DAG run',
        problem: `Could not stop the run ${runId} of the DAG ${dagId}.`,
        repeat: 'always',
        body: { state: 'failed' },
        evenIfCancelled: true,
      })
    },

    taskInstances: (dagId: string, runId: string): Promise<Listed<TaskInstance>> =>
      all(
        {
          path: `${runPath(dagId, runId)}/taskInstances?${major === 3 ? 'order_by=start_date' : ''}`,
          items: 'task_instances',
          what: 'list the tasks of the DAG run',
          problem: `Could not read the tasks of the run ${runId}.`,
          total: 'trusted',
        },
        readTaskInstance,
      ),

    /** The lines of a task's log. */
    async taskLog(dagId: string, runId: string, task: TaskInstance): Promise<readonly string[]> {
      const query = `map_index=${task.mapIndex}&full_content=true`
      const problem = `Could not read the log of the task ${task.taskId}.`
      const path = `${runPath(dagId, runId)}/taskInstances/${encodeURIComponent(task.taskId)}/logs/${task.tryNumber}?${query}`
      const { body } = await read(path, 'read the log of a task', problem)
      return readLog(body.content)
    },
  }
}

/** The answer's Date, which is Airflow's clock or that of the proxy before it; whole seconds. */
function serverTime(response: HttpResponse): number | undefined {
  const at = Date.parse(response.headers.date ?? '')
  return Number.isNaN(at) ? undefined : at
}

function required<T>(value: T | undefined, problem: string): T {
  if (value === undefined) throw notTheObject(problem)
  return value
}

const OTHER_SERVER = {
  code: 'ASTRO-AIRFLOW-ANSWER',
  likelyCause: 'Another server than Airflow answered, or a version of it that this action does not know.',
  fix: 'Check the Airflow version and address that Astro shows for the Deployment.',
} as const

function notTheObject(problem: string): ActionError {
  return new ActionError({ ...OTHER_SERVER, problem, observed: 'The answer lacks what it should hold.' })
}

function noList(problem: string, items: string): ActionError {
  return new ActionError({ ...OTHER_SERVER, problem, observed: `The answer has no list of ${items}.` })
}

function endlessList(problem: string, items: string): ActionError {
  return new ActionError({
    ...OTHER_SERVER,
    problem,
    observed: `The list of ${items} did not end within ${MOST_PAGES} pages.`,
  })
}
