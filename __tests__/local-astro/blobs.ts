import http from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { account, accountKey, leaseAzurite } from './azurite.ts'
import type { AzuriteLease } from './azurite.ts'
import { newId } from './store.ts'
import type { Store } from './store.ts'

import type { ContainerClient } from '@azure/storage-blob'

type BlobContainer = { origin: string; client: ContainerClient }

type Version = { blob: string; snapshot: string }

/** What the front did with a request: the answer is sent by `answer`, which the caller may leave out. */
export type Forwarded = {
  status: number
  headers: http.OutgoingHttpHeaders
  body: IncomingMessage
}

export type Blobs = {
  /** Path prefix of blob URLs on the local Astro's origin. */
  readonly prefix: string
  ready(): Promise<void>
  /** A URL that lets its holder write this blob, on the origin given, until its SAS expires. */
  uploadUrl(origin: string, blob: string): Promise<string>
  forward(request: IncomingMessage): Promise<Forwarded>
  send(forwarded: Forwarded, response: ServerResponse): Promise<void>
  /** Whether this version was uploaded to this blob. */
  holds(blob: string, version: string): boolean
  /** Blob name and versions in the order of their upload. */
  versions(blob: string): string[]
  /** Whether this version was uploaded at all. */
  has(version: string): boolean
  /** What was uploaded with this version, to a blob whose name has this text in it. */
  download(within: string, version: string): Promise<Buffer>
  stop(): Promise<void>
}

const hopByHop = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'host']

/** The blob store: Azurite behind a front that gives every committed upload a version ID, which Azurite does not. */
export function createBlobs(store: Store): Blobs {
  const container = `deploys-${newId()}`
  const versions = new Map<string, Version>()
  const agent = new http.Agent({ keepAlive: true })
  const lastCommits = new Map<string, Promise<void>>()
  let opened: { lease: AzuriteLease; ready: Promise<BlobContainer> } | undefined

  async function open(lease: AzuriteLease): Promise<BlobContainer> {
    const [{ origin }, sdk] = await Promise.all([lease.azurite, import('@azure/storage-blob')])
    const credential = new sdk.StorageSharedKeyCredential(account, accountKey)
    const client = new sdk.ContainerClient(`${origin}/${account}/${container}`, credential)
    await client.create()
    return { origin, client }
  }

  /** Starts Azurite when it is needed first. */
  function connection(): Promise<BlobContainer> {
    if (!opened) {
      const lease = leaseAzurite()
      opened = { lease, ready: open(lease) }
      opened.ready.catch(() => undefined)
    }
    return opened.ready
  }

  async function uploadUrl(origin: string, blob: string): Promise<string> {
    const sdk = await import('@azure/storage-blob')
    // Azurite knows the real time only.
    const now = Date.now()
    const sas = sdk.generateBlobSASQueryParameters(
      {
        containerName: container,
        blobName: blob,
        permissions: sdk.BlobSASPermissions.parse('cw'),
        startsOn: new Date(now - 60_000),
        expiresOn: new Date(now + store.settings.sasLifetimeSeconds * 1000),
      },
      new sdk.StorageSharedKeyCredential(account, accountKey),
    )
    store.secrets.add(sas.signature)
    return `${origin}/${account}/${container}/${blob}?${sas.toString()}`
  }

  /** Commits of one blob come one after the other, so that each version's snapshot holds that version. */
  async function alone<T>(blob: string, work: () => Promise<T>): Promise<T> {
    const before = lastCommits.get(blob)
    let done: () => void = () => undefined
    lastCommits.set(blob, new Promise((resolve) => (done = resolve)))
    await before
    try {
      return await work()
    } finally {
      done()
    }
  }

  async function pass(request: IncomingMessage): Promise<Forwarded> {
    const { origin } = await connection()
    const target = new URL(request.url ?? '/', origin)
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([k]) => !hopByHop.includes(k)))
    const outgoing = http.request(target, { method: request.method ?? 'GET', headers, agent })
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve)
      outgoing.once('error', reject)
    })
    answered.catch(() => undefined)
    // Azurite may answer and close before it has read everything; its answer counts then.
    await Promise.race([pipeline(request, outgoing).catch(() => undefined), answered])
    if (request.destroyed && !request.complete) outgoing.destroy(new Error('The client went away'))
    const body = await answered
    const kept = Object.entries(body.headers).filter(([key]) => !['connection', 'keep-alive'].includes(key))
    return { status: body.statusCode ?? 502, headers: Object.fromEntries(kept), body }
  }

  async function forward(request: IncomingMessage): Promise<Forwarded> {
    const url = new URL(request.url ?? '/', 'http://local')
    const part = url.searchParams.get('comp')
    const commits = request.method === 'PUT' && (part === null || part === 'blocklist')
    if (!commits) return pass(request)
    const blob = decodeURIComponent(url.pathname).replace(`/${account}/${container}/`, '')
    return alone(blob, async () => {
      const forwarded = await pass(request)
      if (forwarded.status !== 201) return forwarded
      const { client } = await connection()
      const { snapshot } = await client.getBlobClient(blob).createSnapshot()
      if (snapshot === undefined) throw new Error('Azurite made no snapshot')
      const version = store.nextVersion()
      versions.set(version, { blob, snapshot })
      return { ...forwarded, headers: { ...forwarded.headers, 'x-ms-version-id': version } }
    })
  }

  return {
    prefix: `/${account}/`,
    async ready() {
      await connection()
    },
    uploadUrl,
    forward,
    async send({ status, headers, body }, response) {
      response.writeHead(status, headers)
      await pipeline(body, response)
    },
    holds: (blob, version) => versions.get(version)?.blob === blob,
    has: (version) => versions.has(version),
    versions: (blob) => [...versions].filter(([, its]) => its.blob === blob).map(([version]) => version),
    async download(within, version) {
      const found = versions.get(version)
      if (!found?.blob.includes(within)) throw new Error(`No upload has the version ${version}`)
      const { client } = await connection()
      return client.getBlobClient(found.blob).withSnapshot(found.snapshot).downloadToBuffer()
    },
    async stop() {
      agent.destroy()
      await opened?.lease.release()
    },
  }
}
