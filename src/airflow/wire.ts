import type { AirflowMajor, ComponentHealth, Dag, DagRun, ImportError, TaskInstance } from './types.ts'

/** Whatever JSON may be; every field is checked before it is used, since each minor version of Airflow changes some. */
export type Wire = Readonly<Record<string, unknown>>

export function readImportError(wire: Wire): ImportError | undefined {
  const id = number(wire.import_error_id)
  const file = text(wire.filename)
  if (id === undefined || file === undefined) return undefined
  return { id, file, failedAt: time(wire.timestamp) ?? 0, trace: text(wire.stack_trace) ?? '' }
}

export function readDag(major: AirflowMajor, wire: Wire): Dag | undefined {
  const id = text(wire.dag_id)
  if (id === undefined) return undefined
  return {
    id,
    file: (major === 3 ? text(wire.relative_fileloc) : undefined) ?? text(wire.fileloc),
    isActive: major === 3 ? wire.is_stale !== true : wire.is_active === true,
    isPaused: wire.is_paused === true,
    hasImportErrors: wire.has_import_errors === true,
    parsedAt: time(wire.last_parsed_time),
    parseMs: milliseconds(number(wire.last_parse_duration)),
    bundleVersion: text(wire.bundle_version),
    fileToken: text(wire.file_token),
  }
}

export function readDagRun(wire: Wire): DagRun | undefined {
  const id = text(wire.dag_run_id)
  return id === undefined ? undefined : { id, state: text(wire.state) ?? 'unknown' }
}

export function readTaskInstance(wire: Wire): TaskInstance | undefined {
  const taskId = text(wire.task_id)
  if (taskId === undefined) return undefined
  return {
    taskId,
    mapIndex: number(wire.map_index) ?? -1,
    state: text(wire.state),
    tryNumber: number(wire.try_number) ?? 0,
  }
}

export function readHealth(wire: Wire): ComponentHealth[] {
  return Object.entries(wire).flatMap(([component, state]) => {
    if (typeof state !== 'object' || state === null || !('status' in state)) return []
    const [, heartbeat] = Object.entries(state).find(([name]) => /^latest_\w+_heartbeat$/.test(name)) ?? []
    return [{ component, status: text((state as Wire).status), heartbeatAt: time(heartbeat) }]
  })
}

export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000

/** A date and time with an offset (`Z` in Airflow 3, `+00:00` in 2). */
function time(value: unknown): number | undefined {
  const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(parsed) ? undefined : parsed
}
