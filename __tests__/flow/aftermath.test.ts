import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { clientOf } from '../local-astro/client.ts'
import type { LocalAstro } from '../local-astro/start.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import { falseAftermath, remember } from './aftermath.ts'
import type { Remembered } from './aftermath.ts'

let astro: LocalAstro
let before: Remembered

beforeEach(async () => {
  astro = await startLocalAstro()
  before = remember(astro, astro.deploymentId)
})
afterEach(() => astro.stop())

const wrong = (sentence: string): string | undefined =>
  falseAftermath(`It failed.\n${sentence}\n[ASTRO-API-REFUSED] More`, astro, astro.deploymentId, before)

const NOTHING = 'Nothing was changed on Astro.'
const MAYBE =
  'The former code keeps running; unfinished deploys may stay in the deploy history, without effect.'
const stays = (what: string, id: string): string =>
  `${what} The former code keeps running; the deploy ${id} stays unfinished in the deploy history, without effect.`
const taken = (id: string): string =>
  `Astro has taken the deploy ${id}: the new code may go live although this run did not see it.`

async function createDeploy(): Promise<string> {
  const call = clientOf(astro, astro.tokens.workspace)
  const { body } = await call('POST', `/deployments/${astro.deploymentId}/deploys`, { type: 'DAG_ONLY' })
  return String(body.id)
}

test('while nothing was done, only that is true', () => {
  expect(wrong(NOTHING)).toBeUndefined()
  expect(wrong(MAYBE)).toBeUndefined()
  expect(wrong(taken('cl1'))).toContain('Astro has taken')
  expect(wrong(stays('The upload of the DAG bundle was not confirmed.', 'cl1'))).toContain('with {')
  expect(wrong('All is well.')).toContain('is no sentence that is known')
})

test('when a deploy was created, it has to be named, and not as more than it is', async () => {
  const id = await createDeploy()
  expect(wrong(NOTHING)).toContain(id)
  expect(wrong(stays('The upload of the DAG bundle was not confirmed.', id))).toBeUndefined()
  expect(wrong(stays('The DAG bundle was uploaded, but the deploy was not finalized.', id))).toContain(id)
  expect(wrong(taken(id))).toContain('INITIALIZED')
})

test('when other code runs, the former does not', () => {
  astro.deployments.patch(astro.deploymentId, { desiredDagTarballVersion: 'other' })
  expect(wrong(NOTHING)).toContain('"formerCode":false')
  expect(wrong(MAYBE)).toContain('"formerCode":false')
})

test('what is said of a rollback is held against the deploy that it made', async () => {
  const call = clientOf(astro, astro.tokens.workspace)
  const back = (id: string): string =>
    `The Deployment was rolled back: it runs the code of the deploy ${id} again, as the deploy cl1.`
  const failed = (id: string): string =>
    `The rollback to the deploy ${id}, as the deploy cl1, has failed: its code does not go live.`
  const unknown = (id: string): string =>
    `It is not known whether Astro took the rollback to the deploy ${id}: the Deployment may return to it or not. Look at the deploy history of the Deployment.`
  const [first] = astro.deployments.deploys(astro.deploymentId)
  const id = first?.id ?? ''
  const rollback = () => call('POST', `/deployments/${astro.deploymentId}/deploys/${id}/rollback`, {})
  expect([wrong(unknown(id)), wrong(back(id)) !== undefined]).toEqual([undefined, true])
  expect((await rollback()).status).toBe(200)
  expect([wrong(unknown(id)), wrong(back(id))]).toEqual([undefined, undefined])
  expect(wrong(back('cl2'))).toContain('with {')
  expect(wrong(failed(id))).toContain('with {')
  expect((await rollback()).status).toBe(200)
  expect([wrong(unknown(id)) !== undefined, wrong(back(id)) !== undefined]).toEqual([true, true])
})
