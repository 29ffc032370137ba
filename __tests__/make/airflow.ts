import { ActionError } from '../../src/errors.ts'
import type { VerifyDependencies } from '../../src/airflow/verify.ts'
import type { AirflowMajor, Dag, ImportError } from '../../src/airflow/types.ts'
import type { FakeClock } from './clock.ts'

export type Shown = {
  readonly dags?: readonly Dag[]
  readonly errors?: readonly ImportError[]
  /** Without a Date, as a proxy may leave an answer. */
  readonly isDateless?: boolean
}

const NOT_FOUND = new ActionError({
  code: 'ASTRO-AIRFLOW-NOT-FOUND',
  problem: 'Could not read the DAG.',
  fix: 'Look at it.',
})

/** An Airflow that shows what `at` says for the time since it was made, in milliseconds; `at` may throw. */
export function makeAirflow(
  clock: FakeClock,
  at: (elapsedMs: number) => Shown,
  major: AirflowMajor = 3,
): VerifyDependencies['airflow'] {
  const start = clock.now()
  const shown = (): Shown => at(clock.now() - start)
  const list = <T>(items: readonly T[] = []) => ({
    items,
    serverTime: shown().isDateless ? undefined : clock.now(),
  })
  return {
    major,
    dag(id) {
      const dag = shown().dags?.find((one) => one.id === id)
      return dag ? Promise.resolve({ dag, serverTime: clock.now() }) : Promise.reject(NOT_FOUND)
    },
    dags: async () => Promise.resolve(list(shown().dags)),
    importErrors: async () => Promise.resolve(list(shown().errors)),
    dagSource: () => Promise.reject(new Error('nobody asks for it')),
    parseNext: () => Promise.resolve(),
  }
}

export function makeDag(overrides: Partial<Dag> = {}): Dag {
  return {
    id: 'a',
    file: 'a.py',
    isActive: true,
    isPaused: false,
    hasImportErrors: false,
    parsedAt: undefined,
    parseMs: 0,
    bundleVersion: undefined,
    fileToken: undefined,
    ...overrides,
  }
}

export function makeImportError(overrides: Partial<ImportError> = {}): ImportError {
  return { id: 1, file: 'a.py', failedAt: 0, trace: 'ValueError: x', ...overrides }
}
