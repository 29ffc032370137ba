import { describe, expect, test } from '@jest/globals'
import type { Look } from '../../src/airflow/terms.ts'
import type { Dag } from '../../src/airflow/types.ts'
import { after, dag, error, file, judged, terms } from '../make/judgement.ts'

describe('errors', () => {
  test('one of after the rollout belongs to the new code', () => {
    const seen = judged(terms(), { errors: [error()] })
    expect([seen.isComplete, [...seen.failed.keys()]]).toEqual([true, ['a.py']])
  })

  test('one of before is waited for: the new code may mend it', () => {
    const old = { errors: [error({ failedAt: after(-1) })] }
    expect(judged(terms(), old)).toMatchObject({ isComplete: false, outstanding: ['a.py'] })
    expect(judged(terms(), old, { dags: [dag({ bundleVersion: 'v2' })] }).isComplete).toBe(true)
    expect([...judged(terms(), old, { errors: [error()] }).failed.keys()]).toEqual(['a.py'])
  })

  test('one of a file that was broken may come from a parse of the former code that ends late', () => {
    const broken = terms({
      before: { ...terms().before, broken: new Set(['a.py']), files: new Set(['a.py']) },
    })
    const at = (ms: number): Partial<Look> => ({ errors: [error({ failedAt: after(ms) })] })
    const late = judged(broken, at(30_500))
    expect([late.isComplete, late.outstanding, late.failed.size]).toEqual([false, ['a.py'], 0])
    expect(judged(broken, at(1_000), at(31_000)).failed.size).toBe(0)
    expect(judged(broken, at(3_000), at(31_000)).failed.size).toBe(1)
    expect(judged(broken, at(32_001)).failed.size).toBe(1)
  })

  test('a file that imports and then fails has failed', () => {
    const good = { dags: [dag({ bundleVersion: 'v2' })] }
    const seen = judged(terms(), good, { ...good, errors: [error()] })
    expect([...seen.failed.keys()]).toEqual(['a.py'])
  })

  test('an error of a file that is not in the folder is not waited for', () => {
    const other = error({ file: 'elsewhere.py', failedAt: after(-1) })
    const seen = judged(terms(), { dags: [dag({ bundleVersion: 'v2' })], errors: [other] })
    expect([seen.isComplete, seen.failed.size]).toEqual([true, 0])
  })
})

describe('files without a trace', () => {
  const files = [file('a.py'), file('helper.py', 'possible')]
  const parsed = (ms: number) => ({
    dags: [dag({ bundleVersion: 'v2', parsedAt: after(ms) })],
    serverTime: after(ms),
  })

  test('a helper that promises nothing is settled when the others were parsed twice', () => {
    expect(judged(terms({ files }), parsed(5_000))).toMatchObject({
      isComplete: false,
      unclear: ['helper.py'],
    })
    expect(judged(terms({ files }), parsed(5_000), parsed(35_000)).isComplete).toBe(true)
  })

  test('a parse that Airflow was asked for is no round: the others were not taken in turn', () => {
    const asked = new Map([['a.py', 1]])
    const first = [parsed(5_000), { ...parsed(7_000), asked }]
    expect(judged(terms({ files }), ...first).isComplete).toBe(false)
    expect(judged(terms({ files }), ...first, { ...parsed(35_000), asked }).isComplete).toBe(true)
  })

  test('or after a minute, when nothing vouches for it', () => {
    const alone = terms({ files: [file('helper.py', 'possible')] })
    expect(judged(alone, { serverTime: after(59_000) }).isComplete).toBe(false)
    expect(judged(alone, { serverTime: after(61_000) }).isComplete).toBe(true)
  })

  test('its error counts all the same', () => {
    const seen = judged(terms({ files }), { ...parsed(5_000), errors: [error({ file: 'helper.py' })] })
    expect([...seen.failed.keys()]).toEqual(['helper.py'])
  })

  test('a file that promises a DAG stays outstanding, however long', () => {
    const both = terms({ files: [file('a.py'), file('silent.py', 'promised', 'other')] })
    const seen = judged(both, parsed(5_000), parsed(35_000), parsed(99_000))
    expect(seen).toMatchObject({ isComplete: false, outstanding: ['silent.py'] })
  })

  test('a file that had DAGs is waited for, until Airflow has retired them', () => {
    const given = terms({
      files: [file('a.py'), file('former.py', 'possible')],
      before: {
        dags: [dag({ id: 'f', file: 'former.py' })],
        versions: { known: new Set(['v1']), areAll: true },
        broken: new Set(),
        files: new Set(['former.py']),
      },
    })
    const former = dag({ id: 'f', file: 'former.py', bundleVersion: 'v1' })
    const now = dag({ bundleVersion: 'v2' })
    expect(judged(given, { dags: [now, former] }).outstanding).toEqual(['former.py'])
    const retired = { ...former, isActive: false }
    expect(judged(given, { dags: [now, retired], serverTime: after(66_000) }).isComplete).toBe(true)
    const moved = { ...former, file: 'a.py', bundleVersion: 'v2' }
    expect(judged(given, { dags: [now, moved], serverTime: after(66_000) }).isComplete).toBe(true)
  })

  test('an empty folder is settled at once', () => {
    expect(judged(terms({ files: [] }), {}).isComplete).toBe(true)
  })
})

describe('after a rollback nobody knows the files', () => {
  const given = terms({
    ...{ arrival: 'rollback', dagVersion: undefined },
    files: [file('a.py', 'possible'), file('bad.py', 'possible')],
    before: {
      dags: [dag()],
      versions: { known: new Set(), areAll: false },
      broken: new Set(['bad.py']),
      files: new Set(['a.py', 'bad.py']),
    },
  })
  const leftover = error({ file: 'bad.py', failedAt: after(-1_000) })
  const at = (ms: number, ...others: readonly Dag[]): Partial<Look> => ({
    dags: [dag({ parsedAt: after(ms) }), ...others],
    serverTime: after(ms),
  })

  test('what is known does not settle it: what comes back may be found and fail for a minute', () => {
    expect(judged(given, at(5_000), at(35_000))).toMatchObject({ isComplete: false, outstanding: [] })
    expect(judged(given, at(5_000), at(61_000)).isComplete).toBe(true)
    const late = { ...at(50_000), errors: [error({ file: 'back.py', failedAt: after(45_000) })] }
    expect([...judged(given, at(5_000), late).failed.keys()]).toEqual(['back.py'])
  })

  test('time alone does not settle it: what parses may be down', () => {
    const former = { dags: [dag({ parsedAt: after(-9_000) })], serverTime: after(99_000) }
    expect(judged(given, former)).toMatchObject({ isComplete: false, outstanding: ['a.py'] })
    const nothing = terms({ arrival: 'rollback', files: [] })
    expect(judged(nothing, { serverTime: after(99_000) }).isComplete).toBe(false)
  })

  test.each([
    ['a DAG', [dag({ id: 'b', file: 'bad.py', parsedAt: after(-9_000) })], []],
    ['an error', [], [leftover]],
  ])('a file is gone when Airflow shows it no more, not while it still has %s of it', (_, dags, errors) => {
    const broken = terms({
      ...given,
      before: { ...given.before, dags: [dag(), dag({ id: 'b', file: 'bad.py' })] },
    })
    const still = { ...at(61_000, ...dags), errors }
    expect(judged(broken, at(5_000), still)).toMatchObject({ isComplete: false, outstanding: ['bad.py'] })
    expect(judged(broken, at(5_000), still, at(62_000)).isComplete).toBe(true)
    const retired = dag({ id: 'b', file: 'bad.py', isActive: false })
    expect(judged(broken, at(5_000), at(62_000, retired)).isComplete).toBe(true)
  })

  test('one DAG ID in two files counts, also when they are not known', () => {
    const [one, other] = ['a.py', 'back.py'].map((path) => dag({ id: 'x', file: path }))
    const looks = [one, other].map((shown) => ({ dags: shown ? [shown] : [] }))
    expect(judged(given, ...looks).duplicates).toEqual([{ dagId: 'x', files: ['a.py', 'back.py'] }])
  })
})

describe('one DAG ID in two files', () => {
  const files = [file('a.py', 'promised', 'x'), file('b.py', 'promised', 'x')]
  const from = (path: string) => ({ dags: [dag({ id: 'x', file: path, bundleVersion: 'v2' })] })

  test('is found when Airflow shows it in one of them and nothing of the other', () => {
    const seen = judged(terms({ files }), from('a.py'))
    expect(seen).toMatchObject({ isComplete: true, duplicates: [{ dagId: 'x', files: ['a.py', 'b.py'] }] })
  })

  test('is found when the DAG changes its file, whatever the text says', () => {
    const opaque = [file('a.py'), file('b.py')]
    const seen = judged(terms({ files: opaque }), from('a.py'), from('b.py'))
    expect(seen.duplicates).toEqual([{ dagId: 'x', files: ['a.py', 'b.py'] }])
  })

  test('is old when it was in all of them before, and settles them all the same', () => {
    const had = (...paths: readonly string[]) =>
      terms({ files, before: { ...terms().before, shared: new Map([['x', new Set(paths)]]) } })
    expect(judged(had('a.py', 'b.py'), from('a.py'))).toMatchObject({
      ...{ isComplete: true, duplicates: [] },
      oldDuplicates: [{ dagId: 'x', files: ['a.py', 'b.py'] }],
    })
    expect(judged(had('a.py', 'c.py'), from('a.py')).duplicates).toHaveLength(1)
  })

  test('is no duplicate when the file has other DAGs, or the other file is gone', () => {
    const two = [file('a.py', 'promised', 'x'), file('b.py', 'promised', 'x', 'y')]
    expect(judged(terms({ files: two }), from('a.py')).duplicates).toEqual([])
    expect(judged(terms({ files: [file('b.py')] }), from('a.py'), from('b.py')).duplicates).toEqual([])
  })
})
