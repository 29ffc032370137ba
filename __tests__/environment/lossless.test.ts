import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import * as fc from 'fast-check'
import type { EnvironmentWish } from '../../src/environment/wish.ts'
import type { Deployment, FixtureName, LocalAstro } from '../local-astro/start.ts'
import { fixtureNames, startLocalAstro } from '../local-astro/start.ts'
import { deployments, wishesFor } from './generate.ts'
import { updaterOf } from './ground.ts'

jest.setTimeout(60_000)
let astro: LocalAstro

beforeAll(async () => {
  // Whatever an update leaves out is gone or back at its default.
  astro = await startLocalAstro({ worstCase: true })
})
afterAll(async () => {
  await astro.stop()
  expect(astro.violations).toEqual([])
})

const MOVING = ['environmentVariables', 'updatedAt', 'updatedBy', 'status', 'statusReason']

/** Everything of a Deployment that no update of variables may touch. */
function settings(id: string): object {
  const deployment = astro.deployments.get(id)
  return {
    ...Object.fromEntries(Object.entries(deployment).filter(([field]) => !MOVING.includes(field))),
    hidden: astro.deployments.hidden(id),
  }
}

type Stored = Record<string, { isSecret: boolean; value: string }>

const stored = ({ environmentVariables }: Deployment): Stored =>
  Object.fromEntries(environmentVariables.map(({ key, isSecret, value = '' }) => [key, { isSecret, value }]))

/** What a wish comes to, said without the code that is tested. */
function expected(before: Stored, { mode, variables }: EnvironmentWish): Stored {
  const after: Stored = mode === 'merge' ? { ...before } : {}
  for (const { key, isSecret, value } of variables) after[key] = { isSecret, value }
  return after
}

async function expectLossless(id: string, wish: EnvironmentWish): Promise<void> {
  const before = stored(astro.deployments.get(id))
  const untouched = settings(id)
  const updater = updaterOf(astro, id)

  await updater.apply(wish)
  expect(settings(id)).toEqual(untouched)
  expect(stored(astro.deployments.get(id))).toEqual(expected(before, wish))

  const again = await updater.plan(wish)
  const secrets = wish.variables.filter(({ isSecret }) => isSecret).map(({ key }) => key)
  expect(again.changes.map(({ kind, key }) => [kind, key]).toSorted()).toEqual(
    secrets.map((key) => ['changed', key]).toSorted(),
  )
  await updater.apply(wish, again)
  expect(settings(id)).toEqual(untouched)
  expect(stored(astro.deployments.get(id))).toEqual(expected(before, wish))
}

test('generated Deployments and wishes: nothing but what was planned', async () => {
  await fc.assert(
    fc.asyncProperty(
      deployments.chain((given) => fc.tuple(fc.constant(given), wishesFor(given))),
      async ([given, wish]) => {
        const { id } = astro.deployments.create(given)
        try {
          await expectLossless(id, wish)
        } finally {
          astro.deployments.remove(id)
        }
      },
    ),
    { numRuns: 150 },
  )
})

describe('every fixture', () => {
  test.each<[FixtureName]>(fixtureNames.map((name) => [name]))('%s', async (fixture) => {
    const { id } = astro.deployments.create({ fixture })
    await expectLossless(id, {
      mode: 'merge',
      variables: [
        { key: 'NEW', isSecret: false, value: 'x' },
        { key: 'NEW_SECRET', isSecret: true, value: 'hidden' },
      ],
    })
  })
})

test('the generator reaches every kind of Deployment', () => {
  const kinds = new Set<string>()
  fc.assert(
    fc.property(deployments, ({ type = 'STANDARD', executor, remoteExecution, scalingSpec }) => {
      kinds.add(`${type} ${executor ?? ''}${remoteExecution ? ' remote' : ''}`)
      if (scalingSpec?.hibernationSpec?.schedules) kinds.add('schedules')
    }),
    { numRuns: 1000 },
  )
  expect([...kinds].toSorted()).toEqual(
    [
      ...['STANDARD', 'DEDICATED'].flatMap((type) =>
        ['CELERY', 'KUBERNETES', 'ASTRO', 'ASTRO remote'].map((executor) => `${type} ${executor}`),
      ),
      'HYBRID CELERY',
      'HYBRID KUBERNETES',
      'schedules',
    ].toSorted(),
  )
})
