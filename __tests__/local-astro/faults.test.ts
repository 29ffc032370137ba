import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { BlockBlobClient } from '@azure/storage-blob'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { clientOf, exchange } from './client.ts'
import type { Client } from './client.ts'
import { holdAzurite, startLocalAstro } from './start.ts'
import type { FaultRule, LocalAstro } from './start.ts'

let astro: LocalAstro
let call: Client
let deployment: string

let release: () => Promise<void>

beforeAll(async () => {
  release = await holdAzurite()
})
afterAll(() => release())
beforeEach(async () => {
  astro = await startLocalAstro()
  call = clientOf(astro, astro.tokens.workspace)
  deployment = `/deployments/${astro.deploymentId}`
})
afterEach(async () => {
  await astro.stop()
  expect(astro.violations).toEqual([])
})

const createDeploy = (): ReturnType<Client> => call('POST', `${deployment}/deploys`, { type: 'DAG_ONLY' })
const made = (): number => astro.deployments.deploys(astro.deploymentId).length - 1

describe('a rule matches', () => {
  test.each<[string, Partial<FaultRule>, number[]]>([
    ['its step', { step: 'deployment' }, [503, 200]],
    ['another step', { step: 'list-deploys' }, [200, 503]],
    ['a method', { method: 'post' }, [200, 200]],
    ['a part of the path', { path: '/deploys' }, [200, 503]],
    ['a pattern', { path: /deployments\/\w+$/ }, [503, 200]],
    ['everything', {}, [503, 503]],
    ['after some', { skip: 1 }, [200, 503]],
    ['a number of times', { times: 1 }, [503, 200]],
  ])('%s', async (_name, rule, expected) => {
    astro.faults.add({ fault: 'status', status: 503, ...rule } as FaultRule)
    const answers = [await call('GET', deployment), await call('GET', `${deployment}/deploys`)]
    expect(answers.map(({ status }) => status)).toEqual(expected)
  })

  test('after another step has had its effect, with an answer or without one', async () => {
    const status = async (): Promise<number> => (await call('GET', deployment)).status
    astro.faults.add({ fault: 'status', status: 500, step: 'create-deploy', times: 1 })
    astro.faults.add({ fault: 'resetAfterEffect', step: 'create-deploy', times: 1 })
    astro.faults.add({ fault: 'status', status: 503, step: 'deployment', afterStep: 'create-deploy' })
    await createDeploy()
    expect([made(), await status()]).toEqual([0, 200])
    await expect(createDeploy()).rejects.toThrow('fetch failed')
    expect([made(), await status()]).toEqual([1, 503])
  })

  test('until it is taken away', async () => {
    const remove = astro.faults.add({ fault: 'status', status: 503 })
    expect((await call('GET', deployment)).status).toBe(503)
    remove()
    expect((await call('GET', deployment)).status).toBe(200)
    astro.faults.add({ fault: 'status', status: 503 })
    astro.faults.clear()
    expect((await call('GET', deployment)).status).toBe(200)
  })

  test('requests of every kind', async () => {
    astro.faults.add({ fault: 'status', status: 500, step: 'auth-config', times: 1 })
    expect((await exchange(astro, { client_id: 'x' }).catch(() => undefined))?.status).not.toBe(200)
    astro.faults.add({ fault: 'status', status: 500, step: 'token', times: 1 })
    expect(await exchange(astro)).toMatchObject({ status: 500, body: { error: 'server_error' } })
    const { body } = await createDeploy()
    astro.faults.add({ fault: 'status', status: 503, step: 'upload', times: 1 })
    const headers = { 'x-ms-blob-type': 'BlockBlob' }
    const upload = await fetch(String(body.dagsUploadUrl), { method: 'PUT', body: 'x', headers })
    expect([upload.status, upload.headers.get('x-ms-error-code')]).toEqual([503, 'ServerBusy'])
    expect(await upload.text()).toContain('<Code>ServerBusy</Code>')
    expect(astro.requests.filter(({ fault }) => fault === 'status')).toHaveLength(3)
  })
})

describe('answers', () => {
  test('in the form of the service, of a proxy, or of one’s own', async () => {
    astro.faults.add({ fault: 'status', status: 500, times: 1 })
    expect(await call('GET', deployment)).toMatchObject({ status: 500, body: { statusCode: 500 } })
    astro.faults.add({ fault: 'html', times: 1 })
    const page = await call('GET', deployment)
    expect([page.status, page.headers.get('content-type')]).toEqual([502, 'text/html; charset=utf-8'])
    astro.faults.add({ fault: 'status', status: 418, body: { a: 1 }, headers: { 'x-a': 'b' }, times: 1 })
    const own = await call('GET', deployment)
    expect([own.status, own.body, own.headers.get('x-a')]).toEqual([418, { a: 1 }, 'b'])
  })

  test('with Retry-After', async () => {
    astro.faults.add({ fault: 'tooManyRequests', retryAfter: 7, times: 1 })
    const answer = await call('GET', deployment)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7'])
  })

  test('do nothing', async () => {
    astro.faults.add({ fault: 'status', status: 500, step: 'create-deploy' })
    await createDeploy()
    expect(made()).toBe(0)
  })
})

describe('a socket that breaks', () => {
  test('before anything happens', async () => {
    astro.faults.add({ fault: 'reset', step: 'create-deploy' })
    await expect(createDeploy()).rejects.toThrow('fetch failed')
    expect(made()).toBe(0)
  })

  test('after all has happened', async () => {
    astro.faults.add({ fault: 'resetAfterEffect', step: 'create-deploy', times: 1 })
    await expect(createDeploy()).rejects.toThrow('fetch failed')
    expect(made()).toBe(1)
    expect(astro.requests.at(-1)).toMatchObject({ step: 'create-deploy', fault: 'resetAfterEffect' })
    expect(astro.requests.at(-1)).not.toHaveProperty('status')
  })

  test.each(['length', 'json'] as const)('in the middle of an answer (%s)', async (how) => {
    astro.faults.add({ fault: 'truncated', how, step: 'create-deploy', times: 1 })
    await expect(createDeploy()).rejects.toThrow()
    expect(made()).toBe(1)
  })

  test('after an upload, whose version is there all the same', async () => {
    const { body } = await createDeploy()
    astro.faults.add({ fault: 'resetAfterEffect', step: 'upload', times: 1 })
    const client = new BlockBlobClient(String(body.dagsUploadUrl), undefined, {
      retryOptions: { retryDelayInMs: 1, maxRetryDelayInMs: 1 },
    })
    const { versionId } = await client.upload('x', 1)
    const versions = astro.deployments.uploads(astro.deploymentId)
    expect(versions).toHaveLength(2)
    expect(versions[1]).toBe(versionId)
  })
})

describe('an answer that does not come', () => {
  test.each([
    ['hang', 0],
    ['hangAfterEffect', 1],
  ] as const)('%s', async (fault, effects) => {
    astro.faults.add({ fault, step: 'create-deploy' })
    const pending = expect(createDeploy()).rejects.toThrow('fetch failed')
    while (astro.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
    // The server answers other requests meanwhile.
    expect((await call('GET', deployment)).status).toBe(200)
    await astro.stop()
    await pending
    expect(made()).toBe(effects)
  })

  test('for a while', async () => {
    astro.faults.add({ fault: 'slow', ms: 50, step: 'create-deploy' })
    expect((await createDeploy()).status).toBe(200)
    expect(astro.requests[0]?.durationMs).toBeGreaterThanOrEqual(45)
  })
})

test('stop ends at once, twice too, with requests under way', async () => {
  astro.faults.add({ fault: 'slow', ms: 3_600_000 })
  const pending = expect(call('GET', deployment)).rejects.toThrow('fetch failed')
  while (astro.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await Promise.all([astro.stop(), astro.stop()])
  await pending
  await expect(fetch(astro.origin)).rejects.toThrow('fetch failed')
})

test('a client that goes away in the middle of an upload leaves no version', async () => {
  const { body } = await createDeploy()
  const url = new URL(String(body.dagsUploadUrl))
  const socket = await new Promise<Socket>((resolve) => {
    const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-length': 1_000_000 }
    const request = http.request(url, { method: 'PUT', headers, agent: false })
    request.on('error', () => undefined)
    request.write('x'.repeat(1000), () => {
      if (request.socket) resolve(request.socket)
    })
  })
  expect((socket.address() as AddressInfo).address).toBe('127.0.0.1')
  while (!astro.requests.some(({ step }) => step === 'upload')) await new Promise((r) => setImmediate(r))
  socket.destroy()
  while (astro.requests.at(-1)?.durationMs === undefined) await new Promise((r) => setImmediate(r))
  expect(astro.deployments.uploads(astro.deploymentId)).toEqual([])
  expect((await createDeploy()).status).toBe(200)
})
