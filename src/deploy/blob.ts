import type { Agent } from 'node:http'
import type { BlockBlobClient, StoragePipelineOptions } from '@azure/storage-blob'

const loadSdk = (): Promise<typeof import('@azure/storage-blob')> => import('@azure/storage-blob')

/** Begins to load the SDK, which takes some 40 ms of processor time: best while an answer is awaited anyway. */
export function preloadSdk(): void {
  // Whoever needs it meets the failure.
  loadSdk().catch(() => undefined)
}

/**
 * A client for the one blob that a SAS URL gives access to, over the connections of `agent`.
 *
 * The SDK's retries are off. It knows no deadline of its own for an answer that never comes, and does not repeat after
 * 408, 429, 502 or 504, which proxies and gateways send.
 */
export async function openBlob(url: URL, userAgent: string, agent: Agent): Promise<BlockBlobClient> {
  const { AnonymousCredential, BlockBlobClient, newPipeline } = await loadSdk()
  const pipelineOptions: StoragePipelineOptions & { agent: Agent } = {
    agent,
    retryOptions: { maxTries: 1 },
    userAgentOptions: { userAgentPrefix: userAgent },
  }
  return new BlockBlobClient(url.href, newPipeline(new AnonymousCredential(), pipelineOptions))
}
