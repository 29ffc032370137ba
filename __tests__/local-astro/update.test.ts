import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { clientOf, exchange } from './client.ts'
import type { Client, Reply } from './client.ts'
import { startLocalAstro } from './start.ts'
import type { Deployment, FixtureName, LocalAstro, LocalAstroOptions } from './start.ts'

let astro: LocalAstro
let call: Client
let now = Date.UTC(2026, 5, 1)

async function start(options: LocalAstroOptions = {}): Promise<void> {
  astro = await startLocalAstro({ now: () => now, ...options })
  call = clientOf(astro, astro.tokens.organization)
}
beforeEach(() => start())
afterEach(async () => {
  await astro.stop()
  expect(astro.violations).toEqual([])
})

type Body = Record<string, unknown>

function without(value: object, ...fields: string[]): Body {
  return Object.fromEntries(Object.entries(value).filter(([field]) => !fields.includes(field)))
}

/** A body that loses nothing, by the contract's field map. */
function faithful(deployment: Deployment): Body {
  const { type, executor, remoteExecution, schedulerAu, schedulerReplicas } = deployment
  const shared = {
    type,
    executor,
    name: deployment.name,
    workspaceId: deployment.workspaceId,
    isCicdEnforced: deployment.isCicdEnforced,
    isDagDeployEnabled: deployment.isDagDeployEnabled,
    description: deployment.description ?? '',
    contactEmails: deployment.contactEmails ?? [],
    workerQueues: deployment.workerQueues?.map((queue) => without(queue, 'podCpu', 'podMemory')),
    environmentVariables: deployment.environmentVariables.map(({ key, isSecret, value }) =>
      isSecret ? { key, isSecret } : { key, isSecret, value },
    ),
  }
  if (type === 'HYBRID') {
    const pool = deployment.taskPodNodePoolId
    return { ...shared, scheduler: { au: schedulerAu, replicas: schedulerReplicas }, taskPodNodePoolId: pool }
  }
  return {
    ...shared,
    isHighAvailability: deployment.isHighAvailability,
    isDevelopmentMode: deployment.isDevelopmentMode,
    schedulerSize: deployment.schedulerSize,
    defaultTaskPodCpu: deployment.defaultTaskPodCpu,
    defaultTaskPodMemory: deployment.defaultTaskPodMemory,
    resourceQuotaCpu: deployment.resourceQuotaCpu,
    resourceQuotaMemory: deployment.resourceQuotaMemory,
    remoteExecution: remoteExecution && without(remoteExecution, 'remoteApiUrl'),
  }
}

function update(id: string, change: Body = {}, by: Client = call): Promise<Reply> {
  return by('POST', `/deployments/${id}`, { ...faithful(astro.deployments.get(id)), ...change })
}

const stable = (deployment: Deployment): object => without(deployment, 'updatedAt', 'updatedBy')

describe('an update that echoes everything', () => {
  test.each<FixtureName>([
    'etl',
    'hibernating',
    'remote-execution',
    'cicd-enforced',
    'dag-deploys-off',
    'hybrid',
    'hybrid-kubernetes',
    'dedicated',
    'kubernetes',
    'airflow-2',
  ])('changes nothing on %s', async (fixture) => {
    const before = astro.deployments.create({ fixture })
    expect((await update(before.id)).status).toBe(200)
    expect(stable(astro.deployments.get(before.id))).toEqual(stable(before))
  })
})

describe('variables', () => {
  async function variables(environmentVariables: Body[]): Promise<Record<string, string>> {
    expect((await update(astro.deploymentId, { environmentVariables })).status).toBe(200)
    return astro.deployments.variables(astro.deploymentId)
  }
  const secret = { key: 'DB_PASSWORD', isSecret: true }

  test('are replaced by the list', async () => {
    expect(await variables([{ key: 'A', isSecret: false, value: '1' }])).toEqual({ A: '1' })
    expect(await variables([])).toEqual({})
  })

  test.each([
    ['without a value keep theirs', secret, 'stored-by-somebody'],
    ['with an empty value are blanked', { ...secret, value: '' }, ''],
    ['with a value get it', { ...secret, value: 'new' }, 'new'],
    ['as plain ones without a value lose theirs', { ...secret, isSecret: false }, ''],
  ])('that are secret %s', async (_name, sent, value) => {
    expect(await variables([sent])).toEqual({ DB_PASSWORD: value })
  })

  test('that were plain do not keep a value as secrets', async () => {
    expect(await variables([{ key: 'DB_HOST', isSecret: true }])).toEqual({ DB_HOST: '' })
  })

  test('never show a secret', async () => {
    const environmentVariables = [{ ...secret, value: 'hunter2-hunter2' }]
    const texts = [
      await update(astro.deploymentId, { environmentVariables }),
      await call('GET', `/deployments/${astro.deploymentId}`),
      await call('GET', '/deployments'),
    ].map(({ body }) => JSON.stringify(body))
    expect(texts.filter((text) => text.includes('hunter2'))).toEqual([])
    expect(texts[1]).toContain('"key":"DB_PASSWORD"')
    expect(astro.deployments.variables(astro.deploymentId)).toEqual({ DB_PASSWORD: 'hunter2-hunter2' })
  })

  test('keep the time of their own last change', async () => {
    now += 1000
    await variables([secret, { key: 'DB_HOST', isSecret: false, value: 'other' }])
    const [kept, changed] = astro.deployments.get(astro.deploymentId).environmentVariables
    expect(changed?.updatedAt).toBe(new Date(now).toISOString())
    expect(kept?.updatedAt).not.toBe(changed?.updatedAt)
  })

  test.each([
    ['a key twice', [secret, secret], 'environmentVariables.1.key'],
    ['a key that is no name', [{ key: '1A', isSecret: false }], 'environmentVariables.0.key'],
    ['a null value', [{ ...secret, value: null }], 'environmentVariables.0.value'],
  ])('with %s are refused', async (_name, environmentVariables, field) => {
    const answer = await update(astro.deploymentId, { environmentVariables })
    expect(answer).toMatchObject({ status: 400, body: { fieldErrors: [{ field }] } })
  })
})

describe('what an update leaves out', () => {
  const nothing = { contactEmails: undefined, description: undefined }
  const bareQueues = (): object[] =>
    (astro.deployments.get(astro.deploymentId).workerQueues ?? []).map((queue) =>
      without(queue, 'podCpu', 'podMemory', 'podEphemeralStorage'),
    )

  test('is reset in the worst case', async () => {
    await update(astro.deploymentId, { ...nothing, workerQueues: bareQueues() })
    const after = astro.deployments.get(astro.deploymentId)
    expect(after).toMatchObject({ contactEmails: [], description: '' })
    expect(after.workerQueues?.map((queue) => queue.podEphemeralStorage)).toEqual(['10Gi', '10Gi'])
  })

  test('is kept in the best', async () => {
    await astro.stop()
    await start({ worstCase: false })
    const before = astro.deployments.get(astro.deploymentId)
    await update(astro.deploymentId, { ...nothing, workerQueues: bareQueues() })
    expect(stable(astro.deployments.get(astro.deploymentId))).toEqual(stable(before))
  })

  test('a queue’s ID: then it is a new queue', async () => {
    const before = astro.deployments.get(astro.deploymentId).workerQueues ?? []
    const [first, second] = before.map((queue) => without(queue, 'podCpu', 'podMemory', 'id'))
    await update(astro.deploymentId, { workerQueues: [{ ...first, id: before[0]?.id }, second] })
    const after = astro.deployments.get(astro.deploymentId).workerQueues ?? []
    expect(after.map(({ name }) => name)).toEqual(['default', 'heavy'])
    expect(after[0]?.id).toBe(before[0]?.id)
    expect(after[1]?.id).not.toBe(before[1]?.id)
  })

  test('development mode and remote execution are turned off', async () => {
    const { id } = astro.deployments.create({ fixture: 'hibernating' })
    await update(id, { isDevelopmentMode: undefined })
    expect(astro.deployments.get(id).isDevelopmentMode).toBe(false)
    const remote = astro.deployments.create({ fixture: 'remote-execution' })
    const answer = await update(remote.id, {
      remoteExecution: undefined,
      workerQueues: faithful(astro.deployments.get(astro.deploymentId)).workerQueues,
    })
    // Its queues carry the IDs of another Deployment.
    expect(answer).toMatchObject({ status: 400, body: { fieldErrors: [{ field: 'workerQueues.0.id' }] } })
  })

  test('the hibernation schedule and the identities stay, unless they are given', async () => {
    const { id, scalingSpec } = astro.deployments.create({
      fixture: 'hibernating',
      effectiveWorkloadIdentity: 'a',
    })
    await update(id)
    expect(astro.deployments.get(id)).toMatchObject({ scalingSpec, effectiveWorkloadIdentity: 'a' })
    expect(astro.deployments.hidden(id).workloadIdentity).toBeUndefined()
    await update(id, { scalingSpec: {}, workloadIdentity: 'b' })
    expect(astro.deployments.get(id)).not.toHaveProperty('scalingSpec')
    expect(astro.deployments.hidden(id).workloadIdentity).toBe('b')
  })
})

describe('an update is refused', () => {
  test.each<[string, FixtureName, Body, string]>([
    ['for another type', 'dedicated', { type: 'STANDARD' }, 'type'],
    ['with a field of the answer', 'etl', { status: 'HEALTHY' }, 'status'],
    ['without pod defaults', 'etl', { defaultTaskPodCpu: undefined }, 'defaultTaskPodCpu'],
    ['without queues', 'etl', { workerQueues: undefined }, 'workerQueues'],
    ['with queues for KUBERNETES', 'kubernetes', { workerQueues: [] }, 'workerQueues'],
    ['without schedulers', 'hybrid', { scheduler: undefined }, 'scheduler'],
    ['to a development Deployment', 'etl', { isDevelopmentMode: true }, 'isDevelopmentMode'],
    ['to no Workspace', 'etl', { workspaceId: 'w' }, 'workspaceId'],
    ['with a description too long', 'etl', { description: 'x'.repeat(1001) }, 'description'],
  ])('%s', async (_name, fixture, change, field) => {
    const before = astro.deployments.create({ fixture })
    const answer = await update(before.id, change)
    expect(answer.status).toBe(400)
    expect(answer.body.fieldErrors).toEqual(expect.arrayContaining([expect.objectContaining({ field })]))
    expect(astro.deployments.get(before.id)).toEqual(before)
  })

  test('when it turns DAG deploys on or off under CI/CD enforcement', async () => {
    const { id } = astro.deployments.create({ fixture: 'cicd-enforced' })
    expect((await update(id, { isDagDeployEnabled: false })).status).toBe(400)
  })

  test('to a key, when the setting says so', async () => {
    const asKey = async (): Promise<number> => {
      const token = String((await exchange(astro)).body.access_token)
      return (await update(astro.deploymentId, {}, clientOf(astro, token))).status
    }
    expect(await asKey()).toBe(200)
    await astro.stop()
    await start({ keysMayUpdate: false })
    expect(await asKey()).toBe(403)
  })
})

test('an update restarts the Deployment for the time of a rollout', async () => {
  await astro.stop()
  await start({ rolloutMs: 1000 })
  expect((await update(astro.deploymentId)).body.status).toBe('DEPLOYING')
  now += 1000
  expect((await call('GET', `/deployments/${astro.deploymentId}`)).body.status).toBe('HEALTHY')
})
