import type { PromisedFile } from '../project/promised-dags.ts'
import type { ImportError } from './types.ts'

export type Duplicate = { readonly dagId: string; readonly files: readonly string[] }

/**
 * One ID in two files is no error in Airflow: it shows the DAG of whichever file it parsed last. That is seen when a DAG
 * changes its file, or when a file that promises DAGs has none because others have them all.
 *
 * @param promised the files of the new code; files of other DAG bundles are none of its business
 */
export function findDuplicates(
  promised: readonly PromisedFile[] | 'unknown',
  {
    owners,
    imported,
  }: { readonly owners: ReadonlyMap<string, ReadonlySet<string>>; readonly imported: ReadonlySet<string> },
  failed: ReadonlyMap<string, ImportError>,
): Duplicate[] {
  const byId = new Map<string, Set<string>>()
  const files = promised === 'unknown' ? [] : promised
  const own = new Set(files.map(({ path }) => path))
  for (const [dagId, seen] of owners) {
    const here = [...seen].filter((file) => promised === 'unknown' || own.has(file))
    if (here.length > 1) byId.set(dagId, new Set(here))
  }
  for (const { path, promise } of files) {
    const isSilent = !imported.has(path) && !failed.has(path)
    if (promise.kind !== 'promised' || !isSilent || promise.ids.length === 0) continue
    const others = promise.ids.map(({ id }) => [...(owners.get(id) ?? [])].filter((file) => file !== path))
    if (!others.every((found) => found.length > 0)) continue
    promise.ids.forEach(({ id }, index) => byId.set(id, new Set([...(others[index] ?? []), path])))
  }
  return [...byId].map(([dagId, found]) => ({ dagId, files: [...found].toSorted() }))
}
