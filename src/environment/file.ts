import { isUtf8 } from 'node:buffer'
import { readFileSync, realpathSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { describeError } from '../errors.ts'
import { isInside } from '../project/dag-link.ts'

const LARGEST_BYTES = 1024 * 1024

/**
 * The text of a dotenv file, or a sentence that says why there is none.
 *
 * @param relative to the workspace, which neither the path nor a link on it may leave
 */
export function readEnvironmentFile(
  workspace: string,
  relative: string,
): { readonly text: string } | { readonly problem: string } {
  try {
    const file = realpathSync(path.join(workspace, relative))
    if (!isInside(realpathSync(workspace), file)) return { problem: 'it lies outside of the workspace' }
    const stats = statSync(file)
    if (!stats.isFile()) return { problem: 'it is not a file' }
    if (stats.size > LARGEST_BYTES) return { problem: 'it is larger than a megabyte' }
    const bytes = readFileSync(file)
    return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { problem: 'it is not UTF-8 text' }
  } catch (error) {
    const missing = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'
    return { problem: missing ? 'there is no such file' : `it cannot be read: ${describeError(error)}` }
  }
}
