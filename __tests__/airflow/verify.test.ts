import { describe, expect, test } from '@jest/globals'
import { promisedByAirflow } from '../../src/airflow/baseline.ts'
import { lookInterval } from '../../src/airflow/verify.ts'
import { ActionError } from '../../src/errors.ts'
import { makeDag, makeImportError } from '../make/airflow.ts'
import { failureOf } from '../make/failure.ts'
import { at, promise, verified } from '../make/verified.ts'

const down = new ActionError({
  code: 'ASTRO-AIRFLOW-UNAVAILABLE',
  problem: 'Could not read the DAGs.',
  observed: 'HTTP 503.',
  fix: 'Wait.',
})

test.each([
  ['often at first', 0, 50, 600],
  ['still within the two seconds that a parse may go unnoticed, minutes later', 299_000, 50, 1_000],
  ['rarely when nobody expects it any more', 300_000, 50, 3_000],
  ['an Airflow that answers slowly is left alone as long as its answers took', 0, 4_000, 8_000],
  ['never at once', 0, 590, 1_180],
])('Airflow is asked %s', (_, elapsedMs, lookMs, expected) => {
  expect(lookInterval(elapsedMs, lookMs)).toBe(expected)
})

describe('an Airflow that is down', () => {
  test('for a minute is waited for', async () => {
    const { newErrors, elapsedMs } = await verified(
      (ms) => {
        if (ms < 60_000) throw down
        return { dags: [makeDag({ bundleVersion: 'v2', parsedAt: at(59_000) })] }
      },
      { promised: promise('a.py') },
    )
    expect(newErrors).toEqual([])
    expect(elapsedMs).toBeGreaterThanOrEqual(60_000)
    expect(elapsedMs).toBeLessThan(62_000)
  })

  test('for ever has said nothing when the time is over', async () => {
    const error = await failureOf(() =>
      verified(
        () => {
          throw down
        },
        { promised: promise('a.py') },
      ),
    )
    expect(error).toMatchObject({ code: 'ASTRO-VERIFY-TIMEOUT', observed: 'Last seen: HTTP 503.' })
  })
})

describe('files that neither import nor fail in time', () => {
  test('are named, and an error of before that Airflow still shows of one is not told beside it', async () => {
    const old = makeImportError({ failedAt: at(-1_000) })
    const report = await verified(() => ({ errors: [old] }), {
      promised: promise('a.py', 'b.py'),
      baseline: { errors: [old] },
      budgetMs: 20_000,
    })
    expect(report).toMatchObject({ silent: ['dags/a.py', 'dags/b.py'], oldErrors: [], newErrors: [] })
  })

  test('but promise no DAG are named too, when it is too early to say that they import', async () => {
    const dags = [makeDag({ bundleVersion: 'v2', parsedAt: at(2_000) })]
    const given = { promised: promise('a.py', 'HELPER.PY') }
    const early = await verified(() => ({ dags }), { ...given, budgetMs: 20_000 })
    expect(early).toMatchObject({ silent: [], unclear: ['dags/HELPER.PY'] })
    const late = await verified(() => ({ dags }), given)
    expect(late).toMatchObject({ silent: [], unclear: [] })
    expect(late.elapsedMs).toBeLessThan(64_000)
  })
})

describe('after the first error', () => {
  const failing = (failedAt: number) => makeImportError({ file: 'bad.py', failedAt })
  const slow = (ms: number) => ({
    dags: ms < 200_000 ? [] : [makeDag({ bundleVersion: 'v2', parsedAt: at(200_000) })],
    errors: [failing(at(ms < 40_000 ? 10_000 : ms < 240_000 ? 40_000 : 240_000))],
  })
  const given = { promised: promise('a.py', 'bad.py') }

  test('that is new, the rest is waited for no longer than it may take to parse it', async () => {
    const report = await verified(slow, { ...given, baseline: {} })
    expect(report).toMatchObject({ newErrors: [{ file: 'dags/bad.py' }], silent: ['dags/a.py'] })
    expect(report.elapsedMs).toBeLessThan(60_000)
  })

  test('that was there before, the rest is waited for as ever', async () => {
    const report = await verified(slow, { ...given, baseline: { errors: [failing(at(-9_000))] } })
    expect(report).toMatchObject({ newErrors: [], oldErrors: [{ file: 'dags/bad.py' }], silent: [] })
    expect(report.elapsedMs).toBeGreaterThanOrEqual(200_000)
  })
})

test('an error that heals does not cut the wait short', async () => {
  const bad = makeImportError({ file: 'bad.py', failedAt: at(3_000) })
  const mended = makeDag({ id: 'bad', file: 'bad.py', bundleVersion: 'v2', parsedAt: at(30_000) })
  const slow = makeDag({ bundleVersion: 'v2', parsedAt: at(90_000) })
  const report = await verified(
    (ms) => ({
      dags: [...(ms < 30_000 ? [] : [mended]), ...(ms < 90_000 ? [] : [slow])],
      errors: ms < 30_000 ? [bad] : [],
    }),
    { promised: promise('a.py', 'bad.py'), baseline: {} },
  )
  expect(report).toMatchObject({ newErrors: [], silent: [] })
})

test('without a Date of Airflow the clock of this machine does not make an old parse a new one', async () => {
  const parsedAt = (ms: number): number => at(300_000) + (ms < 10_000 ? 0 : 10_000)
  const report = await verified(
    (ms) => ({ dags: [makeDag({ parsedAt: parsedAt(ms), parseMs: 100 })], isDateless: true }),
    { promised: promise('a.py'), baseline: { dags: [makeDag({ parsedAt: at(300_000) })] } },
  )
  expect(report).toMatchObject({ silent: [], newErrors: [] })
  expect(report.elapsedMs).toBeGreaterThanOrEqual(10_000)
  expect(report.elapsedMs).toBeLessThan(20_000)
})

test('the version of an earlier deploy that Airflow comes to parse late is not the new one', async () => {
  const former = [makeDag({ bundleVersion: 'v0', parsedAt: at(-9_000) })]
  const late = [makeDag({ bundleVersion: 'v1', parsedAt: at(4_000) })]
  const report = await verified(() => ({ dags: late }), {
    promised: promise('a.py'),
    baseline: { dags: former },
    otherVersions: ['v1'],
    budgetMs: 20_000,
  })
  expect(report.silent).toEqual(['dags/a.py'])
})

describe('Airflow 2 says nothing of how long a parse took', () => {
  const file = '/usr/local/airflow/dags/a.py'
  const parsedIn = (rounds: readonly number[]) => (ms: number) => ({
    dags: [
      makeDag({
        ...{ file, parseMs: undefined, fileToken: 't' },
        parsedAt: at([-9_000, ...rounds.filter((round) => round <= ms)].at(-1) ?? 0),
      }),
    ],
  })
  const given = { major: 2, promised: promise('a.py'), baseline: parsedIn([])(0) } as const

  test('so it is asked for a second one, which is the proof', async () => {
    const rounds: number[] = [4_000, 34_000]
    const report = await verified(parsedIn(rounds), {
      ...given,
      // It takes a second, and is lost on a file that is not parsed yet.
      onParseNext: (ms) => {
        if (ms >= 4_000) rounds.splice(1, 0, ms + 1_000)
      },
    })
    expect(report).toMatchObject({ isComplete: true, newErrors: [] })
    expect(report.elapsedMs).toBeGreaterThanOrEqual(5_000)
    expect(report.elapsedMs).toBeLessThan(7_000)
  })

  test('one that cannot be asked is waited for', async () => {
    const report = await verified(parsedIn([4_000, 34_000]), given)
    expect(report).toMatchObject({ isComplete: true, newErrors: [] })
    expect(report.elapsedMs).toBeGreaterThanOrEqual(34_000)
  })
})

test('Airflow 2 writes that it could not serialize a DAG after it has shown it as parsed: errors are read again', async () => {
  const file = '/usr/local/airflow/dags/a.py'
  const dag = (parsedAt: number) => makeDag({ file, parseMs: undefined, parsedAt })
  const report = await verified(
    (ms) => ({
      dags: [dag(at(ms < 32_100 ? -9_000 : 32_100))],
      errors: ms < 32_500 ? [] : [makeImportError({ file, failedAt: at(32_110) })],
    }),
    { major: 2, promised: promise('a.py'), baseline: { dags: [dag(at(-9_000))] } },
  )
  expect(report.newErrors).toMatchObject([{ file: 'dags/a.py' }])
})

describe('a large Airflow', () => {
  const names = Array.from({ length: 500 }, (_, index) => `d${index}`)
  const files = names.map((name) => `${name}.py`)
  /** Takes the files in turn, ten a second from the fifth second on. */
  const taken = (ms: number) =>
    names.map((id, index) =>
      makeDag({
        id,
        file: `${id}.py`,
        parseMs: 50,
        parsedAt: at(ms < 5_000 + 100 * index ? index - 60_000 : 5_000 + 100 * index),
      }),
    )
  const given = { promised: promise(...files), baseline: { dags: taken(0) } }

  test('is asked little, and soon noticed', async () => {
    const report = await verified((ms) => ({ dags: taken(ms) }), given)
    expect(report).toMatchObject({ isComplete: true, silent: [], newErrors: [] })
    expect(report.elapsedMs).toBeGreaterThanOrEqual(54_900)
    expect(report.elapsedMs).toBeLessThan(75_000)
    // Five pages and one of errors for each look at everything.
    expect(report.asked.dags * 5 + report.asked.importErrors + report.asked.dag).toBeLessThan(48)
  })

  test('that fails is noticed as well', async () => {
    const broken = makeImportError({ file: 'd7.py', failedAt: at(6_000) })
    const report = await verified((ms) => ({ dags: taken(ms), errors: ms < 6_000 ? [] : [broken] }), given)
    expect(report.newErrors).toMatchObject([{ file: 'dags/d7.py' }])
    expect(report.elapsedMs).toBeLessThan(75_000)
  })

  test('waits for a file of which it has no DAG yet', async () => {
    const more = { ...given, promised: promise(...files, 'new.py') }
    const late = makeDag({ id: 'new', file: 'new.py', parseMs: 50, parsedAt: at(99_000) })
    const report = await verified((ms) => ({ dags: [...taken(ms), ...(ms < 99_000 ? [] : [late])] }), more)
    expect(report).toMatchObject({ isComplete: true, silent: [] })
    expect(report.elapsedMs).toBeLessThan(200_000)
  })
})

describe('an image alone', () => {
  const names = { 2: '/usr/local/airflow/dags/a.py', 3: 'a.py' } as const
  const again = (file: string, parsedAt: number) => ({ dags: [makeDag({ file, parsedAt })] })

  test.each([2, 3] as const)(
    'is proved when the DAGs of before were parsed again by Airflow %i',
    async (major) => {
      const file = names[major]
      const report = await verified((ms) => again(file, at(ms < 30_000 ? -1_000 : 30_000)), {
        major,
        arrival: 'image',
        baseline: again(file, at(-60_000)),
      })
      expect(report).toMatchObject({ silent: [], unclear: [], appeared: [], disappeared: [], newErrors: [] })
      expect(report.elapsedMs).toBeGreaterThanOrEqual(30_000)
      expect(report.elapsedMs).toBeLessThan(32_000)
    },
  )

  test('is proved by the DAGs that are there, when nobody knows which were there before', async () => {
    const report = await verified((ms) => again('a.py', at(ms < 30_000 ? -1_000 : 30_000)), {
      arrival: 'image',
    })
    expect(report).toMatchObject({ silent: [], appeared: [], disappeared: [] })
    expect(report.elapsedMs).toBeGreaterThanOrEqual(30_000)
  })

  test('is not proved by DAGs that are not parsed again, whether they are known from before or not', async () => {
    const former = again('a.py', at(-1_000))
    const known = { promised: promisedByAirflow({ dags: former.dags, errors: [] }), baseline: former }
    for (const given of [known, {}]) {
      const report = await verified(() => former, { arrival: 'image', ...given })
      expect(report.silent).toEqual(['dags/a.py'])
    }
  })
})

describe('DAGs that came and went', () => {
  const before = ['a', 'b', 'gone', 'elsewhere'].map((id) =>
    makeDag({ id, file: `${id}.py`, bundleVersion: 'v1', parsedAt: at(-9_000) }),
  )
  const now = [
    makeDag({ id: 'a', file: 'a.py', bundleVersion: 'v2', parsedAt: at(1_000) }),
    makeDag({ id: 'new', file: 'a.py', bundleVersion: 'v2', parsedAt: at(1_000) }),
    // Its file has lost it, and Airflow has not retired it yet.
    makeDag({ id: 'b', file: 'a.py', bundleVersion: 'v1', parsedAt: at(-9_000) }),
    makeDag({ id: 'gone', file: 'gone.py', bundleVersion: 'v1', parsedAt: at(-9_000) }),
    makeDag({ id: 'elsewhere', file: 'elsewhere.py', bundleVersion: 'other', parsedAt: at(1_000) }),
  ]

  test('are told; one of a file that comes from elsewhere stays', async () => {
    const { appeared, disappeared } = await verified(() => ({ dags: now }), {
      promised: promise('a.py'),
      baseline: { dags: before },
    })
    expect({ appeared, disappeared }).toEqual({ appeared: ['new'], disappeared: ['b', 'gone'] })
  })

  test('one of a file that has another one now is gone, though its last parse ended after the rollout', async () => {
    const late = makeDag({ id: 'b', file: 'a.py', bundleVersion: 'v1', parsedAt: at(500) })
    const { disappeared } = await verified(() => ({ dags: [...now.slice(0, 1), late] }), {
      promised: promise('a.py'),
      baseline: { dags: before.slice(0, 2) },
    })
    expect(disappeared).toEqual(['b'])
  })

  test('are not told when nobody knows what was there before', async () => {
    const { appeared, disappeared } = await verified(() => ({ dags: now }), { promised: promise('a.py') })
    expect({ appeared, disappeared }).toEqual({ appeared: [], disappeared: [] })
  })

  test('one of a file that does not import is not gone', async () => {
    const { disappeared } = await verified(
      () => ({ dags: [], errors: [makeImportError({ failedAt: at(1_000) })] }),
      { promised: promise('a.py'), baseline: { dags: before.slice(0, 1) } },
    )
    expect(disappeared).toEqual([])
  })
})
