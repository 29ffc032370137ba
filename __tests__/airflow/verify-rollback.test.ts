import { describe, expect, test } from '@jest/globals'
import { promisedByAirflow } from '../../src/airflow/baseline.ts'
import { makeDag, makeImportError } from '../make/airflow.ts'
import { at, verified } from '../make/verified.ts'

describe('a rollback', () => {
  const stays = (ms: number, overrides = {}) =>
    makeDag({ parsedAt: at(Math.floor((ms - 3_000) / 30_000) * 30_000 + 3_000), parseMs: 50, ...overrides })
  const left = makeDag({ id: 'left', file: 'left.py', parsedAt: at(-9_000) })
  const broken = makeImportError({ file: 'broken.py', failedAt: at(-9_000) })
  const baseline = { dags: [stays(-60_000), left], errors: [broken] }
  const rollback = { arrival: 'rollback', baseline, promised: promisedByAirflow(baseline) } as const

  test('is proved a minute later; what it took away is gone when Airflow says so', async () => {
    const report = await verified(
      (ms) => ({
        dags: [stays(ms), { ...left, isActive: ms < 90_000 }],
        errors: ms < 40_000 ? [broken] : [],
      }),
      rollback,
    )
    expect(report).toMatchObject({
      ...{ isComplete: true, silent: [], unclear: [], newErrors: [], oldErrors: [] },
      ...{ appeared: [], disappeared: ['left'] },
    })
    expect(report.elapsedMs).toBeGreaterThanOrEqual(90_000)
    expect(report.elapsedMs).toBeLessThan(92_000)
    const quick = await verified((ms) => ({ dags: [stays(ms)] }), rollback)
    expect(quick).toMatchObject({ isComplete: true, disappeared: ['left'] })
    expect(quick.elapsedMs).toBeGreaterThanOrEqual(60_000)
    expect(quick.elapsedMs).toBeLessThan(62_000)
  })

  test('that brings an error, or an old one again, tells which is which', async () => {
    const again = (ms: number, file: string) =>
      makeImportError({ id: file.length, file, failedAt: stays(ms).parsedAt ?? 0 })
    const report = await verified(
      (ms) => ({ dags: [stays(ms)], errors: [again(ms, 'broken.py'), again(ms, 'came.py')] }),
      rollback,
    )
    expect(report.newErrors).toMatchObject([{ file: 'came.py' }])
    expect(report.oldErrors).toMatchObject([{ file: 'dags/broken.py' }])
  })

  test('whose time is over before that is not complete, though nothing known is missing', async () => {
    const report = await verified((ms) => ({ dags: [stays(ms)] }), { ...rollback, budgetMs: 20_000 })
    expect(report).toMatchObject({ isComplete: false, silent: [], unclear: [], newErrors: [] })
  })

  test('a file that Airflow still shows, and does not parse, is named', async () => {
    const report = await verified((ms) => ({ dags: [stays(ms), left] }), { ...rollback, budgetMs: 99_000 })
    expect(report).toMatchObject({ isComplete: false, silent: ['dags/left.py'] })
  })

  test('without a word of Airflow from before goes by what it shows first', async () => {
    const report = await verified((ms) => ({ dags: [stays(ms)], errors: ms < 30_000 ? [broken] : [] }), {
      arrival: 'rollback',
    })
    expect(report).toMatchObject({ isComplete: true, newErrors: [], appeared: [], disappeared: [] })
  })

  test.each([
    ['by another name than Astro has, as it was known before', 'left', 'earlier'],
    ['by the name that Astro has', 'v1', 'v2'],
  ])('with a bundle version %s, is proved, beside another DAG bundle', async (_, before, now) => {
    const retired = makeDag({ id: 'retired', file: 'r.py', isActive: false, bundleVersion: now })
    const elsewhere = (ms: number) =>
      before === 'v1' ? [stays(ms, { id: 'e', file: 'e.py', bundleVersion: 'c0ffee' })] : []
    const given = {
      dags: [stays(-60_000, { bundleVersion: before }), retired, ...elsewhere(-60_000)],
      errors: [],
    }
    const report = await verified(
      (ms) => ({ dags: [stays(ms, { bundleVersion: now }), retired, ...elsewhere(ms)] }),
      {
        ...{ arrival: 'rollback', otherVersions: ['v1'] },
        ...{ baseline: given, promised: promisedByAirflow(given) },
      },
    )
    expect(report).toMatchObject({ isComplete: true, silent: [] })
  })

  test('that Airflow does not come to have is not proved, whatever it calls its versions', async () => {
    const same = (ms: number) => ({ dags: [stays(ms, { bundleVersion: 'left' })], errors: [] })
    const report = await verified(same, {
      ...{ arrival: 'rollback', otherVersions: ['v1'], budgetMs: 99_000 },
      ...{ baseline: same(-60_000), promised: promisedByAirflow(same(-60_000)) },
    })
    expect(report).toMatchObject({ isComplete: false, silent: ['dags/a.py'] })
  })

  test('does not wait for what has not been parsed for hours', async () => {
    const abandoned = makeDag({ id: 'old', file: 'old.py', parsedAt: at(-7_200_000) })
    const known = { dags: [stays(-60_000), abandoned], errors: [] }
    const report = await verified((ms) => ({ dags: [stays(ms), abandoned] }), {
      ...{ arrival: 'rollback', baseline: known, promised: promisedByAirflow(known) },
    })
    expect(report).toMatchObject({ isComplete: true, disappeared: [] })
  })

  test('with the version of the code that is left is not', async () => {
    const report = await verified((ms) => ({ dags: [stays(ms, { bundleVersion: 'v1' })] }), {
      ...{ ...rollback, otherVersions: ['v1'], budgetMs: 99_000 },
    })
    expect(report).toMatchObject({ isComplete: false, silent: ['dags/a.py'] })
  })
})
