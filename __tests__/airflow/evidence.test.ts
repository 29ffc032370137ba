import { describe, expect, test } from '@jest/globals'
import { formerVersions } from '../../src/airflow/evidence.ts'
import type { Arrival, Before, Look } from '../../src/airflow/terms.ts'
import type { Dag, ImportError } from '../../src/airflow/types.ts'
import { after, dag, error, file, judged, terms } from '../make/judgement.ts'

describe('a DAG counts as imported from the new code', () => {
  test.each([
    ['our bundle version', 3, dag({ bundleVersion: 'v2', parsedAt: after(-9_000) }), {}, true],
    ['the bundle version of before', 3, dag({ bundleVersion: 'v1' }), {}, false],
    ['another bundle version than before', 3, dag({ bundleVersion: 'unknown scheme' }), {}, true],
    [
      'another bundle version than before, parsed before the rollout',
      3,
      dag({ bundleVersion: 'unknown scheme', parsedAt: after(-1) }),
      {},
      false,
    ],
    ['our text, parsed after the rollout', 3, dag({ parsedAt: after(1) }), { 'a.py': 'same' }, true],
    ['our text, parsed before the rollout', 2, dag({ parsedAt: after(-1) }), { 'a.py': 'same' }, false],
    [
      'a parse that began before the rollout',
      3,
      dag({ parsedAt: after(300), parseMs: 400 }),
      { 'a.py': 'same' },
      false,
    ],
    ['another text', 3, dag({ parsedAt: after(90_000) }), { 'a.py': 'different' }, false],
    ['no text, in a file that was not there', 3, dag({ parsedAt: after(1) }), {}, true],
    ['a retired DAG', 3, dag({ isActive: false, bundleVersion: 'v2' }), {}, false],
    ['never parsed', 2, dag({ parsedAt: undefined }), {}, false],
  ] as const)('%s', (_, major, one, sources, isImported) => {
    const seen = judged(terms({ major }), { dags: [one], sources: new Map(Object.entries(sources)) })
    expect([seen.isComplete, seen.outstanding]).toEqual([isImported, isImported ? [] : ['a.py']])
  })

  describe('of which Airflow 2 does not say how long the parse took', () => {
    const before = (overrides: Partial<Before> = {}): Before => ({
      ...terms().before,
      files: new Set(['a.py']),
      dags: [dag({ parsedAt: after(-9_000) })],
      ...overrides,
    })
    const imported = (given: Before, ...parses: readonly number[]): boolean =>
      judged(
        terms({ major: 2, before: given }),
        ...parses.map((ms) => ({ dags: [dag({ parsedAt: after(ms), parseMs: undefined })] })),
      ).isComplete

    test.each([
      ['of a file that was not there', before({ files: new Set(), dags: [] }), [2_001], true],
      ['of one that was not there, as the rollout ended', before({ files: new Set(), dags: [] }), [1_999], false],
      ['that may have begun before', before(), [29_000], false],
      ['that is seen again', before(), [29_000, 29_000], false],
      ['that is the second one', before(), [4_000, 14_000], true],
      ['that ended later than an import may take', before(), [32_001], true],
      ['of a changed text, which may not have been serialized', before({ changed: new Set(['a.py']) }), [4_000, 14_000, 31_000], false],
      ['of a changed text, later', before({ changed: new Set(['a.py']) }), [4_000, 32_001], true],
      ['of a DAG that is in a new file now', before({ files: new Set(['b.py']), changed: new Set(['a.py']) }), [4_000, 14_000], false],
      ['of a DAG that was never there, in a changed text', before({ dags: [], changed: new Set(['a.py']) }), [4_000, 14_000], true],
      ['of what nobody knows of from before', before({ files: undefined, dags: [], changed: new Set(['a.py']) }), [4_000, 14_000], false],
    ])('%s', (_, given, parses, isImported) => {
      expect(imported(given, ...parses)).toBe(isImported)
    }) // prettier-ignore

    test('of an image, which may change what is serialized', () => {
      const parsed = [4_000, 14_000].map((ms) => ({
        dags: [dag({ parsedAt: after(ms), parseMs: undefined })],
      }))
      const given = terms({ major: 2, arrival: 'image', dagVersion: undefined, before: before() })
      expect(judged(given, ...parsed).isComplete).toBe(false)
    })
  })

  test.each([
    ['parsed well after the rollout', 2_001, true],
    ['parsed as the rollout ended', 1_999, false],
  ])('no text, in a file that was there before, %s', (_, parsedAfter, isImported) => {
    const given = terms({ before: { ...terms().before, files: new Set(['a.py']) } })
    expect(judged(given, { dags: [dag({ parsedAt: after(parsedAfter) })] }).isComplete).toBe(isImported)
  })

  test.each([
    ['of a new file', new Set<string>(), 1, true],
    ['of a file that was there before, of which a helper may be the former', new Set(['a.py']), 1, false],
    ['of a file of which nobody knows that', undefined, 1_999, false],
    ['of a file that was there before, well after the rollout', new Set(['a.py']), 2_001, true],
  ])('the text %s, by when it was parsed', (_, files, parsedAfter, isImported) => {
    const given = terms({ before: { ...terms().before, files } })
    const sources = new Map([['a.py', 'same' as const]])
    const seen = judged(given, { dags: [dag({ parsedAt: after(parsedAfter) })], sources })
    expect(seen.isComplete).toBe(isImported)
  })

  describe('when nobody knows the bundle versions of before', () => {
    const given = terms({ before: { ...terms().before, versions: { known: new Set(), areAll: false } } })

    test.each([
      ['ours is ours', dag({ bundleVersion: 'v2', parsedAt: after(-9_000) }), {}, true],
      ['another one says nothing: the text does', dag({ bundleVersion: 'v1' }), { 'a.py': 'same' }, true],
      ['and may say no', dag({ bundleVersion: 'v1' }), { 'a.py': 'different' }, false],
      ['or the time', dag({ bundleVersion: 'v1', parsedAt: after(-1) }), {}, false],
    ] as const)('%s', (_, one, sources, isImported) => {
      const seen = judged(given, { dags: [one], sources: new Map(Object.entries(sources)) })
      expect(seen.isComplete).toBe(isImported)
    })
  })

  test('in Airflow 2 parse times do, minutes later, when its copy of the text stays the former one', () => {
    const sources = new Map([['a.py', 'different' as const]])
    const times = [after(20_000), after(50_000), after(80_000)]
    const looks = times.map((parsedAt) => ({ dags: [dag({ parsedAt })], sources }))
    expect(judged(terms({ major: 2 }), ...looks.slice(0, 2)).isComplete).toBe(false)
    expect(judged(terms({ major: 2 }), ...looks).isComplete).toBe(true)
    expect(judged(terms({ major: 3 }), ...looks).isComplete).toBe(false)
  })
})

describe('a bundle version that Airflow put on a parse that was under way as it came', () => {
  const stamped = (ms: number, overrides: Partial<Dag> = {}): Dag =>
    dag({ bundleVersion: 'v2', parsedAt: after(ms), parseMs: 900, ...overrides })
  const given = terms({ before: { ...terms().before, files: new Set(['a.py']) } })
  const imported = (...looks: readonly (readonly Dag[])[]): boolean =>
    judged(given, ...looks.map((dags) => ({ dags }))).outstanding.length === 0

  test('is no proof by itself: the text may be the former one', () => {
    expect(imported([stamped(3_000)])).toBe(false)
    expect(imported([stamped(3_000)], [stamped(3_000)])).toBe(false)
  })

  test('is one when the parse began after another one had it', () => {
    const other = stamped(1_000, { id: 'other', file: 'other.py' })
    expect(imported([stamped(3_000), other])).toBe(true)
    expect(imported([stamped(1_500), other])).toBe(false)
  })

  test('is one for a file that was not there before', () => {
    expect(judged(terms(), { dags: [stamped(3_000)] }).outstanding).toEqual([])
  })

  test('is one on the next parse, also when nobody knows how long it took', () => {
    expect(imported([stamped(3_000)], [stamped(5_000)])).toBe(true)
    const long = { parseMs: undefined }
    expect(imported([stamped(3_000, long)], [stamped(5_000, long)])).toBe(true)
  })
})

describe('the versions of before', () => {
  const active = (bundleVersion: string): Dag => dag({ bundleVersion })
  const retired = dag({ isActive: false, bundleVersion: 'v9' })

  test.each<[string, Arrival, readonly string[], readonly Dag[], readonly string[], boolean]>([
    ['a deploy: all that was seen', 'dags', ['v1'], [active('v0'), retired], ['v1', 'v0', 'v9'], true],
    ['the first deploy: none', 'dags', [], [], [], false],
    ['a rollback: those of Astro, when Airflow names one', 'rollback', ['v1'], [active('v1'), active('c0ffee')], ['v1'], false],
    ['a rollback: those that were active, when it has names of its own', 'rollback', ['v1'], [active('x1'), retired], ['x1'], true],
    ['a rollback, with nothing known of before: those of Astro', 'rollback', ['v1'], [], ['v1'], false],
  ])('%s', (_, arrival, astro, airflow, known, areAll) => {
    const found = formerVersions({ arrival, dagVersion: 'v2' }, { astro, airflow })
    expect([[...found.known], found.areAll]).toEqual([known, areAll])
  }) // prettier-ignore
})

describe('where Airflow comes to have the text long after the rollout', () => {
  const given = terms({
    dagVersion: undefined,
    files: [file('a.py'), file('b.py')],
    before: { ...terms().before, files: new Set(['a.py', 'b.py']) },
  })
  const at = (a: number, b: number, textOfA: 'same' | 'different'): Partial<Look> => ({
    dags: [dag({ parsedAt: after(a) }), dag({ id: 'b', file: 'b.py', parsedAt: after(b) })],
    serverTime: after(Math.max(a, b)),
    sources: new Map([['a.py', textOfA], ['b.py', 'same']]),
  }) // prettier-ignore

  test('what was parsed before proves nothing, though its own text has not changed', () => {
    const late = [at(4_000, 5_000, 'different'), at(17_000, 5_000, 'same')]
    expect(judged(given, ...late)).toMatchObject({ isComplete: false, outstanding: ['a.py', 'b.py'] })
    expect(judged(given, ...late, at(20_000, 5_000, 'same')).outstanding).toEqual(['b.py'])
    expect(judged(given, ...late, at(20_000, 21_000, 'same')).isComplete).toBe(true)
  })

  test('a parse that began before the rollout is none that came late', () => {
    expect(judged(given, at(1_000, 5_000, 'different'), at(4_000, 5_000, 'same')).isComplete).toBe(true)
  })
})

describe('where Airflow comes to have the version long after the rollout', () => {
  const helper = terms({ files: [file('a.py'), file('helper.py', 'possible')] })
  const came = (ms: number, now = ms): Partial<Look> => ({
    dags: [dag({ bundleVersion: 'v2', parsedAt: after(ms) })],
    serverTime: after(now),
  })

  test('files without a trace have a minute, or two rounds, from then on', () => {
    expect(judged(helper, came(70_000)).isComplete).toBe(false)
    expect(judged(helper, came(70_000), came(70_000, 131_000)).isComplete).toBe(true)
    expect(judged(helper, came(70_000), came(100_000)).isComplete).toBe(true)
  })

  test('an error of a file that was broken counts only when it failed since', () => {
    const given = terms({
      files: [file('a.py'), file('bad.py')],
      before: { ...terms().before, broken: new Set(['bad.py']), files: new Set(['a.py', 'bad.py']) },
    })
    const failing = (ms: number): readonly ImportError[] => [error({ file: 'bad.py', failedAt: after(ms) })]
    const looks = [
      { errors: failing(33_000) },
      { ...came(70_000), errors: failing(63_000) },
      { ...came(90_000), errors: failing(63_000) },
    ]
    expect(judged(given, ...looks)).toMatchObject({ outstanding: ['bad.py'], failed: new Map() })
    expect(judged(given, ...looks, { ...came(110_000), errors: failing(103_000) }).failed.size).toBe(1)
  })
})
