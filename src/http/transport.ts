import * as http from 'node:http'
import * as https from 'node:https'
import { describeError } from '../errors.ts'
import type { Connections, ConnectionUse } from './connections.ts'
import { HttpFailure } from './failure.ts'
import { Obstacle } from './obstacle.ts'

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type WireRequest = {
  readonly method: HttpMethod
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** From the start of the attempt to the last byte of the answer, in milliseconds. */
  readonly timeoutMs: number
  readonly connection: ConnectionUse
  readonly signal?: AbortSignal | undefined
}

export type WireResponse = {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

/** One attempt at one request: resolves with any status, rejects with HttpFailure or the signal's reason. */
export type Transport = (request: WireRequest) => Promise<WireResponse>

const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024

/** A Transport over Node's own http. Redirects are answers, not followed. */
export function createTransport({ agentFor }: Pick<Connections, 'agentFor'>): Transport {
  return (request) => attempt(request, agentFor(request.url, request.connection))
}

function attempt(request: WireRequest, agent: http.Agent): Promise<WireResponse> {
  const { url, signal } = request
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    let connected = false
    let settled = false

    const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
      method: request.method,
      agent,
      headers: {
        ...request.headers,
        ...(request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }),
      },
    })

    const settle = (end: () => void): void => {
      if (settled) return
      settled = true
      clearTimeout(totalTimer)
      signal?.removeEventListener('abort', onAbort)
      end()
    }
    const fail = (message: string, cause?: unknown): void => {
      settle(() => reject(new HttpFailure(message, connected, cause)))
      outgoing.destroy()
    }
    const onAbort = (): void => {
      settle(() => reject(signal?.reason as Error))
      outgoing.destroy()
    }
    const totalTimer = setTimeout(
      () => fail(`no complete answer within ${request.timeoutMs / 1000} s`),
      request.timeoutMs,
    )
    signal?.addEventListener('abort', onAbort, { once: true })

    outgoing.on('socket', () => (connected = true))
    outgoing.on('error', (error) =>
      fail(error instanceof Obstacle ? error.message : describeError(error), error),
    )
    outgoing.on('upgrade', (incoming, socket) => {
      socket.destroy()
      fail(`HTTP ${incoming.statusCode ?? 101}, which nobody asked for`)
    })
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = []
      let size = 0
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > LARGEST_ANSWER_BYTES) fail(`the answer is larger than ${LARGEST_ANSWER_BYTES} bytes`)
        else chunks.push(chunk)
      })
      incoming.on('error', (error) => fail(`the answer broke off: ${describeError(error)}`, error))
      incoming.on('end', () =>
        settle(() =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        ),
      )
    })
    outgoing.end(request.body)
  })
}
