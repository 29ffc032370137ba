import { createHash, getFips, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import { ActionError } from '../errors.ts'
import { retryAfter, retryDelay } from '../http/retry.ts'
import { release } from '../project/memory.ts'
import { VERSION } from '../user-agent.ts'
import type { Blob } from './blob.ts'
import { openBlob } from './blob.ts'
import type { UploadFailure } from './upload-failure.ts'
import { describeFailure, isTransient, readFailure, timedOut, uploadError } from './upload-failure.ts'

export type Upload = {
  /** Where to: a SAS URL. Its query is a secret and is in no message. */
  readonly url: string
  /** The whole content, at least one byte. Buffers that came from `allocate` of memory.ts are released. */
  readonly body: AsyncIterable<Buffer>
  readonly signal?: AbortSignal
  /** Takes lines for the log: retries, and how far a long upload is. */
  readonly onProgress?: (line: string) => void
  readonly userAgent?: string
  readonly clock?: Clock
  readonly random?: () => number
  readonly progressEveryMs?: number
  /** How long one request may take, on top of what its bytes need on a slow line. */
  readonly patienceMs?: number
}

export type Uploaded = {
  /** Azure's version of the blob, as `finalize` wants it: `2024-01-12T18:32:20.5898930Z`. */
  readonly versionId: string
  readonly bytes: number
}

const BLOCK_BYTES = 4 * 1024 * 1024
/** Up to this many blocks go in one request, which is one round trip; more are staged side by side and then listed. */
const BLOCKS_IN_ONE_REQUEST = 2
const CONNECTIONS = 4
const ATTEMPTS = 5
const SLOWEST_BYTES_PER_MS = 32
const PATIENCE_MS = 30_000
const PROGRESS_EVERY_MS = 5_000

/**
 * Stores a bundle in the blob that a SAS URL names. Every request is repeated after transient failures; each completed
 * upload makes a version of its own, and the one that is returned is complete, whatever happened before.
 *
 * @throws ActionError ASTRO-UPLOAD-…; the signal's reason; what `body` throws
 */
export async function uploadBundle(upload: Upload): Promise<Uploaded> {
  const url = checkedUrl(upload.url)
  const userAgent = upload.userAgent ?? `deploy-to-astro/${VERSION}`
  const blob = await openBlob(url, { userAgent, connections: CONNECTIONS })
  const stopped = new AbortController()
  const signal = upload.signal ? AbortSignal.any([upload.signal, stopped.signal]) : stopped.signal
  const progress = reportProgress(upload)
  try {
    const { versionId, bytes } = await send(blob, url, upload, signal, progress.sent)
    if (versionId === undefined || versionId === '') throw versionMissing(url)
    return { versionId, bytes }
  } finally {
    progress.stop()
    stopped.abort()
    blob.close()
  }
}

type Sent = { readonly versionId: string | undefined; readonly bytes: number }

async function send(
  blob: Blob,
  url: URL,
  upload: Upload,
  signal: AbortSignal,
  onSent: (bytes: number) => void,
): Promise<Sent> {
  const { client } = blob
  const attempt = <T>(bytes: number, request: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    repeatedly(upload, url, signal, bytes, request)

  const newId = blockIds()
  const ids: string[] = []
  const idle: Buffer[] = []
  const waiting: Buffer[] = []
  const underWay = new Set<Promise<void>>()
  let failed: { readonly error: unknown } | undefined
  let bytes = 0

  const stage = async (block: Buffer): Promise<void> => {
    while (underWay.size >= CONNECTIONS) await Promise.race(underWay)
    const id = newId()
    ids.push(id)
    const integrity = checksumOf([block])
    const staging = attempt(block.length, (abortSignal) =>
      client.stageBlock(id, block, block.length, { abortSignal, ...integrity }),
    )
      .then(() => {
        onSent(block.length)
        idle.push(block)
      })
      .catch((error: unknown) => {
        failed ??= { error }
      })
      .finally(() => underWay.delete(staging))
    underWay.add(staging)
  }
  const throwFailed = (): void => {
    if (failed) throw failed.error
  }

  for await (const block of inBlocks(upload.body, idle)) {
    signal.throwIfAborted()
    throwFailed()
    bytes += block.length
    waiting.push(block)
    if (ids.length > 0 || waiting.length > BLOCKS_IN_ONE_REQUEST) {
      for (const ready of waiting.splice(0)) await stage(ready)
    }
  }
  signal.throwIfAborted()
  if (bytes === 0) throw nothingToSend()

  if (ids.length === 0) {
    const integrity = checksumOf(waiting)
    const { versionId } = await attempt(bytes, (abortSignal) =>
      client.upload(() => Readable.from(waiting), bytes, { abortSignal, ...integrity }),
    )
    return { versionId, bytes }
  }
  await Promise.all(underWay)
  throwFailed()
  const { versionId } = await attempt(0, (abortSignal) => client.commitBlockList(ids, { abortSignal }))
  return { versionId, bytes }
}

/** Lets the blob store refuse what did not arrive as it was sent. MD5 is the checksum that it takes; FIPS forbids it. */
function checksumOf(blocks: readonly Buffer[]): { transactionalContentMD5?: Uint8Array } {
  if (getFips() === 1) return {}
  const hash = createHash('md5')
  for (const block of blocks) hash.update(block)
  return { transactionalContentMD5: hash.digest() }
}

/** Full blocks, and a last one of what is left. Blocks in `idle` are used again. */
async function* inBlocks(body: AsyncIterable<Buffer>, idle: Buffer[]): AsyncGenerator<Buffer, void> {
  let block: Buffer | undefined
  let used = 0
  for await (const chunk of body) {
    let taken = 0
    while (taken < chunk.length) {
      block ??= idle.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES)
      const copied = chunk.copy(block, used, taken)
      taken += copied
      used += copied
      if (used === block.length) {
        yield block
        block = undefined
        used = 0
      }
    }
    release(chunk)
  }
  if (block && used > 0) yield block.subarray(0, used)
}

/**
 * IDs are 64 bytes because Azure wants those of all uncommitted blocks of a blob to be equally long, other clients'
 * included, and the Go SDK (in the Astro CLI) makes them so: an upload that it left unfinished does not get in the way.
 */
function blockIds(): () => string {
  const prefix = randomBytes(30).toString('hex')
  let next = 0
  return () => Buffer.from(prefix + String(next++).padStart(4, '0')).toString('base64')
}

async function repeatedly<T>(
  upload: Upload,
  url: URL,
  signal: AbortSignal,
  bytes: number,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const clock = upload.clock ?? systemClock
  const timeoutMs = (upload.patienceMs ?? PATIENCE_MS) + Math.ceil(bytes / SLOWEST_BYTES_PER_MS)
  for (let attempt = 1; ; attempt++) {
    const deadline = AbortSignal.timeout(timeoutMs)
    let failure: UploadFailure
    try {
      return await request(AbortSignal.any([signal, deadline]))
    } catch (error) {
      signal.throwIfAborted()
      const read = deadline.aborted ? timedOut(timeoutMs) : readFailure(error, url)
      if (!read) throw error
      failure = read
    }
    if (!isTransient(failure) || attempt === ATTEMPTS) throw uploadError(failure, url.host)
    const asked = retryAfter(failure.retryAfter, clock.now())
    const delay = retryDelay(attempt, asked, upload.random ?? Math.random)
    upload.onProgress?.(
      `Could not send a part of the DAG bundle (${describeFailure(failure)}). Attempt ${attempt + 1} of ${ATTEMPTS} in ${(delay / 1000).toFixed(1)} s.`,
    )
    await clock.sleep(delay, signal)
  }
}

function reportProgress(upload: Upload): {
  readonly sent: (bytes: number) => void
  readonly stop: () => void
} {
  let sent = 0
  const startedAt = performance.now()
  const timer = setInterval(() => {
    const seconds = (performance.now() - startedAt) / 1000
    upload.onProgress?.(`Uploading: ${megabytes(sent)} MB after ${seconds.toFixed(0)} s.`)
  }, upload.progressEveryMs ?? PROGRESS_EVERY_MS)
  timer.unref()
  return { sent: (bytes) => (sent += bytes), stop: () => clearInterval(timer) }
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)

function checkedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isLoopback = url !== undefined && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback)) return url
  throw new ActionError({
    code: 'ASTRO-UPLOAD-URL',
    problem: 'Astro gave an upload address that cannot be used.',
    observed: url ? `It is a ${url.protocol.slice(0, -1)} address at ${url.host}.` : 'It is not a URL.',
    likelyCause:
      'Only https is accepted (plain http for this machine itself): the address carries a permission to write.',
    fix: 'Check the domain input. If it is right, contact Astronomer support.',
  })
}

function versionMissing(url: URL): ActionError {
  return new ActionError({
    code: 'ASTRO-UPLOAD-NO-VERSION',
    problem:
      'The blob store took the DAG bundle but did not say which version it became, so it cannot be deployed.',
    observed: `The answer of ${url.host} has no x-ms-version-id header.`,
    likelyCause:
      'A proxy on the way removes headers that it does not know, or versioning is off for the blob store.',
    fix: `Let the proxy pass the headers of ${url.host} unchanged, or add the host to no_proxy. Nothing was deployed.`,
  })
}

function nothingToSend(): ActionError {
  return new ActionError({
    code: 'ASTRO-UPLOAD-EMPTY',
    problem: 'There is nothing to upload: the DAG bundle has no content.',
    likelyCause:
      'A defect of this action. An empty bundle would remove every DAG of the Deployment, so it is not sent.',
    fix: 'Open an issue with the log of this run.',
  })
}
