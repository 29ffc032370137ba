import * as http from 'node:http'
import * as https from 'node:https'
import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { PeerCertificate } from 'node:tls'
import { TLSSocket } from 'node:tls'
import { describeError } from '../errors.ts'
import { Obstacle } from './obstacle.ts'
import type { Proxy, ProxyFor } from './proxy.ts'

/**
 * - `kept`: any connection of the pool.
 * - `fresh`: one of its own. A load balancer may reset connections that were used before, which a request that cannot be sent
 *   twice would pay for.
 */
export type ConnectionUse = 'kept' | 'fresh'

export type Connections = {
  /**
   * The agent for requests to a URL. A request gets its `socket` once that is connected, through the proxy if there is one
   * and with TLS done. What fails before fails the request with an Obstacle or the system's error.
   */
  readonly agentFor: (url: URL, use: ConnectionUse) => http.Agent
  readonly close: () => void
}

/** From the first packet to the end of the TLS handshake, the proxy's part included. */
const CONNECT_TIMEOUT_MS = 10_000
/**
 * For each address of a host that has several. Node's own 250 ms are less than one round trip to a distant host, which then
 * could not be reached at all.
 */
const ADDRESS_TIMEOUT_MS = 2_000

export function createConnections({
  proxyFor,
  connectTimeoutMs = CONNECT_TIMEOUT_MS,
}: {
  readonly proxyFor: ProxyFor
  readonly connectTimeoutMs?: number
}): Connections {
  const agents = new Map<string, http.Agent>()
  return {
    agentFor(url, use) {
      const key = `${use} ${url.origin}`
      const agent = agents.get(key) ?? createAgent(url, use, proxyFor(url), connectTimeoutMs)
      agents.set(key, agent)
      return agent
    },
    close() {
      for (const agent of agents.values()) agent.destroy()
      agents.clear()
    },
  }
}

/** What an agent is asked to connect to, as far as it is read here. */
type Target = {
  readonly host?: string | null | undefined
  readonly port?: string | number | null | undefined
}

function createAgent(
  url: URL,
  use: ConnectionUse,
  proxy: Proxy | undefined,
  connectTimeoutMs: number,
): http.Agent {
  const isSecure = url.protocol === 'https:'
  const options = {
    keepAlive: use === 'kept',
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
  }
  const agent = isSecure ? new https.Agent(options) : new http.Agent(options)
  const begin = agent.createConnection.bind(agent) as (target: object) => Socket

  const connect = async (target: Target): Promise<Socket> => {
    const limit = new AbortController()
    const tooLate = new Error(`no connection within ${connectTimeoutMs / 1000} s`)
    const timer = setTimeout(() => limit.abort(tooLate), connectTimeoutMs)
    try {
      const tunnel = proxy && (await openTunnel(proxy, target, limit.signal))
      if (tunnel && !isSecure) return tunnel
      const socket = begin(tunnel ? { ...target, socket: tunnel } : target)
      await whenReady(socket, url.host, limit.signal)
      return socket
    } catch (error) {
      throw limit.signal.aborted ? tooLate : error
    } finally {
      clearTimeout(timer)
    }
  }
  agent.createConnection = (target, callback) => {
    connect(target).then(
      (socket) => callback?.(null, socket),
      // An agent takes no socket beside an error.
      (error: unknown) => callback?.(error as Error, undefined as unknown as Duplex),
    )
    return undefined
  }
  return stopKeepingAfterReset(agent)
}

/** Once a connection broke as it was used again, no other one is: whoever is on the way resets them all. */
function stopKeepingAfterReset<A extends http.Agent>(agent: A): A {
  let isReset = false
  const keep = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => boolean
  const reuse = agent.reuseSocket.bind(agent)
  agent.keepSocketAlive = (socket) => !isReset && keep(socket)
  agent.reuseSocket = (socket, request) => {
    reuse(socket, request)
    request.once('error', () => {
      isReset = true
      for (const free of Object.values(agent.freeSockets).flat()) free?.destroy()
    })
  }
  return agent
}

/**
 * Opens a tunnel to a host through a proxy. Rejects with an Obstacle when the proxy wants credentials or refuses, or its own
 * certificate is not trusted.
 */
function openTunnel(proxy: Proxy, { host, port }: Target, signal: AbortSignal): Promise<Socket> {
  const name = `${host?.includes(':') ? `[${host}]` : host}:${port}`
  const via = `${proxy.host}:${proxy.port}`
  const connect = (proxy.isSecure ? https : http).request({
    method: 'CONNECT',
    host: proxy.host,
    port: proxy.port,
    path: name,
    headers: {
      host: name,
      ...(proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization }),
    },
    agent: false,
    signal,
    ...{ autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS },
    // Otherwise Node would take the name for TLS from the Host header.
    ...(proxy.isSecure ? { servername: isIP(proxy.host) === 0 ? proxy.host : '' } : {}),
  })
  return new Promise((resolve, reject) => {
    connect.once('socket', (socket) => {
      if (socket instanceof TLSSocket) rememberPeer(socket)
      connect.once('error', (error) => reject(untrusted(socket, via) ?? unreachedProxy(via, error)))
    })
    connect.once('connect', ({ statusCode = 0 }, socket: Socket) => {
      if (statusCode >= 200 && statusCode < 300) {
        resolve(socket)
        return
      }
      socket.destroy()
      reject(refusedBy(via, statusCode, name))
    })
    connect.end()
  })
}

const unreachedProxy = (via: string, error: Error): Error =>
  new Error(`the proxy ${via} could not be used: ${describeError(error)}`, { cause: error })

/** A proxy that cannot reach the host, or is overloaded, may do better the next time; any other refusal stands. */
function refusedBy(via: string, status: number, name: string): Error {
  const observed = `the proxy ${via} answered HTTP ${status} when asked for ${name}`
  if (status === 407) return new Obstacle('ASTRO-NETWORK-PROXY-LOGIN', observed)
  if (status < 300 || status === 408 || status === 429 || status >= 500) return new Error(observed)
  return new Obstacle('ASTRO-NETWORK-PROXY-REFUSED', observed)
}

function whenReady(socket: Socket, host: string, signal: AbortSignal): Promise<void> {
  const event = socket instanceof TLSSocket ? 'secureConnect' : 'connect'
  if (socket instanceof TLSSocket) rememberPeer(socket)
  return new Promise((resolve, reject) => {
    const onAbort = (): void => void socket.destroy(signal.reason as Error)
    const onError = (error: Error): void => settle(() => reject(untrusted(socket, host) ?? error))
    const onReady = (): void => settle(resolve)
    const settle = (how: () => void): void => {
      signal.removeEventListener('abort', onAbort)
      socket.off(event, onReady)
      socket.off('error', onError)
      how()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once(event, onReady)
    socket.once('error', onError)
  })
}

const peers = new WeakMap<Socket, PeerCertificate>()

/** A certificate can be read until it is found wanting: that closes the socket. `secure` comes just before. */
function rememberPeer(socket: TLSSocket): void {
  socket.prependOnceListener('secure', () => peers.set(socket, socket.getPeerCertificate()))
}

/** The obstacle, when a connection failed because the certificate of the other side was not accepted. */
function untrusted(socket: Socket, host: string): Obstacle | undefined {
  const why: unknown = socket instanceof TLSSocket ? socket.authorizationError : undefined
  if (typeof why !== 'string') return undefined
  const { issuer, subject } = peers.get(socket) ?? {}
  const by = nameOf(issuer)
  return new Obstacle(
    'ASTRO-NETWORK-CERTIFICATE',
    `the certificate of ${host}${by === undefined ? '' : `, issued by ${by} to ${nameOf(subject) ?? 'no name'},`} is not trusted (${why})`,
  )
}

function nameOf(subject: PeerCertificate['subject'] | undefined): string | undefined {
  const names = [subject?.CN, subject?.O].flat().filter((name) => name !== undefined)
  return names.length === 0 ? undefined : `"${names.join(', ')}"`
}
