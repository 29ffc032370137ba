import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { createConnections } from '../../src/http/connections.ts'
import { HttpFailure } from '../../src/http/failure.ts'
import { createTransport } from '../../src/http/transport.ts'

describe('a single attempt on a real socket', () => {
  let server: Server | undefined
  afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())))

  const listen = (created: Server): Promise<URL> => {
    server = created
    return new Promise((resolve) =>
      created.listen(0, '127.0.0.1', () =>
        resolve(new URL(`http://127.0.0.1:${(created.address() as AddressInfo).port}/x`)),
      ),
    )
  }
  const failure = async (url: URL, timeoutMs = 5_000, signal?: AbortSignal): Promise<HttpFailure> => {
    const connections = createConnections({ proxyFor: () => undefined, connectTimeoutMs: 1_000 })
    try {
      const send = createTransport(connections)
      await send({ method: 'GET', url, headers: {}, timeoutMs, connection: 'kept', signal })
    } catch (error) {
      if (error instanceof HttpFailure) return error
      throw error
    } finally {
      connections.close()
    }
    throw new Error('expected a failure')
  }

  test('a refused connection cannot have had an effect', async () => {
    const url = await listen(createTcpServer())
    await new Promise<void>((resolve) => server?.close(() => resolve()))
    server = undefined
    const { reached, message } = await failure(url)
    expect(reached).toBe(false)
    expect(message).toContain('ECONNREFUSED')
  })

  test('an unknown host cannot have had an effect', async () => {
    expect((await failure(new URL('http://astro.invalid/'))).reached).toBe(false)
  })

  test('a connection that breaks before the answer may have had one', async () => {
    const url = await listen(createTcpServer((socket) => socket.once('data', () => socket.destroy())))
    expect((await failure(url)).reached).toBe(true)
  })

  test('an answer that ends before its promised length is no answer', async () => {
    const url = await listen(
      createTcpServer((socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort')),
      ),
    )
    const { reached, message } = await failure(url)
    expect(reached).toBe(true)
    expect(message).toContain('broke off')
  })

  test('a server that says nothing is given up on', async () => {
    const sockets: { destroy(): unknown }[] = []
    const url = await listen(createTcpServer((socket) => void sockets.push(socket)))
    const { message, reached } = await failure(url, 50)
    for (const socket of sockets) socket.destroy()
    expect(message).toBe('no complete answer within 0.05 s')
    expect(reached).toBe(true)
  })

  test('aborting ends an attempt with the reason', async () => {
    const sockets: { destroy(): unknown }[] = []
    const controller = new AbortController()
    const url = await listen(
      createTcpServer((socket) => {
        sockets.push(socket)
        controller.abort(new Error('cancelled'))
      }),
    )
    await expect(failure(url, 5_000, controller.signal)).rejects.toThrow('cancelled')
    for (const socket of sockets) socket.destroy()
  })

  test('one connection serves one call after the other', async () => {
    let opened = 0
    const http = createServer((_, response) => response.end('{}'))
    http.on('connection', () => opened++)
    const url = await listen(http)
    const connections = createConnections({ proxyFor: () => undefined })
    const send = createTransport(connections)
    for (let call = 0; call < 3; call++) {
      await send({ method: 'GET', url, headers: {}, timeoutMs: 5_000, connection: 'kept' })
    }
    connections.close()
    expect(opened).toBe(1)
  })
})
