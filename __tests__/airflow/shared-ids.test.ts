import { describe, expect, test } from '@jest/globals'
import { findSharedIds } from '../../src/airflow/shared-ids.ts'
import type { Dag } from '../../src/airflow/types.ts'
import { ActionError } from '../../src/errors.ts'
import type { PromisedFile } from '../../src/project/promised-dags.ts'
import { fingerprint } from '../../src/project/dag-promise.ts'
import { makeDag } from '../make/airflow.ts'
import { makeClock } from '../make/clock.ts'

const file = (path: string, kind: 'promised' | 'possible' = 'promised', id = 'x'): PromisedFile => ({
  path,
  fingerprint: fingerprint(path),
  promise: { kind, ids: [{ id, line: 1 }] },
})

type Given = {
  readonly files?: readonly PromisedFile[]
  readonly before?: readonly Dag[]
  readonly changed?: ReadonlySet<string>
  /** From which file Airflow shows the DAG. */
  readonly shown?: (elapsedMs: number) => string
  readonly mayNotAsk?: boolean
}

const FORBIDDEN = new ActionError({ code: 'ASTRO-AIRFLOW-FORBIDDEN', problem: 'Could not ask.', fix: 'Ask.' })

/** What is found, how often Airflow was asked, and for how long. */
async function found(given: Given) {
  const { files = [file('a.py'), file('b.py')], before = [makeDag({ id: 'x' })] } = given
  const clock = makeClock(0)
  let asked = 0
  const airflow = {
    dag(id: string) {
      asked += 1
      const dag = makeDag({ id, file: given.shown?.(clock.now()) ?? 'a.py', parsedAt: 1 })
      return Promise.resolve({ dag, serverTime: undefined })
    },
    parseNext: () => (given.mayNotAsk === true ? Promise.reject(FORBIDDEN) : Promise.resolve()),
  }
  const promised = { files, all: new Set(files.map(({ path }) => path)) }
  const deps = { airflow, clock, log: { info: () => undefined } }
  const shared = await findSharedIds(deps, promised, { dags: before }, given.changed)
  return { shared: [...shared].map(([id, its]) => [id, ...its]), asked, elapsedMs: clock.now() }
}

const BOTH = [['x', 'a.py', 'b.py']]

describe('a DAG ID that two files of the new code have was in both before', () => {
  test('when neither changed, which takes no time', async () => {
    expect(await found({ changed: new Set(['c.py']) })).toEqual({ shared: BOTH, asked: 0, elapsedMs: 0 })
  })

  test('when Airflow shows it from the one and from the other', async () => {
    const { shared, elapsedMs } = await found({
      shown: (ms) => (ms < 20_000 ? 'a.py' : 'b.py'),
      mayNotAsk: true,
    })
    expect(shared).toEqual(BOTH)
    expect(elapsedMs).toBeLessThan(21_000)
  })
})

describe('it was not, as far as anybody knows,', () => {
  test.each<[string, Given]>([
    ['when one of them changed', { changed: new Set(['b.py']) }],
    ['when nobody knows what changed', {}],
  ])('%s: Airflow is watched for a round', async (_, given) => {
    const { shared, elapsedMs, asked } = await found(given)
    expect(shared).toEqual([])
    expect(elapsedMs).toBeGreaterThanOrEqual(35_000)
    expect(asked).toBeLessThan(150)
  })

  test.each<[string, Given]>([
    ['when Airflow does not have the DAG', { before: [] }],
    ['when it has retired it', { before: [makeDag({ id: 'x', isActive: false })] }],
    ['when they have different ones', { files: [file('a.py'), file('b.py', 'promised', 'y')] }],
    ['when one of them need not make it', { files: [file('a.py'), file('b.py', 'possible')] }],
  ])('%s: nobody is asked', async (_, given) => {
    expect(await found(given)).toEqual({ shared: [], asked: 0, elapsedMs: 0 })
  })
})
