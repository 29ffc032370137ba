import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer as createTcpServer } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionUse } from '../../src/http/connections.ts'
import { describeError } from '../../src/errors.ts'
import { createConnections } from '../../src/http/connections.ts'
import { HttpFailure } from '../../src/http/failure.ts'
import type { ProxyFor } from '../../src/http/proxy.ts'
import { createTransport } from '../../src/http/transport.ts'
import type { Certificates } from '../make/certificates.ts'
import { makeCertificates } from '../make/certificates.ts'
import { FAR_ADDRESSES, startFarHost } from '../make/far-host.ts'
import type { LocalProxy, ProxyManner } from '../make/proxy.ts'
import { startProxy } from '../make/proxy.ts'

const HOST = 'astro.test'
const undo: (() => unknown)[] = []
let certificates: Certificates
beforeAll(async () => {
  certificates = await makeCertificates([HOST])
})
afterAll(() => certificates.remove())
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** The status of the answer to one request, or the failure. */
async function ask(url: string, proxyFor: ProxyFor = () => undefined): Promise<number | HttpFailure> {
  const connections = createConnections({ proxyFor, connectTimeoutMs: 500 })
  undo.push(connections.close)
  return send(createTransport(connections), url)
}

async function send(
  transport: ReturnType<typeof createTransport>,
  url: string,
  connection: ConnectionUse = 'kept',
): Promise<number | HttpFailure> {
  try {
    return (await transport({ method: 'GET', url: new URL(url), headers: {}, timeoutMs: 5_000, connection }))
      .status
  } catch (error) {
    if (error instanceof HttpFailure) return error
    throw error
  }
}

describe('through a proxy', () => {
  async function front(manner?: (nth: number) => ProxyManner): Promise<LocalProxy> {
    const behind = await listen(createTlsServer(certificates.server, (_, response) => response.end('{}')))
    const proxy = await startProxy(
      () => behind,
      (__, nth) => manner?.(nth) ?? { kind: 'open' },
    )
    undo.push(proxy.stop)
    return proxy
  }
  const via =
    (port: number): ProxyFor =>
    () => ({ isSecure: false, host: '127.0.0.1', port, authorization: 'Basic eA==' })

  test('a host is asked for by name and port, with the credentials', async () => {
    const proxy = await front()
    await ask(`https://${HOST}:8443/`, via(proxy.port))
    expect(proxy.asked).toEqual([{ to: `${HOST}:8443`, authorization: 'Basic eA==' }])
  })

  test.each([
    [407, 'ASTRO-NETWORK-PROXY-LOGIN'],
    [403, 'ASTRO-NETWORK-PROXY-REFUSED'],
    [404, 'ASTRO-NETWORK-PROXY-REFUSED'],
    [502, undefined],
    [503, undefined],
    [429, undefined],
  ])('its answer HTTP %d to CONNECT is the obstacle %s', async (status, code) => {
    const { port } = await front(() => ({ kind: 'refuse', status }))
    const failure = await ask(`https://${HOST}/`, via(port))
    expect(failure).toMatchObject({
      reached: false,
      message: `the proxy 127.0.0.1:${port} answered HTTP ${status} when asked for ${HOST}:443`,
    })
    expect((failure as HttpFailure).obstacle?.code).toBe(code)
  })

  test('a CONNECT that is never answered is given up on', async () => {
    const { port } = await front(() => ({ kind: 'silent' }))
    expect(await ask(`https://${HOST}/`, via(port))).toMatchObject({
      reached: false,
      message: 'no connection within 0.5 s',
    })
  })

  test('a TLS handshake that is never answered is given up on', async () => {
    const port = await listen(createTcpServer(() => undefined))
    expect(await ask(`https://127.0.0.1:${port}/`)).toMatchObject({
      reached: false,
      message: 'no connection within 0.5 s',
    })
  })

  test('a proxy that is not there is named', async () => {
    const { message, reached } = (await ask(`https://${HOST}/`, via(9))) as HttpFailure
    expect(message).toMatch(/^the proxy 127\.0\.0\.1:9 could not be used: .*ECONNREFUSED/)
    expect(reached).toBe(false)
  })

  test('a proxy that speaks https is asked by its own name, and carries the tunnel', async () => {
    const own = await makeCertificates(['127.0.0.1', 'localhost'])
    undo.push(() => own.remove())
    const names: unknown[] = []
    const behind = await listen(createTlsServer(certificates.server, (_, response) => response.end('{}')))
    const server = createTlsServer(own.server)
    server.on('secureConnection', (socket) => names.push(socket.servername))
    server.on('connect', (_, client) => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      const target = connect(behind, '127.0.0.1')
      client.pipe(target).pipe(client)
    })
    const port = await listen(server)
    const former = getCACertificates('default')
    undo.push(() => setDefaultCACertificates(former))
    setDefaultCACertificates([
      ...former,
      readFileSync(own.authority, 'utf8'),
      readFileSync(certificates.authority, 'utf8'),
    ])
    const at =
      (host: string): ProxyFor =>
      () => ({ isSecure: true, host, port, authorization: undefined })
    expect(await ask(`https://${HOST}/`, at('localhost'))).toBe(200)
    expect(await ask(`https://${HOST}/`, at('127.0.0.1'))).toBe(200)
    expect(names).toEqual(['localhost', false])
  })

  test('a proxy that speaks https with a certificate of its own company is an obstacle', async () => {
    const port = await listen(createTlsServer(certificates.server))
    const secure: ProxyFor = () => ({ isSecure: true, host: '127.0.0.1', port, authorization: undefined })
    const failure = (await ask(`https://${HOST}/`, secure)) as HttpFailure
    expect(failure.obstacle?.code).toBe('ASTRO-NETWORK-CERTIFICATE')
    expect(failure.message).toContain(`the certificate of 127.0.0.1:${port}, issued by "Corp Root CA, Corp"`)
  })
})

test('a certificate that nobody trusts is an obstacle that names host, issuer and reason', async () => {
  const port = await listen(createTlsServer(certificates.server, (_, response) => response.end()))
  const failure = (await ask(`https://127.0.0.1:${port}/`)) as HttpFailure
  expect(failure).toMatchObject({ reached: false, obstacle: { code: 'ASTRO-NETWORK-CERTIFICATE' } })
  expect(failure.message).toBe(
    `the certificate of 127.0.0.1:${port}, issued by "Corp Root CA, Corp" to "${HOST}", is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
  )
})

describe('a load balancer that resets every connection that was used before', () => {
  async function balancer(listener: RequestListener = (_, response) => response.end('{}')): Promise<string> {
    const used = new WeakSet<Socket>()
    const server = createServer((request, response) => {
      if (used.has(request.socket)) request.socket.resetAndDestroy()
      else {
        used.add(request.socket)
        listener(request, response)
      }
    })
    return `http://127.0.0.1:${await listen(server)}/`
  }

  test('meets no request that asks for a fresh one', async () => {
    const url = await balancer()
    const transport = createTransport(createConnections({ proxyFor: () => undefined }))
    expect(await send(transport, url)).toBe(200)
    expect(await send(transport, url, 'fresh')).toBe(200)
    expect(await send(transport, url, 'fresh')).toBe(200)
  })

  test('costs one request: no connection is kept from then on', async () => {
    const url = await balancer()
    const transport = createTransport(createConnections({ proxyFor: () => undefined }))
    await Promise.all([1, 2, 3].map(() => send(transport, url)))
    const outcomes: unknown[] = []
    for (let nth = 0; nth < 6; nth++) outcomes.push(await send(transport, url))
    expect(outcomes.map((outcome) => outcome === 200)).toEqual([false, true, true, true, true, true])
  })
})

describe('a host with several addresses', () => {
  test('is reached though it is a second away and has no route for IPv6', async () => {
    const behind = await listen(createServer((_, response) => response.end('{}')))
    const { port, stop } = await startFarHost(behind)
    undo.push(stop)
    const { agentFor, close } = createConnections({ proxyFor: () => undefined })
    undo.push(close)
    const url = new URL(`http://${HOST}:${port}/`)
    const addresses = FAR_ADDRESSES
    const startedAt = performance.now()
    const answer = await new Promise((resolve, reject) => {
      const lookup = (_: string, __: object, found: (error: null, all: typeof addresses) => void): void =>
        found(null, addresses)
      const outgoing = request(url, { agent: agentFor(url, 'kept'), lookup: lookup })
      outgoing.on('response', resolve).on('error', reject).end()
    })
    expect(answer).toMatchObject({ statusCode: 200 })
    expect(performance.now() - startedAt).toBeGreaterThan(500)
  })

  test('that cannot be reached at any of them is told by each', async () => {
    const { agentFor } = createConnections({ proxyFor: () => undefined })
    const url = new URL('http://astro.test:9/')
    const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }))
    const error = await new Promise((resolve) => {
      const lookup = (_: string, __: object, found: (error: null, all: typeof addresses) => void): void =>
        found(null, addresses)
      request(url, { agent: agentFor(url, 'kept'), lookup: lookup })
        .on('error', resolve)
        .end()
    })
    expect(describeError(error)).toMatch(/ECONNREFUSED 127\.0\.0\.1:9.*; .*ECONNREFUSED 127\.0\.0\.2:9/)
  })
})
