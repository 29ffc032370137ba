import http from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { Forwarded } from './blobs.ts'
import { answerRequest, errorBody, stepOfRequest } from './control-plane.ts'
import type { ControlPlane, PlainAnswer } from './control-plane.ts'
import type { FaultRule, FaultRules, Step } from './faults.ts'
import { loggedHeaders, loggedQuery } from './request-log.ts'
import type { LoggedRequest } from './request-log.ts'
import { storageError } from './storage-error.ts'

type Server = {
  origin: string
  requests: LoggedRequest[]
  stop(): Promise<void>
}

/** An answer before it is sent: the control plane's, or a blob answer that streams through. */
type Prepared = PlainAnswer | { forwarded: Forwarded }

const sentinelOrigin = 'http://local'

/** The local Astro's one listener: faults, latency and the log around control plane and blob front. */
export async function listen(
  plane: ControlPlane,
  faults: Pick<FaultRules, 'take' | 'tookEffect'>,
): Promise<Server> {
  const { settings } = plane.store
  const requests: LoggedRequest[] = []
  const stopping = new AbortController()

  async function wait(ms: number): Promise<void> {
    if (ms > 0) await delay(ms, undefined, { signal: stopping.signal })
  }

  function kindOfToken(authorization: string | undefined): string | undefined {
    try {
      return plane.tokens.authenticate(authorization).kind
    } catch {
      return undefined
    }
  }

  /** An answer that a fault gives in place of everything else. */
  function faultAnswer(rule: FaultRule, step: Step | undefined): PlainAnswer | undefined {
    const usual = (status: number): PlainAnswer => {
      if (step === 'upload') return storageError(status)
      if (step === 'token') {
        return { status, body: { error: 'server_error', error_description: `Answered ${status} on demand` } }
      }
      if (step === 'airflow') return { status, body: { detail: `Answered ${status} on demand` } }
      return { status, body: errorBody(status, `Answered ${status} on demand`) }
    }
    switch (rule.fault) {
      case 'status': {
        const answer = usual(rule.status)
        return {
          status: rule.status,
          body: rule.body ?? answer.body,
          headers: { ...(rule.body === undefined ? answer.headers : {}), ...rule.headers },
        }
      }
      case 'html': {
        const status = rule.status ?? 502
        const body = `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body>Bad gateway</body></html>\n`
        return { status, body, headers: { 'content-type': 'text/html; charset=utf-8' } }
      }
      case 'tooManyRequests':
        return {
          ...usual(429),
          headers: { ...usual(429).headers, 'retry-after': String(rule.retryAfter ?? 1) },
        }
      case 'reset':
      case 'resetAfterEffect':
      case 'hang':
      case 'hangAfterEffect':
      case 'slow':
      case 'truncated':
        return undefined
    }
  }

  async function prepare(request: IncomingMessage, url: URL, entry: LoggedRequest): Promise<Prepared> {
    if (url.pathname.startsWith(plane.blobs.prefix)) {
      const length = request.headers['content-length']
      if (length !== undefined) entry.contentLength = Number(length)
      if (request.headers.authorization !== undefined) return storageError(403)
      if (request.method === 'PUT' && length === undefined) return storageError(411)
      const forwarded = await plane.blobs.forward(request)
      if (forwarded.headers['x-ms-error-code'] !== 'AuthorizationFailure') return { forwarded }
      // The real store has another word for a signature that does not count.
      forwarded.body.destroy()
      return storageError(403)
    }
    const text = await readText(request)
    entry.body = loggedBody(request, text)
    const origin = `http://${request.headers.host ?? new URL(server.origin).host}`
    const { method = 'GET', headers } = request
    return answerRequest(plane, { method, url, headers, text, origin })
  }

  async function respond(
    prepared: Prepared,
    response: ServerResponse,
    rule: FaultRule | undefined,
  ): Promise<void> {
    if (rule?.fault === 'slow') await wait(rule.ms)
    await wait(settings.latencyMs)
    if (response.destroyed) {
      if ('forwarded' in prepared) prepared.forwarded.body.destroy()
      return
    }
    if ('forwarded' in prepared) return plane.blobs.send(prepared.forwarded, response)
    const { status, body, headers } = prepared
    const full = Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body))
    const half = full.subarray(0, Math.floor(full.length / 2))
    const cut = rule?.fault === 'truncated'
    const announced = cut && rule.how === 'json' ? half.length : full.length
    response.writeHead(status, {
      ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      ...(status === 204 ? {} : { 'content-length': announced }),
      ...headers,
    })
    if (!cut) return void response.end(full)
    response.write(half, () => {
      if (announced === half.length) response.end()
      else response.destroy()
    })
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET' } = request
    const url = new URL(request.url ?? '/', sentinelOrigin)
    const isBlob = url.pathname.startsWith(plane.blobs.prefix)
    const step = isBlob ? (method === 'PUT' ? 'upload' : undefined) : stepOfRequest(method, url.pathname)
    const entry: LoggedRequest = {
      at: settings.now(),
      method,
      path: url.pathname,
      query: loggedQuery(url.searchParams),
      step,
      headers: loggedHeaders(request.headers, kindOfToken(request.headers.authorization)),
    }
    requests.push(entry)
    const started = performance.now()
    response.once('close', () => {
      entry.durationMs = performance.now() - started
      if (response.headersSent) entry.status = response.statusCode
      const outcome = entry.status ?? 'no answer'
      const fault = entry.fault === undefined ? '' : ` (fault: ${entry.fault})`
      const path = isBlob ? url.pathname.replace(/^(\/\w+)\/.*\//, '$1/…/') : url.pathname
      settings.log?.(`${method} ${path} ${outcome} ${entry.durationMs.toFixed(0)} ms${fault}`)
    })

    const rule = faults.take({ step, method, path: url.pathname })
    if (rule) entry.fault = rule.fault
    if (rule?.fault === 'reset') return void request.socket.resetAndDestroy()
    if (rule?.fault === 'hang') return void request.resume()
    const instead = rule && faultAnswer(rule, step)
    if (instead) {
      if (isBlob) request.resume()
      else entry.body = loggedBody(request, await readText(request))
      return respond(instead, response, rule)
    }
    const prepared = await prepare(request, url, entry)
    if (('forwarded' in prepared ? prepared.forwarded : prepared).status < 300) faults.tookEffect(step)
    if (rule?.fault === 'resetAfterEffect' || rule?.fault === 'hangAfterEffect') {
      if ('forwarded' in prepared) prepared.forwarded.body.destroy()
      if (rule.fault === 'resetAfterEffect') request.socket.resetAndDestroy()
      return
    }
    return respond(prepared, response, rule)
  }

  const listener = http.createServer((request, response) => {
    // A client that goes away in the middle, or the end of the local Astro: nobody is left to tell.
    serve(request, response).catch(() => request.socket.destroy())
  })
  listener.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(settings.port, settings.host, resolve)
  })
  const address = listener.address()
  const port = typeof address === 'object' && address !== null ? address.port : settings.port
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host

  const server: Server = {
    origin: `http://${host}:${port}`,
    requests,
    async stop() {
      stopping.abort()
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()))
      listener.closeAllConnections()
      await closed
    },
  }
  return server
}

function loggedBody(request: IncomingMessage, text: string): unknown {
  const type = request.headers['content-type'] ?? ''
  if (type.includes('form-urlencoded')) {
    const fields = Object.fromEntries(new URLSearchParams(text))
    return 'client_secret' in fields ? { ...fields, client_secret: '***' } : fields
  }
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
