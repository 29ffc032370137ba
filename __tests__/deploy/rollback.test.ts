import { describe, expect, test } from '@jest/globals'
import nock from 'nock'
import { createAstroClient } from '../../src/astro/client.ts'
import { unanswered } from '../../src/astro/failure.ts'
import { HttpFailure } from '../../src/http/failure.ts'
import { createProgress } from '../../src/progress.ts'
import { speaksAgainstTheCode } from '../../src/deploy/rollback-on-failure.ts'
import { askForRollback, expectReturn } from '../../src/deploy/rollback.ts'
import { makeDeploy } from '../make/deployment.ts'
import { failureOf } from '../make/failure.ts'
import { makeRequest, ORIGIN } from '../make/http.ts'
import { useNock } from '../make/nock.ts'

const TARGET = { organizationId: 'clorg1', id: 'cldep1' }
const DEPLOYS = '/v1/organizations/clorg1/deployments/cldep1/deploys'
const OLD = makeDeploy({ id: 'old' })
const EARLIER_RETURN = makeDeploy({ id: 'earlier', rollbackFromId: 'old' })
const MADE = makeDeploy({ id: 'made', rollbackFromId: 'old' })
const KNOWN = [OLD, EARLIER_RETURN]

useNock()

function ready(signal = new AbortController().signal) {
  const { request, clock, lines } = makeRequest()
  const tokens = { accessToken: () => Promise.resolve('one'), renew: () => Promise.resolve(false) }
  const progress = createProgress()
  const astro = createAstroClient({ request, apiOrigin: ORIGIN, tokens })
  const log = { info: (line: string) => lines.push(line) }
  return { deps: { astro, clock, log, progress, signal }, progress, lines, clock }
}

function ask(signal?: AbortSignal) {
  const { deps, ...seen } = ready(signal)
  return { done: askForRollback(deps, TARGET, 'old', 'why', KNOWN), ...seen }
}

/** Each expected once: nock fails the test on a second request, and on none. */
const expectRequest = () => nock(ORIGIN).post(`${DEPLOYS}/old/rollback`, { description: 'why' })
const expectLook = (...deploys: object[]) =>
  nock(ORIGIN).get(DEPLOYS).query(true).reply(200, { deploys, totalCount: deploys.length })

test('a rollback is asked for with a description, and the new deploy is handed on', async () => {
  expectRequest().reply(200, MADE)
  const { done, progress, lines } = ask()
  expect((await done).id).toBe('made')
  expect(progress.aftermath()).toContain('taken the rollback to the deploy old, as the deploy made')
  expect(lines).toEqual(['Astro has taken the rollback to the deploy old, as the deploy made (DEPLOYED).'])
})

describe('an unclear answer is looked up, and not asked for again', () => {
  test.each<[string, (expected: nock.Interceptor) => unknown]>([
    ['the connection breaks', (expected) => expected.replyWithError('socket hang up')],
    ['500', (expected) => expected.reply(500, {})],
    ['502 and a web page', (expected) => expected.reply(502, '<html>', { 'content-type': 'text/html' })],
    ['200 and a web page', (expected) => expected.reply(200, '<html>', { 'content-type': 'text/html' })],
    ['JSON that ends early', (expected) => expected.reply(200, '{"id":', { 'content-type': 'application/json' })], // prettier-ignore
    ['JSON that is no deploy', (expected) => expected.reply(200, {})],
  ])('%s', async (_, answer) => {
    answer(expectRequest())
    expectLook(MADE, ...KNOWN)
    expect((await ask().done).id).toBe('made')
  })

  test('until it turns up', async () => {
    expectRequest().reply(500, {})
    expectLook(...KNOWN)
    expectLook(...KNOWN)
    expectLook(...KNOWN, MADE)
    expect((await ask().done).id).toBe('made')
  })

  test('when none turns up, it is unclear and said so; one from before, or to another deploy, is not taken for it', async () => {
    expectRequest().reply(503, { message: 'overloaded', requestId: 'r1' })
    for (let look = 0; look < 4; look++) expectLook(...KNOWN, makeDeploy({ id: 'x', rollbackFromId: 'y' }))
    const { done, progress } = ask()
    const error = await failureOf(() => done)
    expect(error.code).toBe('ASTRO-ROLLBACK-UNCLEAR')
    expect(error.observed).toContain('HTTP 503 (request r1): "overloaded".')
    expect(error.fix).toContain('Look at the deploy history')
    expect(progress.aftermath()).toMatch(/^It is not known whether Astro took the rollback to the deploy old/)
  })
})

describe('a refusal is final, and changes nothing', () => {
  test.each([
    [400, 'ASTRO-API-REFUSED'],
    [401, 'ASTRO-API-UNAUTHORIZED'],
    [403, 'ASTRO-API-FORBIDDEN'],
    [404, 'ASTRO-API-NOT-FOUND'],
    [409, 'ASTRO-API-CONFLICT'],
  ])('HTTP %i', async (status, code) => {
    expectRequest().reply(status, { message: 'no' })
    const { done, progress } = ask()
    expect((await failureOf(() => done)).code).toBe(code)
    expect(progress.aftermath()).toBe('Nothing was changed on Astro.')
  })

  test('a rate limit had no effect, so the request may be sent again', async () => {
    expectRequest().reply(429, {})
    expectRequest().reply(200, MADE)
    expect((await ask().done).id).toBe('made')
  })

  test('nor had a request that never arrived', async () => {
    const { deps, progress } = ready()
    const refused = unanswered('No rollback.', 'api.astro.test', new HttpFailure('refused', false))
    const astro = { ...deps.astro, rollbackDeploy: () => Promise.reject(refused) }
    expect(await failureOf(() => askForRollback({ ...deps, astro }, TARGET, 'old', 'why', KNOWN))).toBe(
      refused,
    )
    expect(progress.aftermath()).toBe('Nothing was changed on Astro.')
  })
})

test.each([
  ['DAGs that differ', { dagTarballVersion: 'v1' }, { dagVersion: 'v1', image: undefined }],
  ['an image that differs', { dagTarballVersion: 'v1', imageTag: 'other', astroRuntimeVersion: '3.0-1' }, { dagVersion: 'v1', image: { tag: 'other', runtimeVersion: '3.0-1' } }], // prettier-ignore
  ['no DAGs of their own', { imageTag: 'now' }, { dagVersion: undefined, image: { tag: 'now', runtimeVersion: undefined } }], // prettier-ignore
  ['DAGs that were removed', { dagTarballVersion: '', imageTag: 'now' }, { dagVersion: undefined }],
])('the proof of a return to %s', (_, made, expected) => {
  const before = { imageTag: 'now', desiredDagTarballVersion: 'v9' }
  expect(expectReturn({ type: 'IMAGE_AND_DAG' }, { imageTag: 'now', ...made }, before)).toMatchObject({
    ...expected,
    former: { desiredDagVersion: 'v9' },
    isReturn: true,
  })
})

test.each([
  ['ASTRO-ROLLOUT-FAILED', true],
  ['ASTRO-ROLLOUT-TIMEOUT', true],
  ['ASTRO-VERIFY-IMPORT-ERRORS', true],
  ['ASTRO-VERIFY-NOT-PARSED', true],
  ['ASTRO-VERIFY-TIMEOUT', true],
  ['ASTRO-AIRFLOW-FORBIDDEN', false],
  ['ASTRO-ROLLOUT-SUPERSEDED', false],
  ['ASTRO-ROLLOUT-HIBERNATING', false],
  ['ASTRO-CANCELLED', false],
  ['ASTRO-API-FORBIDDEN', false],
  ['ASTRO-AUTH-KEY-REJECTED', false],
  ['ASTRO-ENV-OVERWRITTEN', false],
  ['ASTRO-UNEXPECTED', false],
] as const)('%s speaks against the code: %s', (code, verdict) => {
  expect(speaksAgainstTheCode(code, { knowsBefore: true })).toBe(verdict)
})

test.each([
  ['ASTRO-ROLLOUT-FAILED', true],
  ['ASTRO-VERIFY-IMPORT-ERRORS', false],
  ['ASTRO-VERIFY-NOT-PARSED', false],
  ['ASTRO-VERIFY-TIMEOUT', false],
] as const)('when nobody knows how Airflow was before, %s speaks against the code: %s', (code, verdict) => {
  expect(speaksAgainstTheCode(code, { knowsBefore: false })).toBe(verdict)
})
