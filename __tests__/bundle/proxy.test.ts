import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { CorporateNetwork } from './corporate-network.ts'
import { ASTRO_HOST, startCorporateNetwork } from './corporate-network.ts'
import { useGround } from './ground.ts'
import type { StepResult } from './run-step.ts'

const ground = useGround({ uploads: true })
const PASSWORD = '50%off-k3y'
let network: CorporateNetwork
let wantsPassword = false

beforeAll(async () => {
  const wanted = `Basic ${Buffer.from(`robot:${PASSWORD}`).toString('base64')}`
  network = await startCorporateNetwork(() => ground.astro.origin, {
    manner: ({ authorization }) =>
      wantsPassword && authorization !== wanted ? { kind: 'refuse', status: 407 } : { kind: 'open' },
  })
})
afterEach(() => {
  network.asked.length = 0
  wantsPassword = false
})
afterAll(() => network.stop())

function deploy(env: Record<string, string>): Promise<StepResult> {
  return ground.deploy(
    { domain: network.domain },
    { env: { NODE_EXTRA_CA_CERTS: network.authority, ...env }, secrets: [PASSWORD] },
  )
}

describe('a runner behind a proxy', () => {
  test.each<[string, () => Record<string, string>]>([
    ['https_proxy', () => ({ https_proxy: `http://${network.proxy}` })],
    ['HTTPS_PROXY without a scheme', () => ({ HTTPS_PROXY: network.proxy })],
    ['ALL_PROXY by name', () => ({ ALL_PROXY: network.proxy.replace('127.0.0.1', 'localhost') })],
  ])('%s carries every request to Astro', async (_, env) => {
    const { exitCode, outputs, errors } = await deploy(env())
    expect([exitCode, errors]).toEqual([0, []])
    expect(new Set(network.asked.map(({ to }) => to))).toEqual(new Set([new URL(network.domain).host]))
    expect(ground.astro.deployments.get(ground.astro.deploymentId).dagTarballVersion).toBe(
      outputs['dag-version'],
    )
  })

  test('the blob store on loopback is reached directly', async () => {
    await deploy({ https_proxy: network.proxy, http_proxy: 'http://127.0.0.1:9' })
    expect(ground.steps()).toContain('upload')
  })

  test.each([
    ['no_proxy', ASTRO_HOST],
    ['NO_PROXY', '10.0.0.0/8 *.test'],
  ])('%s=%s excepts a host, which then cannot be found', async (name, list) => {
    const result = await deploy({ https_proxy: network.proxy, [name]: list })
    expect(network.asked).toEqual([])
    ground.expectRefused(result, 'ASTRO-AUTH-UNREACHABLE', ASTRO_HOST)
  })

  test('a proxy that is not there is told', async () => {
    const result = await deploy({ https_proxy: 'http://127.0.0.1:9' })
    ground.expectRefused(result, 'ASTRO-AUTH-UNREACHABLE', 'the proxy 127.0.0.1:9', 'ECONNREFUSED')
  })

  test('a password with a raw percent sign is sent as it is, and never shown', async () => {
    wantsPassword = true
    const { exitCode } = await deploy({ HTTPS_PROXY: `http://robot:${PASSWORD}@${network.proxy}` })
    expect(exitCode).toBe(0)
  })

  test('a proxy that wants a password is asked once', async () => {
    wantsPassword = true
    const result = await deploy({ HTTPS_PROXY: network.proxy })
    ground.expectRefused(result, 'ASTRO-NETWORK-PROXY-LOGIN', `the proxy ${network.proxy} answered HTTP 407`)
    expect(network.asked).toHaveLength(1)
  })

  test('a certificate of the own company is told at the first try, with its issuer and the cure', async () => {
    const result = await deploy({ https_proxy: network.proxy, NODE_EXTRA_CA_CERTS: '' })
    const words = ['Corp Root CA', ASTRO_HOST, 'NODE_EXTRA_CA_CERTS', 'NODE_USE_SYSTEM_CA']
    ground.expectRefused(result, 'ASTRO-NETWORK-CERTIFICATE', ...words)
    expect(network.asked).toHaveLength(1)
  })
})

describe('a proxy setting that cannot be used is refused before anything is sent', () => {
  test.each([
    ['HTTPS_PROXY', 'http://proxy-7f3.corp:99999'],
    ['https_proxy', 'http://robot:7f3#x@proxy.corp:80'],
    ['ALL_PROXY', 'socks5://proxy-7f3.corp:1080'],
  ])('%s=%s', async (name, value) => {
    const result = await ground.deploy({}, { env: { [name]: value }, secrets: [value] })
    ground.expectRefused(result, 'ASTRO-INPUT-PROXY', `- ${name}:`)
    expect(ground.astro.requests).toEqual([])
    expect(result.stdout).not.toContain('7f3')
  })
})
