import type { Agent } from 'node:http'
import { HttpClient } from '@actions/http-client'
import type { BlockBlobClient, StoragePipelineOptions } from '@azure/storage-blob'

export type Blob = { readonly client: BlockBlobClient; close(): void }

const loadSdk = (): Promise<typeof import('@azure/storage-blob')> => import('@azure/storage-blob')

/** Begins to load the SDK, which takes some 40 ms of processor time: best while an answer is awaited anyway. */
export function preloadSdk(): void {
  // Whoever needs it meets the failure.
  loadSdk().catch(() => undefined)
}

/**
 * A client for the one blob that a SAS URL gives access to, with one kept-alive pool of connections. Proxies are chosen as
 * for all other requests of this action (`https_proxy` and `no_proxy` in either case, loopback direct): the SDK's own
 * reading of the environment differs, and gives way to an agent.
 *
 * The SDK's retries are off. It knows no deadline of its own for an answer that never comes, and does not repeat after
 * 408, 429, 502 or 504, which proxies and gateways send.
 */
export async function openBlob(url: URL, options: { userAgent: string; connections: number }): Promise<Blob> {
  const { AnonymousCredential, BlockBlobClient, newPipeline } = await loadSdk()
  const http = new HttpClient(undefined, [], { keepAlive: true, maxSockets: options.connections })
  const agent: Agent = http.getAgent(url.href)
  const pipelineOptions: StoragePipelineOptions & { agent: Agent } = {
    agent,
    retryOptions: { maxTries: 1 },
    userAgentOptions: { userAgentPrefix: options.userAgent },
  }
  return {
    client: new BlockBlobClient(url.href, newPipeline(new AnonymousCredential(), pipelineOptions)),
    close: () => http.dispose(),
  }
}
