import type { Clock } from '../clock.ts'
import { ActionError, listSome } from '../errors.ts'
import type { PromisedDags, PromisedFile } from '../project/promised-dags.ts'
import type { Baseline } from './baseline.ts'
import type { AirflowClient } from './client.ts'
import { nameFiles } from './file-names.ts'
import type { Dag } from './types.ts'

/** A round of parsing on Astro, in which each of the files is parsed once. */
const ROUND_MS = 35_000
const PAUSE_MS = 250
const MOST_NAMED = 5

/** Files that a DAG ID is in, by the ID. */
export type SharedIds = ReadonlyMap<string, ReadonlySet<string>>

type Suspect = { readonly files: ReadonlySet<string>; readonly seen: Set<string>; isSetApart: boolean }

/**
 * DAG IDs that several files of the new code have, and had before: the same texts did, or Airflow shows first the one and then the
 * other, for it shows a DAG from whichever file it parsed last. To be called before the new code comes; takes time only when there
 * are such IDs.
 *
 * @param changed files whose text is another one than before; undefined when that is not known
 */
export async function findSharedIds(
  deps: {
    readonly airflow: Pick<AirflowClient, 'dag' | 'parseNext'>
    readonly clock: Clock
    readonly signal?: AbortSignal
    readonly log: { readonly info: (line: string) => void }
  },
  { files, all }: PromisedDags,
  baseline: Pick<Baseline, 'dags'>,
  changed: ReadonlySet<string> | undefined,
): Promise<SharedIds> {
  const { airflow, clock, log } = deps
  const name = nameFiles(
    baseline.dags.flatMap(({ file }) => file ?? []),
    all,
  )
  const suspects = findSuspects(files, baseline)
  const open = new Map<string, Suspect>()
  for (const [id, its] of suspects) {
    const isAsBefore = changed !== undefined && [...its].every((file) => !changed.has(file))
    const seen = isAsBefore ? its : []
    open.set(id, { files: its, seen: new Set(seen), isSetApart: false })
  }
  const waiting = (): readonly (readonly [string, Suspect])[] =>
    [...open].filter(([, { files: its, seen }]) => seen.size < its.size)
  if (waiting().length > 0) {
    const ids = listSome(
      waiting().map(([id]) => id),
      MOST_NAMED,
    )
    log.info(`More than one file has the DAG ID ${ids}: Airflow is watched to see whether that is new.`)
  }
  const deadline = clock.now() + ROUND_MS
  while (waiting().length > 0 && clock.now() < deadline) {
    for (const [id, suspect] of waiting()) {
      const { dag } = await airflow.dag(id)
      if (!suspect.isSetApart) await setApart(airflow, dag, deps.signal)
      suspect.isSetApart = true
      const file = dag.file === undefined ? undefined : name(dag.file)
      if (file !== undefined && suspect.files.has(file)) suspect.seen.add(file)
      await clock.sleep(PAUSE_MS, deps.signal)
    }
  }
  return new Map(
    [...open].flatMap(([id, { files: its, seen }]) => (seen.size === its.size ? [[id, seen] as const] : [])),
  )
}

/**
 * Files that are parsed right after one another would show the DAG of the last one nearly all the time: once that is parsed out of
 * turn, each has its own time. Who may not ask for it may still see both.
 */
async function setApart(
  airflow: Pick<AirflowClient, 'parseNext'>,
  dag: Dag,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await airflow.parseNext(dag)
  } catch (error) {
    if (!(error instanceof ActionError) || signal?.aborted) throw error
  }
}

/** IDs in several files, of DAGs that Airflow has. */
function findSuspects(files: readonly PromisedFile[], { dags }: Pick<Baseline, 'dags'>): SharedIds {
  const shown = new Set(dags.flatMap(({ id, isActive }) => (isActive ? [id] : [])))
  const byId = new Map<string, Set<string>>()
  for (const file of files) {
    if (file.promise.kind !== 'promised') continue
    for (const { id } of file.promise.ids) {
      if (shown.has(id)) byId.set(id, (byId.get(id) ?? new Set<string>()).add(file.path))
    }
  }
  return new Map([...byId].filter(([, its]) => its.size > 1))
}
