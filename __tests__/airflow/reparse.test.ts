import { describe, expect, test } from '@jest/globals'
import { createReparser } from '../../src/airflow/reparse.ts'
import type { Dag } from '../../src/airflow/types.ts'
import { ActionError } from '../../src/errors.ts'
import { makeDag, makeImportError } from '../make/airflow.ts'

const dagOf = (name: string, overrides: Partial<Dag> = {}): Dag =>
  makeDag({ id: name, file: `${name}.py`, fileToken: `token-${name}`, parsedAt: 1, ...overrides })

/** A reparser, and the DAGs that an Airflow was asked for, which answers with `failure`. */
function reparser(given: { failure?: Error; signal?: AbortSignal } = {}) {
  const seen: string[] = []
  const made = createReparser({
    airflow: {
      parseNext({ id }) {
        seen.push(id)
        return given.failure ? Promise.reject(given.failure) : Promise.resolve()
      },
    },
    signal: given.signal,
  })
  return { seen, ask: made.ask.bind(made), asked: made.asked }
}

const refusal = new ActionError({
  code: 'ASTRO-AIRFLOW-FORBIDDEN',
  problem: 'Could not ask.',
  fix: 'Use another token.',
})

describe('Airflow is asked to parse', () => {
  test.each<[string, readonly string[], readonly Dag[], readonly string[]]>([
    ['the files that are waited for', ['a.py'], [dagOf('a'), dagOf('b')], ['a']],
    [
      'once a file, by a DAG that is not retired',
      ['a.py'],
      [dagOf('a', { isActive: false }), dagOf('b', { file: 'a.py' })],
      ['b'],
    ],
    ['no zip', ['p.zip'], [dagOf('p', { file: 'p.zip' })], []],
    ['none that it has no DAG of', ['new.py'], [dagOf('a')], []],
    ['one whose DAG it has retired, which may be mended', ['a.py'], [dagOf('a', { isActive: false })], ['a']],
    ['none that it gives no token of', ['a.py'], [dagOf('a', { fileToken: undefined })], []],
  ])('%s', async (_, files, dags, expected) => {
    const { ask, seen } = reparser()
    await ask(files, { dags, errors: [] })
    expect(seen).toEqual(expected)
  })

  test('again after it has parsed the file, and five times at most', async () => {
    const { ask, seen, asked } = reparser()
    for (const parsedAt of [1, 1, 2, 2, 3, 4, 5, 6, 7])
      await ask(['a.py'], { dags: [dagOf('a', { parsedAt })], errors: [] })
    expect([seen.length, asked.get('a.py')]).toEqual([5, 5])
  })

  test('again after it has parsed a DAG of the file, whatever another one says that is retired', async () => {
    const { ask, seen } = reparser()
    const retired = dagOf('z', { file: 'a.py', isActive: false, parsedAt: 1 })
    for (const parsedAt of [1, 2, 2]) {
      await ask(['a.py'], { dags: [dagOf('a', { parsedAt }), retired], errors: [] })
    }
    expect(seen).toEqual(['a', 'a'])
  })

  test('again after it has failed to import the file', async () => {
    const { ask, seen } = reparser()
    for (const failedAt of [2, 2, 3])
      await ask(['a.py'], { dags: [dagOf('a')], errors: [makeImportError({ failedAt })] })
    expect(seen).toHaveLength(2)
  })

  test('a hundred files, but not more: a round takes long then', async () => {
    const names = Array.from({ length: 101 }, (_, index) => `f${index}`)
    const dags = names.map((name) => dagOf(name))
    const files = names.map((name) => `${name}.py`)
    const { ask, seen } = reparser()
    await ask(files, { dags, errors: [] })
    expect(seen).toEqual([])
    await ask(files.slice(1), { dags, errors: [] })
    expect(seen).toHaveLength(100)
  })
})

test('an Airflow that has the wish already is asked again when it has parsed the file', async () => {
  const failure = new ActionError({
    code: 'ASTRO-AIRFLOW-CONFLICT',
    problem: 'Could not ask.',
    fix: 'Wait.',
  })
  const { ask, seen } = reparser({ failure })
  for (const parsedAt of [1, 2]) await ask(['a.py'], { dags: [dagOf('a', { parsedAt })], errors: [] })
  expect(seen).toEqual(['a', 'a'])
})

test('an Airflow that refuses is not asked again, and that is no failure', async () => {
  const { ask, seen, asked } = reparser({ failure: refusal })
  await ask(['a.py'], { dags: [dagOf('a')], errors: [] })
  await ask(['a.py', 'b.py'], { dags: [dagOf('a', { parsedAt: 2 }), dagOf('b')], errors: [] })
  expect([seen, asked.get('a.py')]).toEqual([['a'], 0])
})

test.each([
  ['a run that was cancelled ends', refusal, AbortSignal.abort()],
  ['a defect is not swallowed', new TypeError('a defect'), undefined],
])('%s', async (_, failure, signal) => {
  const { ask } = reparser({ failure, ...(signal ? { signal } : {}) })
  await expect(ask(['a.py'], { dags: [dagOf('a')], errors: [] })).rejects.toBe(failure)
})
