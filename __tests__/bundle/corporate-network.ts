import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificates } from '../make/certificates.ts'
import { makeCertificates } from '../make/certificates.ts'
import type { LocalProxy, ProxyManner } from '../make/proxy.ts'
import { startProxy } from '../make/proxy.ts'

/** Names that only the proxy can reach. */
export const ASTRO_HOST = 'astro.test'
export const STORE_HOST = 'blobs.test'

/** The local Astro as a company's runner sees it: behind TLS, and behind a proxy that alone knows its name. */
export type CorporateNetwork = {
  /** The value of the `domain` input. */
  readonly domain: string
  /** Host and port of the proxy. */
  readonly proxy: string
  readonly asked: LocalProxy['asked']
  /** The file with the certificate of the authority that Astro's certificate is from. */
  readonly authority: string
  readonly stop: () => Promise<void>
}

/**
 * @param options.store puts the blob store behind TLS too; `isShown` has the deploy history show an upload address; its
 *   authority is another one
 */
export async function startCorporateNetwork(
  origin: () => string,
  options: {
    readonly manner?: (ask: LocalProxy['asked'][number], nth: number) => ProxyManner
    readonly store?: { readonly isShown: boolean }
  } = {},
): Promise<CorporateNetwork> {
  const authorities = await Promise.all([
    makeCertificates([ASTRO_HOST]),
    makeCertificates([STORE_HOST], 'Storage Inspection CA'),
  ])
  const [ours, stores] = authorities
  const astro = await startFront(ours, origin, (url, body) => {
    if (!options.store || !url.includes('/deploys')) return body
    const shown = `"dagsUploadUrl":"https://${STORE_HOST}/container/blob?sig=former-signature"`
    return body
      .replace(/(?<="dagsUploadUrl":")http:\/\/[^/]+/, `https://${STORE_HOST}`)
      .replace(/(?<="deploys":\[\{)/, options.store.isShown ? `${shown},` : '')
  })
  const store = await startFront(stores, origin, (_, body) => body)
  const proxy = await startProxy(
    (to) => (to.startsWith(STORE_HOST) ? store.port : astro.port),
    options.manner,
  )
  return {
    domain: `https://${ASTRO_HOST}:${astro.port}`,
    proxy: `127.0.0.1:${proxy.port}`,
    asked: proxy.asked,
    authority: ours.authority,
    async stop() {
      await proxy.stop()
      for (const front of [astro, store]) front.stop()
      for (const authority of authorities) authority.remove()
    },
  }
}

type Front = { readonly port: number; stop(): void }

/** TLS in front of a server on loopback. */
async function startFront(
  { server: identity }: Certificates,
  origin: () => string,
  rewrite: (path: string, body: string) => string,
): Promise<Front> {
  const server: Server = createServer(identity, (incoming, answer) => {
    const { method = 'GET', url = '/' } = incoming
    // The local Astro names itself by the host that it was asked at, which must be one that the blob store answers to.
    const headers = { ...incoming.headers, host: new URL(origin()).host }
    const inner = request(new URL(url, origin()), { method, headers })
    inner.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const body = rewrite(url, Buffer.concat(chunks).toString('utf8'))
        answer.writeHead(response.statusCode ?? 500, {
          ...response.headers,
          'content-length': Buffer.byteLength(body),
        })
        answer.end(body)
      })
    })
    inner.on('error', () => answer.destroy())
    incoming.pipe(inner)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
