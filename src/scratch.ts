import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { ActionError, describeError } from './errors.ts'

/**
 * Gives `work` a folder of its own under RUNNER_TEMP that only this user can read, and removes it afterwards, however the
 * work ends. Throws `ASTRO-RUNNER-TEMP` when there is no room for one, and what `work` throws.
 */
export async function withScratch<T>(
  env: Readonly<Record<string, string | undefined>>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const { RUNNER_TEMP: given = '' } = env
  const place = path.resolve(given === '' ? tmpdir() : given)
  const folder = await mkdtemp(path.join(place, 'deploy-to-astro-')).catch((error: unknown) => {
    throw notUsable(place, error)
  })
  try {
    return await work(folder)
  } catch (error) {
    throw isAboutFile(error, folder) ? notUsable(place, error) : error
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
  }
}

/** Of a disk: a write that fails does not name its file. */
const DISK_CODES = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'])

/** Whether the system refused to write or read a file of the folder: a full disk, say. */
function isAboutFile(error: unknown, folder: string): boolean {
  const { syscall, code, path: file } = (error ?? {}) as Readonly<Record<string, unknown>>
  if (syscall === undefined) return false
  return typeof file === 'string' ? file.startsWith(folder) : DISK_CODES.has(code)
}

function notUsable(place: string, error: unknown): ActionError {
  return new ActionError({
    code: 'ASTRO-RUNNER-TEMP',
    problem: 'The folder of the runner for temporary files cannot be used.',
    observed: `${place}: ${describeError(error)}`,
    likelyCause:
      'The disk of the runner is full, or RUNNER_TEMP names a folder that is not there or is not writable.',
    fix: 'Free space on the runner, or repair its work folder, then run again.',
    cause: error,
  })
}
