import type { HttpRequest, Request } from './request.ts'

const MOST_REDIRECTS = 3

/**
 * A `fetch` for libraries that read: it sends GET requests as all others of this action are sent, with its proxies, time limits
 * and retries. Follows redirects on the same host, as GitHub gives them for a repository that was renamed.
 */
export function fetchThrough(
  request: Request,
  how: Pick<HttpRequest, 'what' | 'budgetMs'>,
): (url: string, init: { readonly headers: Readonly<Record<string, string>> }) => Promise<Response> {
  return async (first, { headers }) => {
    let url = first
    for (let redirects = 0; ; redirects++) {
      const answer = await request({
        ...how,
        method: 'GET',
        url,
        headers,
        repeat: 'always',
        expectJson: true,
      })
      const location = answer.status >= 300 && answer.status < 400 ? answer.headers.location : undefined
      const next = location === undefined ? undefined : new URL(location, url)
      if (next?.origin !== new URL(url).origin || redirects >= MOST_REDIRECTS) {
        return asResponse(answer)
      }
      url = next.href
    }
  }
}

function asResponse({ status, headers, text }: Awaited<ReturnType<Request>>): Response {
  const type = headers['content-type']
  return new Response(text === '' ? null : text, {
    status,
    headers: type === undefined ? {} : { 'content-type': type },
  })
}
