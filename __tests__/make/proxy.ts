import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

/** What a proxy does with the nth request for a tunnel, counted from 1. */
export type ProxyManner =
  | { readonly kind: 'open' }
  /** Answers this status in place of opening a tunnel. */
  | { readonly kind: 'refuse'; readonly status: number }
  /** Takes the request and never answers. */
  | { readonly kind: 'silent' }

export type LocalProxy = {
  readonly port: number
  /** Where it was asked to connect to, with the Proxy-Authorization header. */
  readonly asked: { readonly to: string; readonly authorization: string | undefined }[]
  readonly stop: () => Promise<void>
}

/**
 * An HTTP proxy on loopback for tunnels only.
 *
 * @param route the port on loopback at which the named host really is
 */
export async function startProxy(
  route: (to: string) => number,
  manner: (ask: LocalProxy['asked'][number], nth: number) => ProxyManner = () => ({ kind: 'open' }),
): Promise<LocalProxy> {
  const asked: LocalProxy['asked'] = []
  const sockets = new Set<Duplex>()
  const server = createServer((_, response) => response.writeHead(501).end())
  server.on('connect', ({ url = '', headers }, client: Duplex) => {
    sockets.add(client)
    client.on('error', () => undefined)
    const ask = { to: url, authorization: headers['proxy-authorization'] }
    asked.push(ask)
    const how = manner(ask, asked.length)
    if (how.kind === 'silent') return
    if (how.kind === 'refuse') {
      client.end(`HTTP/1.1 ${how.status} No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const target = connect(route(url), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      client.pipe(target).pipe(client)
    })
    sockets.add(target)
    target.on('error', () => client.destroy())
    target.on('close', () => client.destroy())
    client.on('close', () => target.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
