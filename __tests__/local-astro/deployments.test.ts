import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { clientOf, exchange } from './client.ts'
import type { Client } from './client.ts'
import { fixtureNames, startLocalAstro } from './start.ts'
import type { Deployment, LocalAstro } from './start.ts'

let astro: LocalAstro
let call: Client
let now = Date.UTC(2026, 5, 1)

beforeEach(async () => {
  astro = await startLocalAstro({ now: () => now, rolloutMs: 1000 })
  call = clientOf(astro, astro.tokens.workspace)
})
afterEach(async () => {
  await astro.stop()
  expect(astro.violations).toEqual([])
})

describe('the list', () => {
  const names = async (query: string): Promise<string[]> => {
    const { body } = await call('GET', `/deployments${query}`)
    return (body.deployments as Deployment[]).map(({ name }) => name)
  }

  test('filters by name, ID and Workspace', async () => {
    const { id } = astro.deployments.create({ name: 'etl-staging' })
    astro.deployments.create({ name: 'etl' })
    expect(await names('?names=etl')).toEqual(['etl', 'etl'])
    expect(await names('?names=etl&names=etl-staging&limit=1000')).toHaveLength(3)
    expect(await names('?names=ETL')).toEqual([])
    expect(await names(`?deploymentIds=${id}`)).toEqual(['etl-staging'])
    expect(await names(`?workspaceIds=${astro.addWorkspace('other')}`)).toEqual([])
  })

  test('comes in pages of 20', async () => {
    for (let i = 0; i < 24; i += 1) astro.deployments.create({ name: `d${String(i).padStart(2, '0')}` })
    expect(await names('')).toHaveLength(20)
    const { body } = await call('GET', '/deployments?offset=20&sorts=name:desc')
    expect(body).toMatchObject({ offset: 20, limit: 20, totalCount: 25 })
    expect((body.deployments as Deployment[]).map(({ name }) => name)).toEqual([
      'd04',
      'd03',
      'd02',
      'd01',
      'd00',
    ])
  })

  test('shows less than the Deployment itself', async () => {
    const { body } = await call('GET', '/deployments')
    const [item] = body.deployments as Deployment[]
    expect(item).not.toHaveProperty('environmentVariables')
    expect(item).not.toHaveProperty('dagTarballVersion')
    const own = await call('GET', `/deployments/${astro.deploymentId}`)
    expect(own.body).toHaveProperty('environmentVariables')
  })

  test('is closed to other Organizations', async () => {
    const { organizationId } = astro.addOrganization('other')
    expect((await call('GET', `/v1/organizations/${organizationId}/deployments`)).status).toBe(403)
    const asUser = clientOf(astro, astro.tokens.user)
    expect((await asUser('GET', `/v1/organizations/${organizationId}/deployments`)).body.totalCount).toBe(0)
    expect((await asUser('GET', '/v1/organizations')).body.totalCount).toBe(2)
  })
})

test('the fixtures are Deployments by the contract, and together have every field that it knows', async () => {
  const fields = new Set<string>()
  for (const fixture of fixtureNames) {
    const { id } = astro.deployments.create({ fixture })
    const { status, body } = await call('GET', `/deployments/${id}`)
    expect([status, body.name]).toEqual([200, fixture])
    for (const field of Object.keys(body)) fields.add(field)
  }
  const contract = JSON.parse(readFileSync(new URL('contract/astro-api.json', import.meta.url), 'utf8')) as {
    components: { schemas: { Deployment: { properties: object } } }
  }
  expect([...fields].sort()).toEqual(Object.keys(contract.components.schemas.Deployment.properties).sort())
})

describe('a new Deployment', () => {
  const request = (): Record<string, unknown> => ({
    type: 'STANDARD',
    name: 'feature-x',
    workspaceId: astro.workspaceId,
    cloudProvider: 'AWS',
    region: 'us-east-1',
    astroRuntimeVersion: '3.1-2',
    executor: 'CELERY',
    schedulerSize: 'SMALL',
    isHighAvailability: false,
    isDevelopmentMode: true,
    isDagDeployEnabled: true,
    isCicdEnforced: false,
    defaultTaskPodCpu: '0.25',
    defaultTaskPodMemory: '0.5Gi',
    resourceQuotaCpu: '10',
    resourceQuotaMemory: '20Gi',
    contactEmails: ['a@example.com'],
    workerQueues: [
      {
        name: 'default',
        isDefault: true,
        astroMachine: 'A5',
        minWorkerCount: 0,
        maxWorkerCount: 5,
        workerConcurrency: 5,
      },
    ],
    environmentVariables: [{ key: 'A', isSecret: true, value: 'secret-a' }],
  })

  test('is CREATING, then HEALTHY', async () => {
    const { status, body } = await call('POST', '/deployments', request())
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'CREATING',
      airflowVersion: '3.1.1',
      contactEmails: ['a@example.com'],
    })
    expect(JSON.stringify(body)).not.toContain('secret-a')
    const id = String(body.id)
    expect(astro.deployments.variables(id)).toEqual({ A: 'secret-a' })
    now += 1000
    expect(astro.deployments.get(id).status).toBe('HEALTHY')
  })

  test('may have a name that is taken', async () => {
    await call('POST', '/deployments', request())
    expect((await call('POST', '/deployments', request())).status).toBe(200)
    expect(astro.deployments.ids()).toHaveLength(3)
  })

  test.each([
    ['region', { region: undefined }],
    ['astroRuntimeVersion', { astroRuntimeVersion: '99.0-1' }],
    ['workerQueues', { workerQueues: undefined }],
    ['workspaceId', { workspaceId: 'clnothing' }],
    ['clusterId', { type: 'DEDICATED', cloudProvider: undefined, region: undefined }],
    ['region', { type: 'DEDICATED' }],
    ['type', { type: undefined }],
  ])('is refused for its %s', async (field, change) => {
    const answer = await call('POST', '/deployments', { ...request(), ...change })
    expect(answer.status).toBe(400)
    expect(answer.body.fieldErrors).toEqual(expect.arrayContaining([expect.objectContaining({ field })]))
    expect(astro.deployments.ids()).toHaveLength(1)
  })

  test('is not for keys', async () => {
    const asKey = clientOf(astro, String((await exchange(astro)).body.access_token))
    expect((await asKey('POST', '/deployments', request())).status).toBe(403)
    expect((await asKey('DELETE', `/deployments/${astro.deploymentId}`)).status).toBe(403)
  })

  test('can be deleted, once', async () => {
    const { id } = (await call('POST', '/deployments', request())).body
    const statuses = [
      await call('DELETE', `/deployments/${String(id)}`),
      await call('DELETE', `/deployments/${String(id)}`),
    ]
    expect(statuses.map(({ status }) => status)).toEqual([204, 404])
  })
})

test('deployment-options tell the runtime releases', async () => {
  const { body } = await call('GET', `/deployment-options?deploymentId=${astro.deploymentId}&executor=CELERY`)
  expect(body.runtimeReleases).toEqual(
    expect.arrayContaining([expect.objectContaining({ version: '3.1-2' })]),
  )
  astro.runtimeReleases.splice(0)
  expect((await call('GET', '/deployment-options')).body.runtimeReleases).toEqual([])
  expect((await call('GET', '/deployment-options?executor=LOCAL')).status).toBe(400)
})

describe('hibernation', () => {
  let id: string
  let path: string
  beforeEach(() => {
    id = astro.deployments.create({ fixture: 'hibernating' }).id
    path = `/deployments/${id}/hibernation-override`
  })
  const status = (): string => astro.deployments.get(id).status

  test('ends with an override, in the time of a rollout, and comes back without it', async () => {
    expect(await call('POST', path, { isHibernating: false })).toMatchObject({
      status: 200,
      body: { isHibernating: false, isActive: true },
    })
    expect(status()).toBe('HIBERNATING')
    now += 500
    expect(status()).toBe('DEPLOYING')
    now += 500
    expect(status()).toBe('HEALTHY')
    expect((await call('DELETE', path)).status).toBe(204)
    expect(status()).toBe('HIBERNATING')
    expect((await call('DELETE', path)).status).toBe(404)
  })

  test('comes back when the override is over', async () => {
    const overrideUntil = new Date(now + 5000).toISOString()
    await call('POST', path, { isHibernating: false, overrideUntil })
    now += 4999
    expect(astro.deployments.get(id)).toMatchObject({
      status: 'HEALTHY',
      scalingSpec: { hibernationSpec: { override: { isActive: true, overrideUntil } } },
    })
    now += 1
    expect(astro.deployments.get(id)).toMatchObject({
      status: 'HIBERNATING',
      scalingStatus: { hibernationStatus: { isHibernating: true } },
    })
    expect(astro.deployments.get(id).scalingSpec?.hibernationSpec).not.toHaveProperty('override')
  })

  test('is for development Deployments only, and looks ahead', async () => {
    const other = `/deployments/${astro.deploymentId}/hibernation-override`
    expect((await call('POST', other, { isHibernating: true })).status).toBe(400)
    const past = { isHibernating: true, overrideUntil: '2020-01-01T00:00:00Z' }
    expect((await call('POST', path, past)).status).toBe(400)
    expect((await call('POST', path, {})).status).toBe(400)
  })
})

test('what no operation serves is 404, a wrong method 405, a wrong body 400', async () => {
  expect((await call('GET', '/nothing')).status).toBe(404)
  expect((await call('PATCH', `/deployments/${astro.deploymentId}`)).status).toBe(405)
  const deploys = `/deployments/${astro.deploymentId}/deploys`
  expect((await call('POST', deploys, '{"type":')).status).toBe(400)
  const text = { 'content-type': 'text/plain' }
  expect((await call('POST', deploys, { type: 'IMAGE_ONLY' }, text)).status).toBe(400)
  expect((await call('GET', '/deployments', undefined, { 'x-api-version': '1.0' })).status).toBe(200)
  expect((await call('GET', '/deployments', undefined, { 'x-api-version': '9' })).status).toBe(400)
})

describe('the local Astro itself', () => {
  test('answers 500 where it would break the contract, and keeps a record of that', async () => {
    astro.deployments.patch(astro.deploymentId, { status: 'FINE' as never })
    expect((await call('GET', `/deployments/${astro.deploymentId}`)).status).toBe(500)
    expect(astro.violations).toEqual([
      expect.objectContaining({ operation: 'GetDeployment', status: 200, errors: [expect.anything()] }),
    ])
    astro.violations.length = 0
  })

  test('logs each request, with its body, and whose token it had, but not the token', async () => {
    await call('POST', `/deployments/${astro.deploymentId}/deploys`, { type: 'IMAGE_ONLY' })
    expect(astro.requests).toEqual([
      expect.objectContaining({
        method: 'POST',
        step: 'create-deploy',
        status: 200,
        body: { type: 'IMAGE_ONLY' },
      }),
    ])
    expect(astro.requests[0]?.headers.authorization).toBe('Bearer workspace')
    expect(JSON.stringify(astro.requests)).not.toContain(astro.tokens.workspace)
  })
})
