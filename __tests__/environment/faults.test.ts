import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import * as fc from 'fast-check'
import type { EnvironmentWish } from '../../src/environment/wish.ts'
import { ActionError } from '../../src/errors.ts'
import type { Fault, FaultRule, LocalAstro } from '../local-astro/start.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import { failureOf } from '../make/failure.ts'
import { updaterOf } from './ground.ts'

jest.setTimeout(60_000)
let astro: LocalAstro

beforeEach(async () => {
  astro = await startLocalAstro()
})
afterEach(async () => {
  await astro.stop()
  expect(astro.violations).toEqual([])
})

const WISH: EnvironmentWish = {
  mode: 'merge',
  variables: [
    { key: 'DB_HOST', isSecret: false, value: 'new-host-value' },
    { key: 'DB_PASSWORD', isSecret: true, value: 'new-password-value' },
    { key: 'ADDED', isSecret: false, value: 'added-value' },
  ],
}
const ONLY_SECRET: EnvironmentWish = {
  mode: 'merge',
  variables: [{ key: 'DB_PASSWORD', isSecret: true, value: 'new-password-value' }],
}

type List = Record<string, string>

/** Which list the Deployment has; a third one fails the test. */
function listNow(old: List, { variables }: EnvironmentWish): 'old' | 'new' {
  const now = astro.deployments.variables(astro.deploymentId)
  const next = { ...old, ...Object.fromEntries(variables.map(({ key, value }) => [key, value])) }
  if (JSON.stringify(sorted(now)) === JSON.stringify(sorted(next))) return 'new'
  expect(now).toEqual(old)
  return 'old'
}
const sorted = (list: List): unknown => Object.entries(list).toSorted(([a], [b]) => (a < b ? -1 : 1))

const OLD = /The environment variables are as they were|Nothing was changed on Astro/
const NEW = 'The new environment variables are written and stay'
const UNKNOWN = /not known whether Astro took the change[^]*either the old list or the new one, whole/

/** Runs an update under faults; says how it ended, what it left, and whether the message is true. */
async function run(rules: readonly FaultRule[], wish = WISH) {
  const old = astro.deployments.variables(astro.deploymentId)
  const updater = updaterOf(astro, astro.deploymentId, { answerWithinMs: 1_000 })
  for (const rule of rules) astro.faults.add(rule)
  let error: ActionError | undefined
  try {
    await updater.apply(wish)
  } catch (thrown) {
    if (!(thrown instanceof ActionError)) throw thrown
    error = thrown
  }
  astro.faults.clear()
  const list = listNow(old, wish)
  const aftermath = updater.aftermath()
  const claim = OLD.test(aftermath) ? 'old' : aftermath.includes(NEW) ? 'new' : 'unknown'
  if (claim === 'unknown') expect(aftermath).toMatch(UNKNOWN)
  else expect(list).toBe(claim)
  if (!error) expect(list).toBe('new')
  const updates = astro.requests.filter(({ step }) => step === 'update-deployment').length
  return {
    error,
    list,
    claim,
    updates,
    message: `${error?.message ?? ''}\n${aftermath}\n${updater.lines.join('\n')}`,
  }
}

const onUpdate = (fault: Fault, times?: number): FaultRule => ({
  ...fault,
  step: 'update-deployment',
  ...(times === undefined ? {} : { times }),
})
const status = (code: number): Fault => ({ fault: 'status', status: code })

describe('the update itself', () => {
  test.each<[string, Fault]>([
    ['a 500 once', status(500)],
    ['a 503 once', status(503)],
    ['a web page once', { fault: 'html' }],
    ['a rate limit once', { fault: 'tooManyRequests' }],
    ['a connection that breaks before', { fault: 'reset' }],
    ['no answer', { fault: 'hang' }],
  ])('%s: nothing was done, so it is sent again', async (_, fault) => {
    expect(await run([onUpdate(fault, 1)])).toMatchObject({ error: undefined, list: 'new', updates: 2 })
  })

  test.each<[string, Fault]>([
    ['a connection that breaks afterwards', { fault: 'resetAfterEffect' }],
    ['no answer afterwards', { fault: 'hangAfterEffect' }],
    ['half an answer', { fault: 'truncated', how: 'length' }],
    ['half an answer that looks whole', { fault: 'truncated', how: 'json' }],
  ])('%s: it is seen to be done, so it is not sent again', async (_, fault) => {
    expect(await run([onUpdate(fault)])).toMatchObject({ error: undefined, list: 'new', updates: 1 })
  })

  test.each<[string, Fault, string]>([
    ['500', status(500), 'ASTRO-API-UNAVAILABLE'],
    ['broken connections', { fault: 'reset' }, 'ASTRO-API-UNREACHABLE'],
    ['400', status(400), 'ASTRO-API-REFUSED'],
    ['401', status(401), 'ASTRO-API-UNAUTHORIZED'],
    ['403', status(403), 'ASTRO-ENV-FORBIDDEN'],
    ['404', status(404), 'ASTRO-API-NOT-FOUND'],
    ['409', status(409), 'ASTRO-API-CONFLICT'],
    ['429', { fault: 'tooManyRequests' }, 'ASTRO-API-RATE-LIMIT'],
  ])('%s for ever: the old list, and the message says so', async (_, fault, code) => {
    const { error, list, claim } = await run([onUpdate(fault)])
    expect([error?.code, list, claim]).toEqual([code, 'old', 'old'])
  })

  test('a refusal after an unclear answer', async () => {
    const { error, claim } = await run([onUpdate(status(500), 1), onUpdate(status(403))])
    expect([error?.code, claim]).toEqual(['ASTRO-ENV-FORBIDDEN', 'old'])
  })

  test.each<[string, Fault, 'old' | 'new']>([
    ['that was set', { fault: 'resetAfterEffect' }, 'new'],
    ['that was not set', { fault: 'reset' }, 'old'],
  ])('a lone secret %s, with no clear answer', async (_, fault, list) => {
    const result = await run([onUpdate(fault)], ONLY_SECRET)
    expect(result.list).toBe(list)
    // Only its time tells that a secret was set; without a change of it nobody can know.
    expect(result.claim).toBe(list === 'new' ? 'new' : 'unknown')
    expect(result.error === undefined).toBe(list === 'new')
  })

  test('a server that quotes values: they are taken out of the message', async () => {
    const said = 'new-host-value, new-password-value, added-value and 32 are bad'
    const body = {
      message: said,
      requestId: 'r',
      statusCode: 400,
      fieldErrors: [{ field: 'f', code: 'c', message: said }],
    }
    const { message, error } = await run([onUpdate({ fault: 'status', status: 400, body })])
    expect(error?.observed).toContain('"***, ***, *** and *** are bad"')
    expect(message).not.toMatch(/new-host-value|new-password-value|added-value/)
  })
})

describe('the reads around it', () => {
  test.each<[string, FaultRule]>([
    ['the Environment Manager', { step: 'list-environment-objects', fault: 'status', status: 500 }],
    ['the Deployment right before', { step: 'deployment', skip: 1, fault: 'status', status: 500 }],
  ])('%s does not answer: nothing is written', async (_, rule) => {
    const { error, updates, list, claim } = await run([rule])
    expect([error?.code, updates, list, claim]).toEqual(['ASTRO-API-UNAVAILABLE', 0, 'old', 'old'])
  })

  test.each<[string, FaultRule]>([
    ['the Deployment afterwards', { step: 'deployment', skip: 2, fault: 'status', status: 500 }],
    [
      'the Environment Manager afterwards',
      { step: 'list-environment-objects', skip: 1, fault: 'status', status: 500 },
    ],
  ])('%s does not answer: not green, and the message says that the new list is there', async (_, rule) => {
    const { error, list, claim } = await run([rule])
    expect([error?.code, list, claim]).toEqual(['ASTRO-API-UNAVAILABLE', 'new', 'new'])
  })

  test.each<[string, Fault, 'old' | 'new']>([
    ['done', { fault: 'resetAfterEffect' }, 'new'],
    ['not done', { fault: 'reset' }, 'old'],
  ])(
    'an unclear answer (%s) and no look at the Deployment: the message says that nobody knows',
    async (_, fault, list) => {
      const blind: FaultRule = { step: 'deployment', skip: 2, fault: 'status', status: 500 }
      expect(await run([onUpdate(fault), blind])).toMatchObject({ list, claim: 'unknown' })
    },
  )

  test('one that passes does not matter', async () => {
    const once: FaultRule[] = [0, 2, 4].map((skip) => ({
      step: 'deployment',
      skip,
      times: 1,
      fault: 'reset',
    }))
    expect((await run(once)).error).toBeUndefined()
  })

  test('a credential that may not see the Environment Manager', async () => {
    const { error, message } = await run([{ step: 'list-environment-objects', fault: 'status', status: 403 }])
    expect(error).toBeUndefined()
    expect(message).toContain('may not see the Environment Manager')
  })
})

test('generated faults: the old list or the new one, and the message is true', async () => {
  const fault = fc.constantFrom<Fault>(
    status(500),
    status(400),
    status(403),
    { fault: 'html' },
    { fault: 'reset' },
    { fault: 'resetAfterEffect' },
    { fault: 'truncated', how: 'length' },
    { fault: 'truncated', how: 'json' },
    { fault: 'tooManyRequests' },
  )
  const rule = fc.record({
    step: fc.constantFrom<NonNullable<FaultRule['step']>>(
      'deployment',
      'update-deployment',
      'list-environment-objects',
    ),
    skip: fc.integer({ min: 0, max: 4 }),
    times: fc.integer({ min: 1, max: 6 }),
    fault,
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(rule, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(WISH, ONLY_SECRET),
      async (rules, wish) => {
        const { environmentVariables } = astro.deployments.create({ fixture: 'etl' })
        astro.deployments.patch(astro.deploymentId, { environmentVariables })
        await run(
          rules.map(({ fault: what, ...rest }): FaultRule => ({ ...rest, ...what })),
          wish,
        )
      },
    ),
    { numRuns: 150 },
  )
})

test('the key that may not update: permission and hint', async () => {
  const updater = updaterOf(astro, astro.deploymentId, { kind: 'api-key' })
  astro.faults.add(onUpdate(status(403)))
  const error = await failureOf(() => updater.apply(WISH))
  expect(error.code).toBe('ASTRO-ENV-FORBIDDEN')
  expect(error.message).toMatch(/deployment\.update[^]*API token[^]*in place of the API key/)
})
