import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { clientOf } from './client.ts'
import type { Client } from './client.ts'
import { startLocalAstro } from './start.ts'
import type { LocalAstro } from './start.ts'

let astro: LocalAstro
let call: Client

beforeEach(async () => {
  astro = await startLocalAstro()
  call = clientOf(astro, astro.tokens.workspace)
})
afterEach(async () => {
  await astro.stop()
  expect(astro.violations).toEqual([])
})

type Item = Record<string, unknown> & { environmentVariable?: { value: string } }

async function add(given: object = {}): Promise<string> {
  const answer = await call('POST', '/environment-objects', {
    objectKey: 'DB_HOST',
    objectType: 'ENVIRONMENT_VARIABLE',
    scope: 'DEPLOYMENT',
    scopeEntityId: astro.deploymentId,
    environmentVariable: { value: 'a', isSecret: false },
    ...given,
  })
  expect(answer.status).toBe(200)
  expect(Object.keys(answer.body)).toEqual(['id'])
  return String(answer.body.id)
}

const inWorkspace = (given: object = {}): Promise<string> =>
  add({ scope: 'WORKSPACE', scopeEntityId: astro.workspaceId, ...given })

async function list(query: string): Promise<Item[]> {
  const { status, body } = await call('GET', `/environment-objects?${query}`)
  expect(status).toBe(200)
  return body.environmentObjects as Item[]
}

const ofDeployment = (resolveLinked: boolean): Promise<Item[]> =>
  list(`deploymentId=${astro.deploymentId}&resolveLinked=${String(resolveLinked)}`)

describe('an object', () => {
  test('is created, read, updated and deleted', async () => {
    const id = await add()
    expect((await call('GET', `/environment-objects/${id}`)).body).toMatchObject({
      id,
      objectKey: 'DB_HOST',
      environmentVariable: { value: 'a', isSecret: false },
      setFields: ['value'],
    })
    const changed = await call('POST', `/environment-objects/${id}`, { environmentVariable: { value: 'b' } })
    expect(changed.body).toMatchObject({ environmentVariable: { value: 'b' } })
    expect((await call('DELETE', `/environment-objects/${id}`)).status).toBe(204)
    expect((await call('DELETE', `/environment-objects/${id}`)).status).toBe(404)
  })

  test('exists once per key and scope', async () => {
    await add()
    await inWorkspace()
    const again = { objectKey: 'DB_HOST', objectType: 'ENVIRONMENT_VARIABLE', environmentVariable: {} }
    const answer = await call('POST', '/environment-objects', {
      ...again,
      scope: 'DEPLOYMENT',
      scopeEntityId: astro.deploymentId,
    })
    expect(answer.status).toBe(409)
  })

  test('needs the fields of its own type, whose secrecy does not change', async () => {
    const base = { objectKey: 'K', scope: 'DEPLOYMENT', scopeEntityId: astro.deploymentId }
    const refused = [
      { ...base, objectType: 'ENVIRONMENT_VARIABLE' },
      { ...base, objectType: 'AIRFLOW_VARIABLE', environmentVariable: {} },
    ]
    for (const body of refused) expect((await call('POST', '/environment-objects', body)).status).toBe(400)
    const id = await add()
    const secret = { environmentVariable: { value: 'x', isSecret: true } }
    expect((await call('POST', `/environment-objects/${id}`, secret)).status).toBe(400)
    expect((await call('POST', `/environment-objects/${id}`, {})).status).toBe(400)
  })
})

describe('a secret', () => {
  const secret = { environmentVariable: { value: 'hidden-value', isSecret: true } }

  test('comes back empty, and an empty value changes nothing', async () => {
    const id = await add(secret)
    const masked = { environmentVariable: { value: '', isSecret: true }, setFields: ['value'] }
    expect((await call('GET', `/environment-objects/${id}`)).body).toMatchObject(masked)
    await call('POST', `/environment-objects/${id}`, { environmentVariable: { value: '' } })
    expect((await ofDeployment(false))[0]).toMatchObject(masked)
  })

  test('is shown on demand where the Organization allows it', async () => {
    await add(secret)
    const query = `/environment-objects?deploymentId=${astro.deploymentId}&showSecrets=true`
    expect(await call('GET', query)).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('showSecrets') },
    })
    await astro.stop()
    astro = await startLocalAstro({ showSecretsAllowed: true })
    call = clientOf(astro, astro.tokens.workspace)
    await add(secret)
    expect(
      (await list(`deploymentId=${astro.deploymentId}&showSecrets=true`))[0]?.environmentVariable?.value,
    ).toBe('hidden-value')
  })
})

describe('an object of the Workspace', () => {
  const link = (value?: string): object => ({
    scope: 'DEPLOYMENT',
    scopeEntityId: astro.deploymentId,
    ...(value === undefined ? {} : { overrides: { environmentVariable: { value } } }),
  })

  test('reaches the Deployments it is linked to, with the link’s own value, and has no ID there', async () => {
    await inWorkspace({ links: [link('mine')] })
    await inWorkspace({ objectKey: 'FAR' })
    await inWorkspace({ objectKey: 'AUTO', autoLinkDeployments: true })
    expect(await ofDeployment(false)).toEqual([])
    const inherited = await ofDeployment(true)
    expect(
      inherited.map(({ objectKey, environmentVariable }) => [objectKey, environmentVariable?.value]),
    ).toEqual([
      ['DB_HOST', 'mine'],
      ['AUTO', 'a'],
    ])
    expect(inherited[0]).toMatchObject({ sourceScope: 'WORKSPACE', sourceScopeEntityId: astro.workspaceId })
    expect(inherited[0]).not.toHaveProperty('id')
  })

  test('steps back behind the Deployment’s own', async () => {
    await inWorkspace({ autoLinkDeployments: true })
    await add({ environmentVariable: { value: 'own' } })
    expect((await ofDeployment(true)).map(({ environmentVariable }) => environmentVariable?.value)).toEqual([
      'own',
    ])
  })

  test('loses what an update leaves out', async () => {
    const id = await inWorkspace({ autoLinkDeployments: true, links: [link('mine')], description: 'd' })
    const body = { environmentVariable: { value: 'b' } }
    const { body: kept } = await call('POST', `/environment-objects/${id}`, {
      ...body,
      autoLinkDeployments: true,
      links: [link()],
    })
    expect(kept).toMatchObject({
      autoLinkDeployments: true,
      links: [{ environmentVariableOverrides: { value: 'mine' }, setFields: ['value'] }],
    })
    const { body: lost } = await call('POST', `/environment-objects/${id}`, body)
    expect(lost).toMatchObject({ autoLinkDeployments: false, links: [], excludeLinks: [] })
  })

  test('gives up an override that is unset', async () => {
    const id = await inWorkspace({ links: [link('mine')] })
    const links = [{ ...link(), overrides: { unsetFields: ['value'] } }]
    await call('POST', `/environment-objects/${id}`, { environmentVariable: { value: 'b' }, links })
    expect((await ofDeployment(true))[0]?.environmentVariable?.value).toBe('b')
  })

  test('can leave out one Deployment', async () => {
    const id = await inWorkspace({ autoLinkDeployments: true })
    const answer = await call('POST', `/environment-objects/${id}/exclude-linking`, link())
    expect([answer.status, answer.body]).toEqual([200, { text: '' }])
    expect(await ofDeployment(true)).toEqual([])
  })

  test('is out of reach of a Deployment’s token', async () => {
    const id = await inWorkspace()
    const asDeployment = clientOf(astro, astro.tokens.deployment)
    expect((await asDeployment('GET', `/environment-objects/${id}`)).status).toBe(403)
    expect((await asDeployment('GET', `/environment-objects?workspaceId=${astro.workspaceId}`)).status).toBe(
      403,
    )
  })
})

test('an update of the Deployment may drop its links, as has been reported', async () => {
  await astro.stop()
  astro = await startLocalAstro({ updateDropsLinks: true })
  call = clientOf(astro, astro.tokens.workspace)
  await inWorkspace({ links: [{ scope: 'DEPLOYMENT', scopeEntityId: astro.deploymentId }] })
  const { id, name, workspaceId } = astro.deployments.create({ fixture: 'kubernetes' })
  const update = {
    type: 'STANDARD',
    name,
    workspaceId,
    environmentVariables: [],
    executor: 'KUBERNETES',
    isCicdEnforced: false,
    isDagDeployEnabled: true,
    isHighAvailability: false,
    schedulerSize: 'SMALL',
    defaultTaskPodCpu: '0.25',
    defaultTaskPodMemory: '0.5Gi',
    resourceQuotaCpu: '10',
    resourceQuotaMemory: '20Gi',
  }
  expect((await call('POST', `/deployments/${id}`, update)).status).toBe(200)
  expect(await ofDeployment(true)).toHaveLength(1)
  const own = await inWorkspace({ objectKey: 'B', links: [{ scope: 'DEPLOYMENT', scopeEntityId: id }] })
  await call('POST', `/deployments/${id}`, update)
  expect((await call('GET', `/environment-objects/${own}`)).body.links).toEqual([])
})
