/** Airflow's objects as far as they are used here, the same for both majors. Times are milliseconds since the epoch. */

export type AirflowMajor = 2 | 3

export type ImportError = {
  readonly id: number
  /** The DAG file as Airflow names it: absolute in Airflow 2, relative to the DAG folder in 3. */
  readonly file: string
  /** When the file failed last, by Airflow's clock. Set anew by each failing parse, so it says nothing of the first one. */
  readonly failedAt: number
  /** Often a traceback of the last two frames; sometimes only a line. */
  readonly trace: string
}

export type Dag = {
  readonly id: string
  /** As in ImportError; undefined where Airflow does not say. */
  readonly file: string | undefined
  /** False for a DAG that is no longer in any file, or whose file does not import (Airflow 3). */
  readonly isActive: boolean
  readonly isPaused: boolean
  readonly hasImportErrors: boolean
  /** When a parse of its file ended with it, by Airflow's clock. */
  readonly parsedAt: number | undefined
  /** How long that parse took; undefined where Airflow does not say: in Airflow 2, and before 3.1. */
  readonly parseMs: number | undefined
  /** Which version of the code it was parsed from, in Airflow 3 with versioned bundles. */
  readonly bundleVersion: string | undefined
  /** Airflow 2's name for the file, to ask for its source. */
  readonly fileToken: string | undefined
}

export type DagRun = {
  readonly id: string
  /** An open string; `success` and `failed` are final. */
  readonly state: string
}

export type TaskInstance = {
  readonly taskId: string
  /** -1 for a task that is not mapped. */
  readonly mapIndex: number
  readonly state: string | undefined
  /** 0 for a task that was never started, which has no log. */
  readonly tryNumber: number
}

export type ComponentHealth = {
  /** `scheduler`, `dag_processor`, `triggerer`, `metadatabase`. */
  readonly component: string
  /** Undefined for one that Airflow does not run. */
  readonly status: string | undefined
  readonly heartbeatAt: number | undefined
}
