import { describe, expect, test } from '@jest/globals'
import type { Judgement, Look, Terms } from '../../src/airflow/judge.ts'
import { judge, NOTHING_SEEN } from '../../src/airflow/judge.ts'
import type { Dag, ImportError } from '../../src/airflow/types.ts'
import type { PromisedFile } from '../../src/project/promised-dags.ts'

const SINCE = Date.UTC(2026, 0, 1)
const after = (ms: number): number => SINCE + ms

const dag = (overrides: Partial<Dag> = {}): Dag => ({
  id: 'a',
  file: 'a.py',
  isActive: true,
  isPaused: false,
  hasImportErrors: false,
  parsedAt: after(5_000),
  parseMs: 0,
  bundleVersion: undefined,
  fileToken: undefined,
  ...overrides,
})
const error = (overrides: Partial<ImportError> = {}): ImportError => ({
  id: 1,
  file: 'a.py',
  failedAt: after(5_000),
  trace: 'ValueError: x',
  ...overrides,
})
const file = (
  path: string,
  kind: 'promised' | 'possible' = 'promised',
  ...ids: readonly string[]
): PromisedFile => ({
  path,
  fingerprint: 'f',
  promise: { kind, ids: ids.map((id) => ({ id, line: 1 })) },
})
const terms = (overrides: Partial<Terms> & { files?: readonly PromisedFile[] } = {}): Terms => {
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
function judged(given: Terms, ...looks: readonly Partial<Look>[]): Judgement {
  let memory = NOTHING_SEEN
  let judgement: Judgement | undefined
  for (const one of looks) {
    judgement = judge(given, memory, look(one))
    memory = judgement.memory
  }
  if (!judgement) throw new Error('no look')
  return judgement
}

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
    [
      'our text, a parse of unknown length that may have begun before the rollout',
      2,
      dag({ parsedAt: after(29_000), parseMs: undefined }),
      { 'a.py': 'same' },
      false,
    ],
    [
      'our text, a parse of unknown length that ended later than an import may take',
      2,
      dag({ parsedAt: after(30_001), parseMs: undefined }),
      { 'a.py': 'same' },
      true,
    ],
    ['another text', 3, dag({ parsedAt: after(90_000) }), { 'a.py': 'different' }, false],
    ['no text, parsed well after the rollout', 2, dag({ parsedAt: after(2_001) }), {}, true],
    ['no text, parsed as the rollout ended', 2, dag({ parsedAt: after(1_999) }), {}, false],
    ['a retired DAG', 3, dag({ isActive: false, bundleVersion: 'v2' }), {}, false],
    ['never parsed', 2, dag({ parsedAt: undefined }), {}, false],
  ] as const)('%s', (_, major, one, sources, isImported) => {
    const seen = judged(terms({ major }), { dags: [one], sources: new Map(Object.entries(sources)) })
    expect([seen.isComplete, seen.outstanding]).toEqual([isImported, isImported ? [] : ['a.py']])
  })

  test('the second parse of unknown length began after the first, and so after the rollout', () => {
    const sources = new Map([['a.py', 'same' as const]])
    const looks = [4_000, 14_000].map((ms) => ({
      dags: [dag({ parsedAt: after(ms), parseMs: undefined })],
      sources,
    }))
    expect(judged(terms({ major: 2 }), ...looks.slice(0, 1)).isComplete).toBe(false)
    expect(judged(terms({ major: 2 }), ...looks.slice(0, 1), ...looks.slice(0, 1)).isComplete).toBe(false)
    expect(judged(terms({ major: 2 }), ...looks).isComplete).toBe(true)
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

  test('is no duplicate when the file has other DAGs, or the other file is gone', () => {
    const two = [file('a.py', 'promised', 'x'), file('b.py', 'promised', 'x', 'y')]
    expect(judged(terms({ files: two }), from('a.py')).duplicates).toEqual([])
    expect(judged(terms({ files: [file('b.py')] }), from('a.py'), from('b.py')).duplicates).toEqual([])
  })
})
