import { expect, test } from '@jest/globals'
import type { Deploy } from '../../src/astro/types.ts'
import { finalizeDeploy } from '../../src/deploy/finalize.ts'
import { ActionError } from '../../src/errors.ts'
import { makeClock } from '../make/clock.ts'
import { makeDeploy } from '../make/deployment.ts'
import { failureOf } from '../make/failure.ts'

const failure = (code: ActionError['code']) =>
  new ActionError({ code, problem: 'Could not finalize.', fix: 'Run again.' })
const UNCLEAR = failure('ASTRO-API-UNREACHABLE')
const DONE = makeDeploy({ dagTarballVersion: 'v2' })
const OPEN = makeDeploy({ status: 'INITIALIZED' })
const FAILED = makeDeploy({ status: 'FAILED' })

function finalize(answers: readonly (Deploy | ActionError)[], reads: readonly Deploy[]) {
  const calls: string[] = []
  let sent = 0
  let read = 0
  let notTaken = 0
  const done = finalizeDeploy(
    {
      astro: {
        finalizeDeploy() {
          calls.push('finalize')
          const answer = answers[sent++]
          return answer instanceof ActionError ? Promise.reject(answer) : Promise.resolve(answer ?? DONE)
        },
        getDeploy() {
          calls.push('read')
          return Promise.resolve(reads[read++] ?? OPEN)
        },
      },
      clock: makeClock(),
      log: { info: () => undefined },
      onNotTaken: () => notTaken++,
    },
    { organizationId: 'o', id: 'd' },
    'cldeploy1',
    'v2',
  )
  done.catch(() => undefined)
  return { done, calls, notTaken: () => notTaken }
}

test.each<[string, (Deploy | ActionError)[], Deploy[], string[]]>([
  ['a clear answer', [DONE], [], ['finalize']],
  ['a lost answer to one that worked', [UNCLEAR], [DONE], ['finalize', 'read']],
  ['a lost request', [UNCLEAR, DONE], [OPEN], ['finalize', 'read', 'finalize']],
  [
    'a second one refused because the first worked late',
    [UNCLEAR, failure('ASTRO-API-REFUSED')],
    [OPEN, DONE],
    ['finalize', 'read', 'finalize', 'read'],
  ],
  ['a 5xx that worked', [failure('ASTRO-API-UNAVAILABLE')], [DONE], ['finalize', 'read']],
])('%s ends well', async (_, answers, reads, expected) => {
  const { done, calls } = finalize(answers, reads)
  expect((await done).status).toBe('DEPLOYED')
  expect(calls).toEqual(expected)
})

test.each<[string, number, ActionError['code'][]]>([
  ['is certain when Astro refused', 1, ['ASTRO-API-REFUSED']],
  ['is certain when Astro allowed it to nobody', 1, ['ASTRO-API-FORBIDDEN']],
  ['is certain when all were limited', 1, Array<ActionError['code']>(4).fill('ASTRO-API-RATE-LIMIT')],
  ['is not when an answer was lost', 0, Array<ActionError['code']>(4).fill('ASTRO-API-UNREACHABLE')],
  ['is not when Astro broke down on the way', 0, Array<ActionError['code']>(4).fill('ASTRO-API-UNAVAILABLE')],
  ['is not when one answer was lost before', 0, ['ASTRO-API-UNREACHABLE', 'ASTRO-API-FORBIDDEN']],
])('that a deploy was not taken %s', async (_, times, codes) => {
  const { done, notTaken } = finalize(codes.map(failure), [])
  await failureOf(() => done)
  expect(notTaken()).toBe(times)
})

test.each<[string, ActionError[], Deploy[], string[]]>([
  ['no permission', [failure('ASTRO-API-FORBIDDEN')], [], ['finalize']],
  ['a refusal', [failure('ASTRO-API-REFUSED')], [OPEN], ['finalize', 'read']],
  ['somebody else’s version', [UNCLEAR], [makeDeploy({ dagTarballVersion: 'other' })], ['finalize', 'read']],
  [
    'one that is never taken',
    [UNCLEAR, UNCLEAR, UNCLEAR, UNCLEAR],
    [OPEN, OPEN, OPEN, OPEN],
    ['finalize', 'read', 'finalize', 'read', 'finalize', 'read', 'finalize', 'read'],
  ],
])('%s ends with the error', async (_, answers, reads, expected) => {
  const { done, calls } = finalize(answers, reads)
  expect((await failureOf(() => done)).code).toBe(answers[0]?.code)
  expect(calls).toEqual(expected)
})

test.each<[string, (Deploy | ActionError)[], Deploy[]]>([
  ['the answer says that it failed', [FAILED], []],
  ['the answer is lost, and the deploy has failed', [UNCLEAR], [FAILED]],
])('%s: handed on, so that it is told as such', async (_, answers, reads) => {
  const { done, notTaken } = finalize(answers, reads)
  expect([(await done).status, notTaken()]).toEqual(['FAILED', 0])
})
