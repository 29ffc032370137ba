import { Readable } from 'node:stream'
import type { BlockBlobClient } from '@azure/storage-blob'
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import type { Connections } from '../http/connections.ts'
import { mayCarrySecrets } from '../http/secure.ts'
import { release } from '../project/memory.ts'
import { VERSION } from '../user-agent.ts'
import { openBlob } from './blob.ts'
import { repeatedly } from './upload-attempts.ts'
import { checksumOf, inBlocks, stageBlocks } from './upload-blocks.ts'
import { nothingToSend, unusableUrl, versionMissing } from './upload-failure.ts'

export type Upload = {
  /** Where to: a SAS URL. Its query is a secret and is in no message. */
  readonly url: string
  /** The whole content, at least one byte. Buffers that came from `allocate` of memory.ts are released. */
  readonly body: AsyncIterable<Buffer>
  readonly agentFor: Connections['agentFor']
  readonly signal?: AbortSignal
  /** Takes lines for the log: retries, and how far a long upload is. */
  readonly onProgress?: (line: string) => void
  readonly userAgent?: string
  readonly clock?: Clock
  readonly random?: () => number
  readonly progressEveryMs?: number
  /** How long one request may take, in milliseconds, on top of what its bytes need on a slow line. */
  readonly patienceMs?: number
}

export type Uploaded = {
  /** Azure's version of the blob, as `finalize` wants it: `2024-01-12T18:32:20.5898930Z`. */
  readonly versionId: string
  readonly bytes: number
}

/** Up to this many blocks go in one request, which is one round trip; more are staged side by side and then listed. */
const BLOCKS_IN_ONE_REQUEST = 2
const BLOCKS_AT_ONCE = 4
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
  const client = await openBlob(url, userAgent, upload.agentFor(url, 'kept'))
  const stopped = new AbortController()
  const signal = upload.signal ? AbortSignal.any([upload.signal, stopped.signal]) : stopped.signal
  const progress = reportProgress(upload)
  try {
    const { versionId, bytes } = await send(client, url, upload, signal, progress.sent)
    if (versionId === undefined || versionId === '') throw versionMissing(url.host)
    return { versionId, bytes }
  } finally {
    progress.stop()
    stopped.abort()
  }
}

type Sent = { readonly versionId: string | undefined; readonly bytes: number }

async function send(
  client: BlockBlobClient,
  url: URL,
  upload: Upload,
  signal: AbortSignal,
  onSent: (bytes: number) => void,
): Promise<Sent> {
  const deps = {
    clock: upload.clock ?? systemClock,
    random: upload.random ?? Math.random,
    log: { info: (line: string) => upload.onProgress?.(line) },
    signal,
    patienceMs: upload.patienceMs ?? PATIENCE_MS,
  }
  const attempt = <T>(bytes: number, request: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    repeatedly(deps, url, bytes, request)

  const idle: Buffer[] = []
  const staging = stageBlocks(BLOCKS_AT_ONCE, async (id, block) => {
    const integrity = checksumOf([block])
    await attempt(block.length, (abortSignal) =>
      client.stageBlock(id, block, block.length, { abortSignal, ...integrity }),
    )
    onSent(block.length)
    idle.push(Buffer.from(block.buffer))
  })

  const waiting: Buffer[] = []
  let bytes = 0
  for await (const block of inBlocks(upload.body, idle)) {
    signal.throwIfAborted()
    bytes += block.length
    waiting.push(block)
    if (staging.ids.length > 0 || waiting.length > BLOCKS_IN_ONE_REQUEST) {
      for (const ready of waiting.splice(0)) await staging.add(ready)
    }
  }
  signal.throwIfAborted()
  if (bytes === 0) throw nothingToSend()

  if (staging.ids.length === 0) {
    const integrity = checksumOf(waiting)
    const { versionId } = await attempt(bytes, (abortSignal) =>
      client.upload(() => Readable.from(waiting), bytes, { abortSignal, ...integrity }),
    )
    for (const block of waiting) release(block)
    return { versionId, bytes }
  }
  await staging.finish()
  for (const block of idle) release(block)
  const { versionId } = await attempt(0, (abortSignal) =>
    client.commitBlockList([...staging.ids], { abortSignal }),
  )
  return { versionId, bytes }
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
  if (url && mayCarrySecrets(url)) return url
  throw unusableUrl(url)
}
