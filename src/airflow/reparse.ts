import { ActionError } from '../errors.ts'
import type { AirflowClient } from './client.ts'
import type { Dag, ImportError } from './types.ts'

export type Reparser = {
  /**
   * Asks Airflow to parse those of these files next that it has a DAG of, be it a retired one; not a zip, whose DAGs it knows by
   * names that are no files. Throws only what ends the run.
   *
   * @param seen what Airflow shows, by the same names of files
   */
  ask(
    files: readonly string[],
    seen: { readonly dags: readonly Dag[]; readonly errors: readonly ImportError[] },
  ): Promise<void>
  /** How often each file was asked for, unless Airflow refused it. */
  readonly asked: ReadonlyMap<string, number>
}

type Wish = { readonly file: string; readonly dag: Dag }

/** A wish is lost on a file that is being parsed, and in Airflow 2 a file counts when it was parsed twice. */
const MOST_A_FILE = 5
/** With more files, a round of parsing takes long anyway. */
const MOST_FILES = 100
const AT_ONCE = 4
const WISHED_ALREADY = 'ASTRO-AIRFLOW-CONFLICT'

/**
 * A file that has not changed is parsed again half a minute after the last time, and Airflow 2 does not say how long a parse took,
 * so that only a second one surely read the new code. Since 2.10 Airflow can be asked to parse a file next (section c of its
 * contract), by whoever may edit the DAG. It is only a matter of time, so whatever Airflow answers is no failure: it is then not
 * asked again.
 */
export function createReparser({
  airflow,
  signal,
}: {
  readonly airflow: Pick<AirflowClient, 'parseNext'>
  readonly signal?: AbortSignal | undefined
}): Reparser {
  const asked = new Map<string, number>()
  /** When the last parse ended that Airflow showed as it was asked. */
  const askedAfter = new Map<string, number>()
  let isRefused = false

  async function askFor({ file, dag }: Wish): Promise<void> {
    if (isRefused) return
    const times = asked.get(file) ?? 0
    asked.set(file, times + 1)
    try {
      await airflow.parseNext(dag)
    } catch (error) {
      if (!(error instanceof ActionError) || signal?.aborted) throw error
      if (error.code === WISHED_ALREADY) return
      isRefused = true
      asked.set(file, times)
    }
  }

  return {
    asked,
    async ask(files, { dags, errors }) {
      if (isRefused || files.length > MOST_FILES) return
      const dagsOf = Map.groupBy(dags, ({ file }) => file)
      const failedAt = new Map(errors.map((error) => [error.file, error.failedAt]))
      const due: Wish[] = []
      for (const file of files) {
        const its = dagsOf.get(file) ?? []
        const dag = its.find(({ isActive }) => isActive) ?? its[0]
        if (dag?.fileToken === undefined || /\.zip(\/|$)/.test(file)) continue
        const parsedAt = Math.max(failedAt.get(file) ?? 0, ...its.map((one) => one.parsedAt ?? 0))
        if (askedAfter.get(file) === parsedAt || (asked.get(file) ?? 0) >= MOST_A_FILE) continue
        askedAfter.set(file, parsedAt)
        due.push({ file, dag })
      }
      while (due.length > 0) await Promise.all(due.splice(0, AT_ONCE).map(askFor))
    },
  }
}
