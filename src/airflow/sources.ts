import { ActionError } from '../errors.ts'
import { fingerprint } from '../project/dag-promise.ts'
import type { PromisedDags } from '../project/promised-dags.ts'
import type { AirflowClient } from './client.ts'
import { isDown } from './failure.ts'
import type { Dag } from './types.ts'

const AT_ONCE = 4
/** They tell for all others whether the new code has come. */
const MOST_FILES = 10

/** Compares Airflow's copies of some files with ours, each once a parse; stops asking when Airflow refuses. */
export function createSourceReader(
  airflow: Pick<AirflowClient, 'dagSource'>,
  promised: PromisedDags | undefined,
): (dags: readonly Dag[]) => Promise<ReadonlyMap<string, 'same' | 'different'>> {
  const fingerprints = new Map(promised?.files.map((file) => [file.path, file.fingerprint]))
  const known = new Map<string, { parsedAt: number; verdict: 'same' | 'different' }>()
  let isRefused = false

  async function compare(dag: Dag): Promise<void> {
    const { file = '', parsedAt = 0 } = dag
    if (isRefused) return
    try {
      const same = fingerprint(await airflow.dagSource(dag)) === fingerprints.get(file)
      known.set(file, { parsedAt, verdict: same ? 'same' : 'different' })
    } catch (error) {
      if (!(error instanceof ActionError) || isDown(error)) throw error
      isRefused = error.code === 'ASTRO-AIRFLOW-FORBIDDEN'
    }
  }

  return async (dags) => {
    const due = new Map<string, Dag>()
    for (const dag of dags) {
      const { file, parsedAt = 0 } = dag
      if (file === undefined || fingerprints.get(file) === undefined) continue
      const last = known.get(file)
      if (last?.verdict === 'same' || (last && last.parsedAt >= parsedAt)) continue
      if (last || due.has(file) || known.size + due.size < MOST_FILES) due.set(file, dag)
    }
    const waiting = [...due.values()]
    while (waiting.length > 0 && !isRefused) await Promise.all(waiting.splice(0, AT_ONCE).map(compare))
    return new Map([...known].map(([file, { verdict }]) => [file, verdict]))
  }
}
