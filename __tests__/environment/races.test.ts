import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { AstroClient } from '../../src/astro/client.ts'
import type { Deployment } from '../../src/astro/types.ts'
import { planEnvironment } from '../../src/environment/plan.ts'
import { updateBody } from '../../src/environment/update-body.ts'
import type { EnvironmentWish } from '../../src/environment/wish.ts'
import { clientOf } from '../local-astro/client.ts'
import type { LocalAstro, LocalAstroOptions } from '../local-astro/start.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import { failureOf } from '../make/failure.ts'
import { updaterOf } from './ground.ts'

let astro: LocalAstro
let id: string

async function start(options: LocalAstroOptions = {}): Promise<void> {
  astro = await startLocalAstro(options)
  id = astro.deploymentId
}
beforeEach(() => start())
afterEach(async () => {
  await astro.stop()
  expect(astro.violations).toEqual([])
})

const wish = (text: Record<string, string>, mode: EnvironmentWish['mode'] = 'merge'): EnvironmentWish => ({
  mode,
  variables: Object.entries(text).map(([key, value]) => ({ key, value, isSecret: false })),
})
const now = (): Record<string, string> => astro.deployments.variables(id)

/** Does something once, right after the first update of a client has been answered. */
function afterUpdate(work: () => unknown): (client: AstroClient) => Partial<AstroClient> {
  let isDone = false
  return (client) => ({
    async updateDeployment(...given) {
      const answer = await client.updateDeployment(...given)
      if (!isDone) {
        isDone = true
        await work()
      }
      return answer
    },
  })
}

describe('between the plan and the write', () => {
  test('the second update sees what the first one did, and loses nothing of it', async () => {
    const [first, second] = [updaterOf(astro, id), updaterOf(astro, id)]
    const stale = await second.plan(wish({ SECOND: '2', DB_HOST: 'second' }))
    await first.apply(wish({ FIRST: '1' }))
    await second.apply(wish({ SECOND: '2', DB_HOST: 'second' }), stale)
    expect(now()).toEqual({
      AIRFLOW__CORE__PARALLELISM: '32',
      DB_HOST: 'second',
      DB_PASSWORD: 'stored-by-somebody',
      FIRST: '1',
      SECOND: '2',
    })
    expect(second.newPlans).toEqual([])
  })

  test('another value for the same variable is planned again, and shown', async () => {
    const updater = updaterOf(astro, id)
    const stale = await updater.plan(wish({ SHARED: 'ours' }))
    await updaterOf(astro, id).apply(wish({ SHARED: 'theirs' }))
    await updater.apply(wish({ SHARED: 'ours' }), stale)
    expect(updater.newPlans.map(({ changes }) => changes)).toEqual([
      [{ key: 'SHARED', kind: 'changed', isSecret: false }],
    ])
    expect(now().SHARED).toBe('ours')
  })

  test('the same change by somebody else: nothing is written', async () => {
    const updater = updaterOf(astro, id)
    const stale = await updater.plan(wish({ SHARED: 'x' }))
    await updaterOf(astro, id).apply(wish({ SHARED: 'x' }))
    const before = astro.requests.length
    expect(await updater.apply(wish({ SHARED: 'x' }), stale)).toBeUndefined()
    expect(astro.requests.slice(before).map(({ step }) => step)).not.toContain('update-deployment')
  })

  test('a secret that somebody else has set meanwhile stays', async () => {
    const updater = updaterOf(astro, id)
    const stale = await updater.plan(wish({ A: '1' }))
    await updaterOf(astro, id).apply({
      mode: 'merge',
      variables: [{ key: 'DB_PASSWORD', value: 'rotated', isSecret: true }],
    })
    await updater.apply(wish({ A: '1' }), stale)
    expect(now()).toMatchObject({ A: '1', DB_PASSWORD: 'rotated' })
  })

  test('other settings that somebody changed are carried as they are now', async () => {
    const updater = updaterOf(astro, id)
    const stale = await updater.plan(wish({ A: '1' }))
    astro.deployments.patch(id, { description: 'changed meanwhile', contactEmails: ['new@example.com'] })
    await updater.apply(wish({ A: '1' }), stale)
    expect(astro.deployments.get(id)).toMatchObject({
      description: 'changed meanwhile',
      contactEmails: ['new@example.com'],
    })
  })

  test('replace does not remove what nobody was shown', async () => {
    const updater = updaterOf(astro, id)
    const stale = await updater.plan(wish({ A: '1' }, 'replace'))
    await updaterOf(astro, id).apply(wish({ THEIRS: 'x' }))
    const before = now()
    const error = await failureOf(() => updater.apply(wish({ A: '1' }, 'replace'), stale))
    expect(error.code).toBe('ASTRO-ENV-CHANGED-MEANWHILE')
    expect(error.message).toContain('THEIRS')
    expect(now()).toEqual(before)
    expect(updater.aftermath()).toBe('Nothing was changed on Astro.')
  })
})

describe('at the very moment of the write', () => {
  /** Writes a list that was read before: the loss that no client can prevent, as Astro takes no condition. */
  async function writeStale(read: Deployment, key: string): Promise<void> {
    const { variables } = planEnvironment(read.environmentVariables ?? [], wish({ [key]: 'x' }))
    await updaterOf(astro, id).astro.updateDeployment(target(), updateBody(read, variables))
  }
  const target = () => ({ organizationId: astro.organizationId, id })
  const readNow = (): Promise<Deployment> => updaterOf(astro, id).astro.getDeployment(target())

  test('a list that wipes ours out is noticed, and both changes end up there', async () => {
    const read = await readNow()
    const updater = updaterOf(astro, id, {
      around: afterUpdate(() => writeStale(read, 'THEIRS')),
    })
    await updater.apply(wish({ OURS: '1' }))
    expect(now()).toMatchObject({ OURS: '1', THEIRS: 'x', DB_PASSWORD: 'stored-by-somebody' })
    expect(updater.aftermath()).toContain('are written and stay')
  })

  test('somebody who never stops: an error that names the variables and no value', async () => {
    const read = await readNow()
    const updater = updaterOf(astro, id, {
      around: (client) => ({
        async updateDeployment(...given) {
          const answer = await client.updateDeployment(...given)
          await writeStale(read, 'THEIRS')
          return answer
        },
      }),
    })
    const error = await failureOf(() => updater.apply(wish({ OURS: 'our-value', DB_HOST: 'our-host' })))
    expect(error.code).toBe('ASTRO-ENV-NOT-AS-PLANNED')
    expect(error.observed).toBe('Missing: OURS. With another value or kind: DB_HOST.')
    expect(error.message).not.toMatch(/our-value|our-host/)
    expect(updater.aftermath()).toContain('somebody else has changed them since')
  })
})

describe('what the update should have left alone', () => {
  test('a setting that changed is named, with both values', async () => {
    const updater = updaterOf(astro, id, {
      around: afterUpdate(() => astro.deployments.patch(id, { schedulerSize: 'LARGE', contactEmails: [] })),
    })
    const error = await failureOf(() => updater.apply(wish({ A: '1' })))
    expect(error.code).toBe('ASTRO-ENV-SETTINGS')
    expect(error.observed?.split('\n').toSorted()).toEqual([
      'contactEmails was ["data@example.com","oncall@example.com"] and is not set.',
      'schedulerSize was "SMALL" and is "LARGE".',
    ])
    expect(updater.aftermath()).toContain('are written and stay')
  })

  test('a deploy that ends meanwhile is only told', async () => {
    const updater = updaterOf(astro, id, {
      around: afterUpdate(() => astro.deployments.patch(id, { dagTarballVersion: 'v9' })),
    })
    await updater.apply(wish({ A: '1' }))
    expect(updater.lines.join('\n')).toMatch(
      /Meanwhile, by a deploy: dagTarballVersion was "[^"]+" and is "v9"/,
    )
  })

  test('links of the Environment Manager that are gone afterwards are named', async () => {
    await astro.stop()
    await start({ updateDropsLinks: true })
    await link('WAREHOUSE')
    const error = await failureOf(() => updaterOf(astro, id).apply(wish({ A: '1' })))
    expect(error.code).toBe('ASTRO-ENV-LINKS')
    expect(error.observed).toContain('WAREHOUSE (environment variable, linked from the Workspace')
  })

  test('links that are still there are no matter', async () => {
    await link('WAREHOUSE')
    await updaterOf(astro, id).apply(wish({ A: '1' }))
    expect(now().A).toBe('1')
  })
})

async function link(objectKey: string): Promise<void> {
  const { status } = await clientOf(astro, astro.tokens.workspace)('POST', '/environment-objects', {
    objectKey,
    objectType: 'ENVIRONMENT_VARIABLE',
    scope: 'WORKSPACE',
    scopeEntityId: astro.workspaceId,
    environmentVariable: { value: 'a', isSecret: false },
    links: [{ scope: 'DEPLOYMENT', scopeEntityId: id }],
  })
  expect(status).toBe(200)
}
