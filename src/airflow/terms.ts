import type { PromisedDags } from '../project/promised-dags.ts'
import type { SharedIds } from './shared-ids.ts'
import type { AirflowMajor, Dag, ImportError } from './types.ts'

/**
 * What brought the new code: a DAG bundle alone, an image (only what was parsed since then says something of it), or a rollback
 * (besides, nobody here knows its files: those that are promised may be gone, and others may come).
 */
export type Arrival = 'dags' | 'image' | 'rollback'

/** Bundle versions that are not those of the new code. */
export type FormerVersions = {
  readonly known: ReadonlySet<string>
  /** Whatever else comes is the new code's; otherwise it may be that of another DAG bundle, which says nothing. */
  readonly areAll: boolean
}

/** What Airflow showed before the new code came; file names are paths below the DAG folder. */
export type Before = {
  readonly dags: readonly Dag[]
  readonly versions: FormerVersions
  /** Files that did not import. */
  readonly broken: ReadonlySet<string>
  /** Files that Airflow had DAGs or errors of; undefined when that is not known. */
  readonly files: ReadonlySet<string> | undefined
  /** Files whose text was another one; undefined when that is not known. */
  readonly changed?: ReadonlySet<string> | undefined
  /** DAG IDs that several files had. */
  readonly shared?: SharedIds | undefined
}

/** One look at Airflow; file names are paths below the DAG folder. */
export type Look = {
  readonly dags: readonly Dag[]
  readonly errors: readonly ImportError[]
  readonly serverTime: number
  /** Files whose text in Airflow was compared with ours; absent where it was not, or could not be. */
  readonly sources: ReadonlyMap<string, 'same' | 'different'>
  /** How often Airflow was asked to parse a file out of turn. */
  readonly asked: ReadonlyMap<string, number>
}

/** What does not change while Airflow is watched. */
export type Terms = {
  readonly major: AirflowMajor
  /** Of the DAG bundle that was deployed, if one was. */
  readonly dagVersion: string | undefined
  readonly arrival: Arrival
  readonly promised: PromisedDags
  readonly before: Before
  /** By Airflow's clock: when the new code was known to be there. */
  readonly since: number
}
