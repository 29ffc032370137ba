import { expect, test } from '@jest/globals'
import { watchAirflow } from '../../src/airflow/watch-airflow.ts'
import { ActionError } from '../../src/errors.ts'
import { makeClock } from '../make/clock.ts'
import { failureOf } from '../make/failure.ts'

const failure = (code: ActionError['code']): ActionError =>
  new ActionError({ code, problem: 'Could not read.', observed: `It was ${code}.`, fix: 'Wait.' })
const DOWN = failure('ASTRO-AIRFLOW-UNAVAILABLE')
const UNREACHABLE = failure('ASTRO-AIRFLOW-UNREACHABLE')
const PAGE = failure('ASTRO-AIRFLOW-ANSWER')
const LOGIN = failure('ASTRO-AIRFLOW-REDIRECTED')
const FORBIDDEN = failure('ASTRO-AIRFLOW-FORBIDDEN')

/** What comes of looks that show this, in turn; the last one is repeated. */
function watched(...looks: readonly (string | Error)[]): Promise<string> {
  let next = 0
  return watchAirflow<string, string>(
    { clock: makeClock(), log: { info: () => undefined } },
    {
      look() {
        const seen = looks[Math.min(next++, looks.length - 1)] ?? ''
        return seen instanceof Error ? Promise.reject(seen) : Promise.resolve(seen)
      },
      judge: (seen) => (seen === 'end' ? { kind: 'done', result: seen } : { kind: 'waiting', state: seen }),
      budgetMs: 60_000,
      timedOut: (observed) =>
        new ActionError({ code: 'ASTRO-VERIFY-TIMEOUT', problem: 'Late.', observed, fix: 'Wait.' }),
    },
  )
}

test.each<[string, readonly (string | Error)[]]>([
  ['down', [DOWN, UNREACHABLE, DOWN, DOWN, 'end']],
  ['odd twice', [PAGE, LOGIN, 'end']],
  ['odd now and then', [PAGE, PAGE, 'going on', LOGIN, PAGE, 'end']],
])('an Airflow that is %s is waited for', async (_, looks) => {
  expect(await watched(...looks)).toBe('end')
})

test('one that is odd three times in a row is not Airflow', async () => {
  expect(await failureOf(() => watched(PAGE, LOGIN, PAGE, 'end'))).toBe(PAGE)
})

test('one that says no is heard at once', async () => {
  expect(await failureOf(() => watched(FORBIDDEN, 'end'))).toBe(FORBIDDEN)
})

test('one that stays down ends with what was seen of it', async () => {
  expect(await failureOf(() => watched(DOWN))).toMatchObject({
    code: 'ASTRO-VERIFY-TIMEOUT',
    observed: 'It was ASTRO-AIRFLOW-UNAVAILABLE.',
  })
})
