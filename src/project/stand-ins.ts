import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import * as path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Hole } from './holes.ts'
import { HEAD_LENGTH, LONGEST_POINTER, standsIn } from './holes.ts'

export type Candidate = {
  /** From the repository's root. */
  readonly path: string
  readonly absolutePath: string
  /** Bytes, where they are known. */
  readonly size?: number
}

/** A few milliseconds of work. */
const FILES_A_TURN = 256

/**
 * Files whose content is not what the commit means by it. Of those without a filter, only files as small as a pointer are
 * looked into. What cannot be read is left to whoever ships it.
 *
 * @param filtered absolute paths of files that have a filter
 */
export async function findStandIns(
  candidates: Iterable<Candidate>,
  filtered: ReadonlySet<string>,
): Promise<readonly Hole[]> {
  const buffer = Buffer.alloc(HEAD_LENGTH)
  const holes: Hole[] = []
  let looked = 0
  for (const { path: name, absolutePath, size = 0 } of candidates) {
    const hasFilter = filtered.has(absolutePath)
    if (size > LONGEST_POINTER && !hasFilter) continue
    const head = readHead(absolutePath, buffer, hasFilter)
    const kind = head && standsIn(head, hasFilter)
    if (kind) holes.push({ path: name, kind })
    if (++looked % FILES_A_TURN === 0) await nextTurn()
  }
  return holes
}

function readHead(file: string, buffer: Buffer, whateverSize: boolean): Buffer | undefined {
  try {
    const descriptor = openSync(file, 'r')
    try {
      const stats = fstatSync(descriptor)
      if (!stats.isFile() || (stats.size > LONGEST_POINTER && !whateverSize)) return undefined
      return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, 0))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return undefined
  }
}

/** The files in a folder and below, by paths from it with forward slashes; what cannot be read is left out. */
export function listFiles(folder: string, inside = ''): string[] {
  const name = (entry: string): string => (inside === '' ? entry : `${inside}/${entry}`)
  try {
    return readdirSync(path.join(folder, inside), { withFileTypes: true }).flatMap((entry) => {
      if (entry.isDirectory()) return entry.name === '.git' ? [] : listFiles(folder, name(entry.name))
      return entry.isFile() ? [name(entry.name)] : []
    })
  } catch {
    return []
  }
}
