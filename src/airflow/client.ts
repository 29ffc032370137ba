import type { AirflowConnection, Listed } from './api.ts'
import { createAirflowApi, noList, required } from './api.ts'
import type { Health } from './health.ts'
import { readLog } from './task-log.ts'
import type { Dag, DagRun, ImportError, TaskInstance } from './types.ts'
import { readDag, readDagRun, readHealth, readImportError, readTaskInstance, text } from './wire.ts'

/** What only saves time must not cost much of it. */
const LONGEST_ASKING_MS = 5_000

export type AirflowClient = ReturnType<typeof createAirflowClient>

/**
 * Airflow's REST API, one thin method a question, the same for majors 2 (`/api/v1`) and 3 (`/api/v2`); where they differ is
 * in the Airflow REST contract. Each method throws ActionError `ASTRO-AIRFLOW-…` when the answer is not a success.
 */
export function createAirflowClient(connection: AirflowConnection) {
  const { major, root } = connection
  const { send, json, read, all } = createAirflowApi(connection)

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

    /** Asks Airflow to parse a DAG's file soon; it can since 2.10. */
    async parseNext({ id, fileToken = '' }: Dag): Promise<void> {
      await send({
        method: 'PUT',
        path: `/parseDagFile/${encodeURIComponent(fileToken)}`,
        what: 'ask for a parse of the DAG',
        problem: `Could not ask Airflow to parse the file of the DAG ${id}.`,
        repeat: 'refused',
        mostMs: LONGEST_ASKING_MS,
      })
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
