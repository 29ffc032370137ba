import { EMPTY_BASELINE } from '../../src/airflow/baseline.ts'
import type { Arrival } from '../../src/airflow/terms.ts'
import type { VerificationReport } from '../../src/airflow/report.ts'
import { reportOn } from '../../src/airflow/report.ts'
import { verify } from '../../src/airflow/verify.ts'
import type { PromisedDags } from '../../src/project/promised-dags.ts'
import type { Shown } from './airflow.ts'
import { makeAirflow } from './airflow.ts'
import { makeClock } from './clock.ts'

export const START = Date.UTC(2026, 0, 1)
export const at = (ms: number): number => START + ms
/** Files by name; those in capitals promise no DAG. */
export function promise(...paths: readonly string[]): PromisedDags {
  return {
    files: paths.map((path) => ({
      path,
      fingerprint: undefined,
      promise: { kind: path === path.toUpperCase() ? 'possible' : 'promised', ids: [] },
    })),
    all: new Set(paths),
  }
}

type Given = {
  readonly major?: 2 | 3
  readonly promised?: PromisedDags
  readonly dagVersion?: string
  readonly baseline?: Shown
  readonly arrival?: Arrival
  readonly otherVersions?: readonly string[]
  readonly budgetMs?: number
  /** Called with the time when Airflow is asked for a parse. */
  readonly onParseNext?: (elapsedMs: number) => void
}

/** How often it was asked for what. */
type Asked = { dags: number; dag: number; importErrors: number }

/** What is reported of an Airflow that shows this, and after how many milliseconds. */
export async function verified(
  shown: (elapsedMs: number) => Shown,
  given: Given = {},
): Promise<VerificationReport & { elapsedMs: number; asked: Asked }> {
  const clock = makeClock(START)
  const { dags = [], errors = [] } = given.baseline ?? EMPTY_BASELINE
  const parseNext = (): Promise<void> => Promise.resolve(given.onParseNext?.(clock.now() - START))
  const asked: Asked = { dags: 0, dag: 0, importErrors: 0 }
  const answering = makeAirflow(clock, shown, given.major)
  const airflow: typeof answering = {
    ...{ ...answering, parseNext },
    dags: () => (asked.dags++, answering.dags()),
    dag: (id) => (asked.dag++, answering.dag(id)),
    importErrors: () => (asked.importErrors++, answering.importErrors()),
  }
  const observed = await verify(
    { airflow, clock, log: { info: () => undefined } },
    {
      dagVersion: given.arrival === 'image' ? undefined : (given.dagVersion ?? 'v2'),
      otherVersions: given.otherVersions ?? [],
      arrival: given.arrival ?? 'dags',
      promised: given.promised,
      baseline: { dags, errors },
      budgetMs: given.budgetMs ?? 300_000,
    },
  )
  const repository = {
    dagFolder: 'dags',
    dagFiles: observed.folder,
    projectFile: () => undefined,
    read: () => undefined,
  }
  const report = reportOn(observed, repository, given.baseline !== undefined)
  return { ...report, asked, elapsedMs: clock.now() - START }
}
