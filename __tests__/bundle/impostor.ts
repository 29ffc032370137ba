import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from '@jest/globals'

export type Impostor = {
  readonly origin: string
  /** Method and path of everything that was asked for, and each body. */
  readonly requests: readonly string[]
  readonly bodies: readonly string[]
}

const running: http.Server[] = []
afterEach(async () => {
  await Promise.all(
    running.splice(0).map((server) => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    }),
  )
})

/**
 * A server on loopback that is not Astro. Gone after the test.
 *
 * @param answer to everything; it is given the server's own address and the body of the request
 */
export async function startImpostor(
  answer: (
    origin: string,
    asked: string,
  ) => { status: number; headers?: Record<string, string>; body: string },
): Promise<Impostor> {
  const requests: string[] = []
  const bodies: string[] = []
  const server = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString())
      const { status, headers = {}, body } = answer(origin, bodies.at(-1) ?? '')
      response.writeHead(status, headers).end(body)
    })
  })
  running.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, requests, bodies }
}
