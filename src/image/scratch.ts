import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'

/**
 * Gives `work` a folder of its own under RUNNER_TEMP that only this user can read, and removes it afterwards, however the
 * work ends.
 */
export async function withScratch<T>(
  env: Readonly<Record<string, string | undefined>>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(env.RUNNER_TEMP ?? tmpdir(), 'deploy-to-astro-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
