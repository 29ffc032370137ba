import type { AddressInfo, Server } from 'node:net'
import { connect, createServer as createTcpServer } from 'node:net'
import { once } from 'node:events'
import { afterEach, expect, test } from '@jest/globals'
import { useGround } from './ground.ts'

const ground = useGround({ uploads: true })
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

test('a load balancer that resets every connection that it has seen before costs no write', async () => {
  const { origin } = ground.astro
  const inner = new URL(origin)
  const balancer: Server = createTcpServer((client) => {
    const target = connect(Number(inner.port), inner.hostname)
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      from.on('error', () => to.destroy()).on('close', () => to.destroy())
    }
    let isAnswered = false
    client.on('data', (chunk) => {
      if (isAnswered) {
        client.resetAndDestroy()
      } else target.write(chunk)
    })
    target.on('data', (chunk) => {
      isAnswered = true
      client.write(chunk)
    })
  }).listen(0, '127.0.0.1')
  await once(balancer, 'listening')
  undo.push(() => new Promise((resolve) => balancer.close(resolve)))
  const { port } = balancer.address() as AddressInfo
  const result = await ground.deploy({ domain: `http://127.0.0.1:${port}`, 'environment-variables': 'A=1' })
  expect([result.exitCode, result.errors]).toEqual([0, []])
  const writes = ground.writes().filter((write) => !write.includes('devstoreaccount'))
  expect(
    writes.map((write) =>
      write
        .replace(/\w{20,}/g, 'ID')
        .split('/')
        .at(-1),
    ),
  ).toEqual(expect.arrayContaining(['deploys', 'finalize']))
  expect(result.stdout).not.toContain('had no clear answer')
})

test.each([502, 503, 504])(
  'HTTP %d as the deploy is created is a lost answer: it is created again',
  async (status) => {
    ground.astro.faults.add({ step: 'create-deploy', fault: 'status', status, times: 1 })
    const { exitCode, outputs } = await ground.deploy()
    expect(exitCode).toBe(0)
    expect(ground.astro.deployments.get(ground.astro.deploymentId).dagTarballVersion).toBe(
      outputs['dag-version'],
    )
  },
)
