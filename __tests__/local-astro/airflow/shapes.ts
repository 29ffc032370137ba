/** The answers of the two majors, in the forms that real ones give them (a test compares). */
import type { AirflowAnswer } from './backend.ts'

export type Major = 2 | 3

export type DagFacts = {
  readonly id: string
  readonly file: string
  readonly isActive: boolean
  readonly isPaused: boolean
  readonly hasImportErrors: boolean
  readonly parsedAt: number
  readonly bundleVersion: string | null
}

/** Where Airflow has the DAG folder. */
export type Place = {
  /** Absolute, without a slash at its end. */
  readonly root: string
  /** The same below the root of the bundle, for the names of Airflow 3; with a slash at its end, or empty. */
  readonly inBundle: string
}

export type RunFacts = {
  readonly id: string
  readonly dagId: string
  readonly state: string
  readonly conf: unknown
  readonly note: string | null
  readonly logicalDate: string | null
  readonly createdAt: number
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
}

/** Airflow 2 writes offsets, Airflow 3 `Z`. */
export function timestamp(major: Major, at: number | undefined): string | null {
  if (at === undefined) return null
  const iso = new Date(at).toISOString().replace(/Z$/, '000')
  return major === 3 ? `${iso}Z` : `${iso}+00:00`
}

export function importError(
  major: Major,
  error: { id: number; file: string; at: number; trace: string },
  { root, inBundle }: Place,
): Record<string, unknown> {
  const common = {
    import_error_id: error.id,
    timestamp: timestamp(major, error.at),
    stack_trace: error.trace,
  }
  return major === 3
    ? { ...common, filename: inBundle + error.file, bundle_name: 'dags-folder' }
    : { ...common, filename: `${root}/${error.file}` }
}

export function dag(major: Major, facts: DagFacts, { root, inBundle }: Place): Record<string, unknown> {
  const common = {
    dag_id: facts.id,
    dag_display_name: facts.id,
    is_paused: facts.isPaused,
    last_parsed_time: timestamp(major, facts.parsedAt),
    last_expired: null,
    fileloc: `${root}/${facts.file}`,
    description: null,
    timetable_description: 'Never, external triggers only',
    tags: [],
    max_active_tasks: 16,
    max_active_runs: 16,
    max_consecutive_failed_dag_runs: 0,
    has_task_concurrency_limits: false,
    has_import_errors: facts.hasImportErrors,
    next_dagrun_data_interval_start: null,
    next_dagrun_data_interval_end: null,
    owners: ['airflow'],
    file_token: Buffer.from(facts.file).toString('base64url'),
  }
  if (major === 3) {
    return {
      ...common,
      is_stale: !facts.isActive,
      last_parse_duration: 0.1,
      bundle_name: 'dags-folder',
      bundle_version: facts.bundleVersion,
      relative_fileloc: inBundle + facts.file,
      timetable_summary: null,
      next_dagrun_logical_date: null,
      next_dagrun_run_after: null,
    }
  }
  return {
    ...common,
    default_view: 'grid',
    is_active: facts.isActive,
    is_subdag: false,
    last_pickled: null,
    next_dagrun: null,
    next_dagrun_create_after: null,
    pickle_id: null,
    root_dag_id: null,
    schedule_interval: null,
    scheduler_lock: null,
  }
}

export function dagRun(major: Major, facts: RunFacts): Record<string, unknown> {
  const at = (time: number | undefined): string | null => timestamp(major, time)
  const logicalDate = facts.logicalDate === null ? null : at(Date.parse(facts.logicalDate))
  const common = {
    dag_run_id: facts.id,
    dag_id: facts.dagId,
    logical_date: logicalDate,
    start_date: at(facts.startedAt),
    end_date: at(facts.endedAt),
    data_interval_start: logicalDate,
    data_interval_end: logicalDate,
    last_scheduling_decision: at(facts.startedAt),
    run_type: 'manual',
    state: facts.state,
    conf: facts.conf,
    note: facts.note,
  }
  return major === 3
    ? {
        ...common,
        queued_at: at(facts.createdAt),
        duration:
          facts.endedAt === undefined || facts.startedAt === undefined
            ? null
            : (facts.endedAt - facts.startedAt) / 1000,
        run_after: at(facts.createdAt),
        triggered_by: 'rest_api',
        triggering_user_name: 'astro',
        dag_versions: [],
        bundle_version: null,
        dag_display_name: facts.dagId,
      }
    : { ...common, execution_date: logicalDate, external_trigger: true }
}

export function taskInstance(
  major: Major,
  facts: { run: RunFacts; taskId: string; state: string | null; tryNumber: number },
): Record<string, unknown> {
  const { run, taskId, state, tryNumber } = facts
  const at = (time: number | undefined): string | null => timestamp(major, time)
  const common = {
    task_id: taskId,
    dag_id: run.dagId,
    dag_run_id: run.id,
    map_index: -1,
    start_date: at(run.startedAt),
    end_date: at(run.endedAt),
    duration: null,
    state,
    try_number: tryNumber,
    max_tries: 0,
    task_display_name: taskId,
    hostname: 'local',
    unixname: 'astro',
    pool: 'default_pool',
    pool_slots: 1,
    queue: 'default',
    priority_weight: 1,
    operator: '_PythonDecoratedOperator',
    pid: null,
    executor: null,
    executor_config: '{}',
    note: null,
    rendered_map_index: null,
    rendered_fields: {},
    trigger: null,
    triggerer_job: null,
  }
  return major === 3
    ? {
        ...common,
        id: '01900000-0000-7000-8000-000000000000',
        dag_display_name: run.dagId,
        dag_version: null,
      }
    : { ...common, execution_date: at(run.createdAt), queued_when: at(run.createdAt), sla_miss: null }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
}

/** An error as the major writes it; `title` is Airflow 2's. */
export function failure(
  major: Major,
  status: number,
  detail: unknown,
  title = TITLES[status],
): AirflowAnswer {
  if (major === 3) return { status, body: { detail } }
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: {
      detail: typeof detail === 'string' || detail === null ? detail : JSON.stringify(detail),
      status,
      title,
      type: `https://airflow.apache.org/docs/apache-airflow/2.11.2/stable-rest-api-ref.html#section/Errors/${(title ?? '').replaceAll(' ', '')}`,
    },
  }
}
