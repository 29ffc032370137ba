import * as http from 'node:http'
import * as https from 'node:https'
import { HttpClient } from '@actions/http-client'
import { describeError } from '../errors.ts'

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type WireRequest = {
  readonly method: HttpMethod
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** From the start of the attempt to the last byte of the answer, in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

export type WireResponse = {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

/**
 * No answer came. `reached: false` means that the request never left this machine (name lookup, connect, TLS), so it
 * cannot have had an effect; otherwise nobody knows.
 */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure'
  readonly reached: boolean

  constructor(message: string, reached: boolean, cause?: unknown) {
    super(message, { cause })
    this.reached = reached
  }

  /** What was seen of it, as a sentence. */
  describe(host: string): string {
    return this.reached
      ? `${host} took the request but gave no complete answer: ${this.message}.`
      : `${host} could not be reached: ${this.message}.`
  }
}

/** One attempt at one request: resolves with any status, rejects with HttpFailure or the signal's reason. */
export type Transport = (request: WireRequest) => Promise<WireResponse>

const CONNECT_TIMEOUT_MS = 10_000
const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024

/**
 * A Transport over Node's own http with one kept-alive pool a host. Proxies come from `https_proxy`, `http_proxy` and
 * `no_proxy`, by the rules of @actions/http-client; loopback is never proxied. Redirects are answers, not followed.
 */
export function createTransport(options: { connectTimeoutMs?: number } = {}): {
  readonly send: Transport
  readonly close: () => void
} {
  const clients = new Map<string, HttpClient>()
  const connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS

  const agentFor = (url: URL): http.Agent => {
    let client = clients.get(url.origin)
    if (!client) {
      client = new HttpClient(undefined, [], { keepAlive: true, maxSockets: 8 })
      clients.set(url.origin, client)
    }
    return client.getAgent(url.href)
  }

  return {
    send: (request) => attempt(request, agentFor(request.url), connectTimeoutMs),
    close() {
      for (const client of clients.values()) client.dispose()
      clients.clear()
    },
  }
}

function attempt(request: WireRequest, agent: http.Agent, connectTimeoutMs: number): Promise<WireResponse> {
  const { url, signal } = request
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    let connected = false
    let settled = false
    let connectTimer: NodeJS.Timeout | undefined

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
      clearTimeout(connectTimer)
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

    outgoing.on('socket', (socket) => {
      if (!socket.connecting) {
        connected = true
        return
      }
      connectTimer = setTimeout(
        () => fail(`no connection within ${connectTimeoutMs / 1000} s`),
        Math.min(connectTimeoutMs, request.timeoutMs),
      )
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        connected = true
        clearTimeout(connectTimer)
      })
    })
    outgoing.on('error', (error) => fail(describeError(error), error))
    outgoing.on('response', (incoming) => {
      connected = true
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
