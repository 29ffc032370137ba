import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Answer = { readonly status: number; readonly body: unknown; readonly location?: string }

/** GitHub's API on loopback, as far as comparing goes. */
export type LocalGitHub = {
  readonly url: string
  /** Method, path without its query, and authorization of each request. */
  readonly requests: { readonly path: string; readonly authorization: string | undefined }[]
  stop(): Promise<void>
}

/** @param compare answers for `base` and `head` of a comparison; `path` is what was asked for */
export async function startGitHub(
  compare: (base: string, head: string, path: string) => Answer,
): Promise<LocalGitHub> {
  const requests: LocalGitHub['requests'] = []
  const server = createServer((request: IncomingMessage, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://local')
    requests.push({ path: pathname, authorization: request.headers.authorization })
    const [, base, head] =
      /\/(?:repos\/acme\/etl|repositories\/1)\/compare\/(.+?)\.\.\.(.+)$/.exec(
        decodeURIComponent(pathname),
      ) ?? []
    const answer: Answer =
      base === undefined || head === undefined
        ? { status: 404, body: { message: 'Not Found' } }
        : compare(base, head, pathname)
    const { location } = answer
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...(location ? { location } : {}),
    })
    response.end(JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/api/v3`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
