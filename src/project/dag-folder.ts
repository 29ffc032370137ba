import { isUtf8 } from 'node:buffer'
import type { Stats } from 'node:fs'
import { constants } from 'node:fs'
import { access, lstat, readdir, readlink, realpath, stat } from 'node:fs/promises'
import * as path from 'node:path'
import { describeError } from '../errors.ts'
import { mapBounded } from './bounded.ts'
import type { DagFile, DagFolder, DagLink } from './dag-file.ts'
import { isDagFileName, isLeftOut } from './dag-file.ts'
import type { EntryProblem } from './dag-folder-errors.ts'
import {
  emptyFolder,
  entryProblems,
  folderIsNoFolder,
  folderMissing,
  folderOutside,
  folderUnreadable,
} from './dag-folder-errors.ts'
import { decideLink, isInside, toForwardSlashes } from './dag-link.ts'

export type { DagFile, DagFolder, DagLink, DagRegularFile } from './dag-file.ts'

const PERMISSIONS = 0o7777
const FOLDERS_AT_ONCE = 16
const ENTRIES_AT_ONCE = 64

/** `inside` is the path below the DAG folder, with forward slashes. */
type Entry = { readonly absolutePath: string; readonly inside: string }

type Findings = { readonly files: DagFile[]; readonly problems: EntryProblem[]; leftOutCount: number }

/**
 * Reads what is in a DAG folder, without the content of its files.
 *
 * @param folder absolute, or relative to the working directory; it may be a link that ends inside the workspace
 * @param options.workspace the folder that nothing is shipped from outside of
 * @throws ActionError ASTRO-DAGS-FOLDER-MISSING, -NOT-FOLDER, -OUTSIDE or -UNREADABLE for the folder itself;
 *   ASTRO-DAGS-LINK-OUTSIDE, ASTRO-DAGS-LINK-BROKEN, ASTRO-DAGS-FILE-TYPE, -FILE-NAME or -UNREADABLE for what is in it,
 *   naming all entries of that kind
 */
export async function readDagFolder(folder: string, options: { workspace: string }): Promise<DagFolder> {
  const root = await resolveRoot(folder, options.workspace)
  const findings: Findings = { files: [], problems: [], leftOutCount: 0 }

  let level: Entry[] = [{ absolutePath: root, inside: '' }]
  while (level.length > 0) {
    const listed = await mapBounded(level, FOLDERS_AT_ONCE, (parent) => listFolder(parent, findings))
    const read = await mapBounded(listed.flat(), ENTRIES_AT_ONCE, (entry) => readEntry(root, entry, findings))
    level = read.filter((subfolder) => subfolder !== undefined)
  }

  if (findings.problems.length > 0) throw entryProblems(folder, findings.problems)
  const files = sortedByBytes(findings.files)
  return {
    root,
    files,
    totalBytes: files.reduce((sum, file) => sum + (file.kind === 'file' ? file.size : 0), 0),
    dagFileCount: files.filter((file) => isDagFileName(file.path)).length,
    leftOutCount: findings.leftOutCount,
  }
}

/**
 * The check between a folder and its archive: a bundle without DAG files removes every DAG of the Deployment.
 *
 * @throws ActionError ASTRO-DAGS-EMPTY unless there is a DAG file or `allowEmptyDags` is true
 */
export function requireDags(folder: DagFolder, options: { allowEmptyDags: boolean }): void {
  if (folder.dagFileCount === 0 && !options.allowEmptyDags) throw emptyFolder(folder)
}

async function resolveRoot(folder: string, workspace: string): Promise<string> {
  let root: string
  let isFolder: boolean
  try {
    root = await realpath(folder)
    isFolder = (await stat(root)).isDirectory()
  } catch (error) {
    throw leadsNowhere(error)
      ? folderMissing(folder, describeError(error))
      : folderUnreadable(folder, describeError(error))
  }
  if (!isFolder) throw folderIsNoFolder(folder)
  if (!isInside(await realpath(workspace), root)) throw folderOutside(folder, root, workspace)
  return root
}

async function listFolder(parent: Entry, findings: Findings): Promise<Entry[]> {
  const entries: Entry[] = []
  try {
    for (const bytes of await readdir(parent.absolutePath, { encoding: 'buffer' })) {
      const name = bytes.toString('utf8')
      const inside = parent.inside === '' ? name : `${parent.inside}/${name}`
      if (isLeftOut(name)) findings.leftOutCount++
      else if (!isUtf8(bytes)) findings.problems.push({ about: 'name', inside, detail: quotedBytes(bytes) })
      else entries.push({ absolutePath: path.join(parent.absolutePath, name), inside })
    }
  } catch (error) {
    findings.problems.push({ about: 'unreadable', inside: parent.inside, detail: describeError(error) })
  }
  return entries
}

/** Adds the entry to the findings, or gives it back when it is a folder. */
async function readEntry(root: string, entry: Entry, findings: Findings): Promise<Entry | undefined> {
  const { absolutePath, inside } = entry
  try {
    const stats = await lstat(absolutePath)
    if (stats.isDirectory()) return entry
    if (stats.isSymbolicLink()) {
      await readLink(root, entry, stats, findings)
    } else if (stats.isFile()) {
      await access(absolutePath, constants.R_OK)
      findings.files.push({ kind: 'file', absolutePath, size: stats.size, ...common(inside, stats) })
    } else {
      findings.problems.push({ about: 'type', inside, detail: typeName(stats) })
    }
  } catch (error) {
    findings.problems.push({ about: 'unreadable', inside, detail: describeError(error) })
  }
  return undefined
}

async function readLink(root: string, entry: Entry, stats: Stats, findings: Findings): Promise<void> {
  const { absolutePath, inside } = entry
  const bytes = await readlink(absolutePath, { encoding: 'buffer' })
  const text = bytes.toString('utf8')
  if (!isUtf8(bytes)) {
    findings.problems.push({ about: 'name', inside, detail: `link to ${quotedBytes(bytes)}` })
    return
  }
  const end = await realpath(absolutePath).catch((error: unknown) => {
    if (leadsNowhere(error)) return undefined
    throw error
  })
  const decision = decideLink({ root, parent: path.dirname(absolutePath), text, end })
  if (decision.is === 'inside') {
    const link: DagLink = { kind: 'link', target: decision.target, ...common(inside, stats) }
    findings.files.push(link)
  } else {
    const ends =
      end === undefined || end === path.resolve(path.dirname(absolutePath), text)
        ? ''
        : `, which ends at ${end}`
    findings.problems.push({ about: decision.is, inside, detail: `${text}${ends}` })
  }
}

/** ENOENT and ENOTDIR: nothing there; ELOOP: links that go round in circles. */
function leadsNowhere(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP'
}

function common(inside: string, stats: Stats): { path: string; mtime: Date; mode: number } {
  return { path: `dags/${toForwardSlashes(inside)}`, mtime: stats.mtime, mode: stats.mode & PERMISSIONS }
}

function typeName(stats: Stats): string {
  if (stats.isFIFO()) return 'a named pipe'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}

/** The name as a shell would take it: every byte outside of printable ASCII as \xNN. */
function quotedBytes(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** UTF-8 order, which is what other programs sort by; JavaScript's own differs for characters beyond U+FFFF. */
function sortedByBytes(files: readonly DagFile[]): DagFile[] {
  return files
    .map((file) => ({ file, key: Buffer.from(file.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ file }) => file)
}
