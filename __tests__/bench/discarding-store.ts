import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A blob store that keeps nothing: what an upload costs the client when the store is on another machine. */
export async function startDiscardingStore(): Promise<{ url: string; stop: () => void }> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(201, { 'x-ms-version-id': 'discarded' }).end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/account/container/blob?sig=none`,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
