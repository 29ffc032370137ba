import type { Judgement } from '../../src/airflow/judge.ts'
import type { Look, Terms } from '../../src/airflow/terms.ts'
import { judge, NOTHING_SEEN } from '../../src/airflow/judge.ts'
import type { Dag, ImportError } from '../../src/airflow/types.ts'
import type { PromisedFile } from '../../src/project/promised-dags.ts'
import { makeDag, makeImportError } from './airflow.ts'

const SINCE = Date.UTC(2026, 0, 1)
export const after = (ms: number): number => SINCE + ms

export const dag = (overrides: Partial<Dag> = {}): Dag => makeDag({ parsedAt: after(5_000), ...overrides })
export const error = (overrides: Partial<ImportError> = {}): ImportError =>
  makeImportError({ failedAt: after(5_000), ...overrides })
export const file = (
  path: string,
  kind: 'promised' | 'possible' = 'promised',
  ...ids: readonly string[]
): PromisedFile => ({
  path,
  fingerprint: 'f',
  promise: { kind, ids: ids.map((id) => ({ id, line: 1 })) },
})
export const terms = (overrides: Partial<Terms> & { files?: readonly PromisedFile[] } = {}): Terms => {
  const { files = [file('a.py')], ...rest } = overrides
  return {
    major: 3,
    dagVersion: 'v2',
    arrival: 'dags',
    promised: { files, all: new Set(files.map(({ path }) => path)) },
    before: {
      dags: [],
      versions: { known: new Set(['v1']), areAll: true },
      broken: new Set(),
      files: new Set(),
    },
    since: SINCE,
    ...rest,
  }
}
const look = (overrides: Partial<Look> = {}): Look => ({
  dags: [],
  errors: [],
  serverTime: after(6_000),
  sources: new Map(),
  asked: new Map(),
  ...overrides,
})
/** The judgement after these looks, in turn. */
export function judged(given: Terms, ...looks: readonly Partial<Look>[]): Judgement {
  let memory = NOTHING_SEEN
  let judgement: Judgement | undefined
  for (const one of looks) {
    judgement = judge(given, memory, look(one))
    memory = judgement.memory
  }
  if (!judgement) throw new Error('no look')
  return judgement
}
