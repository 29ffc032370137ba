import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { uploadBundle } from '../../src/deploy/upload.ts'
import type { Upload, Uploaded } from '../../src/deploy/upload.ts'
import { ActionError } from '../../src/errors.ts'
import { clientOf } from '../local-astro/client.ts'
import type { FaultRule, LoggedRequest } from '../local-astro/start.ts'
import { holdAzurite, startLocalAstro } from '../local-astro/start.ts'
import type { LocalAstro, LocalAstroOptions } from '../local-astro/start.ts'
import { makeClock } from '../make/clock.ts'
import { directly } from '../make/connections.ts'
import { failureOf } from '../make/failure.ts'

const MEGABYTE = 1024 * 1024

let release: () => Promise<void>
let astro: LocalAstro
let url: string
const servers: Server[] = []

beforeAll(async () => {
  release = await holdAzurite()
})
afterAll(() => release())
beforeEach(async () => {
  await start()
})
afterEach(async () => {
  await astro.stop()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function start(options: LocalAstroOptions = {}): Promise<void> {
  astro = await startLocalAstro(options)
  const call = clientOf(astro, astro.tokens.workspace)
  const { body } = await call('POST', `/deployments/${astro.deploymentId}/deploys`, { type: 'DAG_ONLY' })
  url = String(body.dagsUploadUrl)
}

async function* stream(...chunks: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk))
}

/** Not even two chunks of it are alike. */
function megabytes(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => Buffer.alloc(MEGABYTE, `megabyte ${i} `))
}

const upload = (options: Partial<Upload> = {}): Promise<Uploaded> =>
  uploadBundle({
    url,
    body: stream('dags'),
    agentFor: directly.agentFor,
    clock: makeClock(),
    random: () => 0,
    ...options,
  })

const uploads = (): LoggedRequest[] => astro.requests.filter(({ step }) => step === 'upload')
const partOf = ({ query }: LoggedRequest): string | undefined => query.comp?.[0]
const versions = (): readonly string[] => astro.deployments.uploads(astro.deploymentId)

/** A stand-in for the blob store that answers every request in the same way. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(request, response))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/account/container/blob?sig=c2VjcmV0`
}

describe('a bundle', () => {
  test('that is small goes in one request', async () => {
    const { versionId, bytes } = await upload({ body: stream('da', '', 'gs') })
    expect(bytes).toBe(4)
    expect(versionId).toBe(versions().at(-1))
    expect((await astro.download(astro.deploymentId, versionId)).toString()).toBe('dags')
    expect(uploads().map((request) => [request.method, partOf(request), request.contentLength])).toEqual([
      ['PUT', undefined, 4],
    ])
    expect(uploads()[0]?.headers).toMatchObject({
      'x-ms-blob-type': 'BlockBlob',
      'content-md5': 'Yn7S9J8EzN1nut/TnM5bgA==',
      'user-agent': expect.stringMatching(/^deploy-to-astro\/\d/),
    })
    expect(uploads()[0]?.headers.authorization).toBeUndefined()
  })

  test('of eight megabytes still goes in one request', async () => {
    const { versionId, bytes } = await upload({ body: stream(...megabytes(8)) })
    expect(bytes).toBe(8 * MEGABYTE)
    expect(uploads().map(partOf)).toEqual([undefined])
    const stored = await astro.download(astro.deploymentId, versionId)
    expect(stored.equals(Buffer.concat(megabytes(8)))).toBe(true)
  })

  test('that is larger goes in blocks, and arrives in order', async () => {
    const chunks = [...megabytes(21), Buffer.from('the end')]
    const { versionId, bytes } = await upload({ body: stream(...chunks) })
    expect(bytes).toBe(21 * MEGABYTE + 7)
    expect(uploads().map(partOf)).toEqual([...Array<string>(6).fill('block'), 'blocklist'])
    expect(versions()).toEqual([versionId])
    const stored = await astro.download(astro.deploymentId, versionId)
    expect(stored.equals(Buffer.concat(chunks))).toBe(true)
  })

  test('has blocks under way side by side, over no more connections than that', async () => {
    const pending: ServerResponse[] = []
    let most = 0
    const answerAll = (): void => {
      for (const response of pending.splice(0)) response.writeHead(201).end()
    }
    const target = await serve((request, response) => {
      if (request.url?.includes('comp=blocklist')) {
        response.writeHead(201, { 'x-ms-version-id': 'v1' }).end()
        return
      }
      pending.push(response)
      most = Math.max(most, pending.length)
      // Twelve blocks in rounds of four: none of them is answered before its round is complete.
      if (pending.length === 4) answerAll()
    })
    let connections = 0
    servers[0]?.on('connection', () => connections++)
    expect(await upload({ url: target, body: stream(...megabytes(48)) })).toEqual({
      versionId: 'v1',
      bytes: 48 * MEGABYTE,
    })
    expect(most).toBe(4)
    expect(connections).toBeLessThanOrEqual(4)
  })

  test('has IDs for its blocks that are as long as those of the Go SDK', async () => {
    await upload({ body: stream(...megabytes(12)) })
    const ids = uploads().flatMap(({ query }) => query.blockid ?? [])
    expect(new Set(ids).size).toBe(3)
    expect(ids.map((id) => Buffer.from(id, 'base64').length)).toEqual([64, 64, 64])
  })

  test('without content is not sent', async () => {
    expect((await failureOf(() => upload({ body: stream() }))).code).toBe('ASTRO-UPLOAD-EMPTY')
    expect(uploads()).toEqual([])
  })
})

describe('what passes', () => {
  const twice = (fault: FaultRule): FaultRule => ({ step: 'upload', times: 2, ...fault })

  test.each<[string, FaultRule]>([
    ['busy', { fault: 'status', status: 503 }],
    ['an internal error', { fault: 'status', status: 500 }],
    ['a bad gateway', { fault: 'html', status: 502 }],
    ['a gateway timeout', { fault: 'status', status: 504, body: '' }],
    ['a request timeout', { fault: 'status', status: 408, body: '' }],
    ['a connection that breaks off', { fault: 'reset' }],
    [
      'a checksum that is not met',
      { fault: 'status', status: 400, headers: { 'x-ms-error-code': 'Md5Mismatch' } },
    ],
  ])('%s: sent again, and told', async (_, fault) => {
    astro.faults.add(twice(fault))
    const lines: string[] = []
    const { versionId } = await upload({ onProgress: (line) => lines.push(line) })
    expect((await astro.download(astro.deploymentId, versionId)).toString()).toBe('dags')
    expect(uploads()).toHaveLength(3)
    expect(lines).toHaveLength(2)
    expect(lines[1]).toMatch(/^Could not send a part of the DAG bundle \(.+\)\. Attempt 3 of 5 in 0\.0 s\.$/)
  })

  test('too many requests: as late as the server asks', async () => {
    astro.faults.add({ step: 'upload', fault: 'tooManyRequests', retryAfter: 7, times: 1 })
    const clock = makeClock()
    await upload({ clock })
    expect(clock.slept).toEqual([7000])
  })

  test('but not for an hour', async () => {
    astro.faults.add({ step: 'upload', fault: 'tooManyRequests', retryAfter: 3600 })
    const clock = makeClock()
    expect((await failureOf(() => upload({ clock }))).code).toBe('ASTRO-UPLOAD-FAILED')
    expect(clock.slept).toEqual([])
    expect(uploads()).toHaveLength(1)
  })

  test('an answer that never comes', async () => {
    astro.faults.add({ step: 'upload', fault: 'hang', times: 1 })
    const { versionId } = await upload({ patienceMs: 400 })
    expect(versions()).toEqual([versionId])
  })

  test('a lost answer: the version that counts is the one that was seen', async () => {
    astro.faults.add({ step: 'upload', fault: 'resetAfterEffect', times: 1 })
    const { versionId } = await upload()
    expect(versions()).toHaveLength(2)
    expect(versionId).toBe(versions()[1])
  })

  test('failures in the midst of blocks, and of the list', async () => {
    astro.faults.add({ step: 'upload', fault: 'reset', times: 1, skip: 1 })
    astro.faults.add({ step: 'upload', fault: 'status', status: 503, times: 1, skip: 3 })
    astro.faults.add({ step: 'upload', fault: 'resetAfterEffect', times: 1, skip: 4 })
    const { versionId } = await upload({ body: stream(...megabytes(14)) })
    const failed = uploads().filter(({ fault }) => fault !== undefined)
    expect(failed.map((request) => [request.fault, partOf(request)])).toEqual([
      ['reset', 'block'],
      ['status', 'block'],
      ['resetAfterEffect', 'blocklist'],
    ])
    const stored = await astro.download(astro.deploymentId, versionId)
    expect(stored.equals(Buffer.concat(megabytes(14)))).toBe(true)
  })
})

describe('what does not pass', () => {
  test.each<[string, FaultRule, string, RegExp, number]>([
    ['busy for ever', { fault: 'status', status: 503 }, 'ASTRO-UPLOAD-FAILED', /HTTP 503 ServerBusy/, 5],
    ['a connection that always breaks off', { fault: 'reset' }, 'ASTRO-UPLOAD-UNREACHABLE', /ECONNRESET/, 5],
    ['refused', { fault: 'status', status: 403 }, 'ASTRO-UPLOAD-REFUSED', /HTTP 403 AuthenticationFailed/, 1],
    ['not found', { fault: 'status', status: 404 }, 'ASTRO-UPLOAD-FAILED', /HTTP 404 BlobNotFound/, 1],
    [
      'a web page in place of the blob store',
      { fault: 'html', status: 200 },
      'ASTRO-UPLOAD-FAILED',
      /HTTP 200/,
      1,
    ],
    [
      'blocks that are gone',
      {
        fault: 'status',
        status: 400,
        headers: { 'x-ms-error-code': 'InvalidBlockList', 'x-ms-request-id': 'r-1' },
      },
      'ASTRO-UPLOAD-INTERRUPTED',
      /HTTP 400 InvalidBlockList.*\(request ID r-1\)/,
      1,
    ],
  ])('%s is an error that says what was seen', async (_, fault, code, observed, attempts) => {
    astro.faults.add({ step: 'upload', ...fault })
    const error = await failureOf(upload)
    expect(error.code).toBe(code)
    expect(error.observed).toMatch(observed)
    expect(error.observed).toContain(new URL(url).host)
    expect(uploads()).toHaveLength(attempts)
  })

  test('an address that has expired', async () => {
    await astro.stop()
    await start({ sasLifetimeSeconds: -30 })
    const error = await failureOf(upload)
    expect(error.code).toBe('ASTRO-UPLOAD-REFUSED')
    expect(error.observed).toMatch(/HTTP 403 Auth/)
  })

  test('an address whose signature is wrong', async () => {
    const forged = new URL(url)
    forged.searchParams.set('sig', Buffer.alloc(32, 1).toString('base64'))
    const error = await failureOf(() => upload({ url: forged.href }))
    expect(error.code).toBe('ASTRO-UPLOAD-REFUSED')
  })

  test('an answer without a version', async () => {
    const target = await serve((_, response) => response.writeHead(201).end())
    const error = await failureOf(() => upload({ url: target }))
    expect(error.code).toBe('ASTRO-UPLOAD-NO-VERSION')
    expect(error.observed).toContain('x-ms-version-id')
  })

  test('a host that nobody listens at', async () => {
    const target = await serve(() => undefined)
    await new Promise((resolve) => servers.pop()?.close(resolve))
    const error = await failureOf(() => upload({ url: target }))
    expect(error.code).toBe('ASTRO-UPLOAD-UNREACHABLE')
    expect(error.observed).toMatch(/ECONNREFUSED/)
  })

  test('an answer that never comes', async () => {
    astro.faults.add({ step: 'upload', fault: 'hang' })
    const error = await failureOf(() => upload({ patienceMs: 100 }))
    expect(error.code).toBe('ASTRO-UPLOAD-UNREACHABLE')
    expect(error.observed).toContain('no answer within')
  })

  test.each([
    ['http://blobs.example.com/c/b?sig=c2VjcmV0', /http address at blobs\.example\.com/],
    ['ftp://127.0.0.1/c/b?sig=c2VjcmV0', /ftp address at 127\.0\.0\.1/],
    ['c2VjcmV0', /not a URL/],
  ])('the address %s', async (target, observed) => {
    const error = await failureOf(() => upload({ url: target }))
    expect(error.code).toBe('ASTRO-UPLOAD-URL')
    expect(error.observed).toMatch(observed)
    expect(error.message).not.toContain('c2VjcmV0')
  })

  test('never shows the signature, in no error and no line', async () => {
    const lines: string[] = []
    const onProgress = (line: string): void => void lines.push(line)
    const signature = new URL(url).searchParams.get('sig') ?? ''
    for (const fault of ['reset', 'html', 'tooManyRequests'] as const) {
      astro.faults.clear()
      astro.faults.add({ step: 'upload', fault })
      const error = await failureOf(() => upload({ onProgress }))
      lines.push(error.message, JSON.stringify(error), String(error.stack))
    }
    expect(signature.length).toBeGreaterThan(20)
    const all = lines.join('\n')
    expect(all).not.toContain(signature)
    expect(all).not.toContain(encodeURIComponent(signature))
    expect(all).not.toContain('sig=')
  })
})

describe('an upload that ends early', () => {
  test('because its body fails says what the body said, and makes no version', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      for (const chunk of megabytes(9)) yield await Promise.resolve(chunk)
      throw new ActionError({ code: 'ASTRO-DAGS-CHANGED', problem: 'It changed.', fix: 'Wait.' })
    }
    expect((await failureOf(() => upload({ body: failing() }))).code).toBe('ASTRO-DAGS-CHANGED')
    expect(versions()).toEqual([])
  })

  test('because of its signal ends with the reason, and leaves the body', async () => {
    astro.faults.add({ step: 'upload', fault: 'hang' })
    const aborting = new AbortController()
    let left = false
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (let i = 0; ; i++) {
          if (i === 40) aborting.abort(new TypeError('cancelled'))
          yield await Promise.resolve(Buffer.alloc(100_000, `${i}`))
        }
      } finally {
        left = true
      }
    }
    const chunks = endless()
    const watch = setInterval(() => {
      if (uploads().length > 0) aborting.abort(new TypeError('cancelled'))
    }, 20)
    try {
      await expect(upload({ body: chunks, signal: aborting.signal })).rejects.toThrow('cancelled')
    } finally {
      clearInterval(watch)
    }
    expect(left).toBe(true)
    expect(versions()).toEqual([])
  })

  test('because a block fails does not ask for the rest of the body', async () => {
    astro.faults.add({ step: 'upload', fault: 'status', status: 403 })
    let asked = 0
    async function* long(): AsyncGenerator<Buffer> {
      for (const chunk of megabytes(1).concat(Array<Buffer>(400).fill(Buffer.alloc(MEGABYTE)))) {
        asked++
        yield await Promise.resolve(chunk)
      }
    }
    expect((await failureOf(() => upload({ body: long() }))).code).toBe('ASTRO-UPLOAD-REFUSED')
    expect(asked).toBeLessThan(60)
  })
})

test('a long upload tells how far it is', async () => {
  const told = Promise.withResolvers<string>()
  async function* waiting(): AsyncGenerator<Buffer> {
    for (const chunk of megabytes(12)) yield await Promise.resolve(chunk)
    await told.promise
    yield Buffer.from('the end')
  }
  await upload({
    body: waiting(),
    progressEveryMs: 20,
    onProgress: (line) => {
      if (/^Uploading: (4\.2|8\.4|12\.6) MB after \d+ s\.$/.test(line)) told.resolve(line)
    },
  })
  expect(await told.promise).toMatch(/MB/)
})
