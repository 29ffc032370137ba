import type { Stats } from 'node:fs'
import { constants } from 'node:fs'
import { access, lstat, readdir, realpath, stat } from 'node:fs/promises'
import * as path from 'node:path'
import { isUtf8 } from 'node:buffer'
import { ActionError, describeError } from '../errors.ts'
import { mapBounded } from './bounded.ts'
import { folderProblem, throwProblems } from './dag-folder-problems.ts'
import type { EntryProblem } from './dag-folder-problems.ts'
import { isInside, readLink } from './dag-link.ts'

export type DagRegularFile = {
  readonly kind: 'file'
  /** Where it goes in the archive: `dags/` and forward slashes, whatever the folder is called. */
  readonly path: string
  readonly absolutePath: string
  /** Bytes. */
  readonly size: number
  readonly mtime: Date
  /** Permission bits only. */
  readonly mode: number
}

export type DagLink = {
  readonly kind: 'link'
  readonly path: string
  /** Relative to the folder that holds the link, with forward slashes. */
  readonly target: string
  readonly mtime: Date
  readonly mode: number
}

export type DagFile = DagRegularFile | DagLink

export type DagFolder = {
  /** Absolute, with links resolved. */
  readonly root: string
  /** Sorted by archive path, bytewise. */
  readonly files: readonly DagFile[]
  /** Of the regular files. */
  readonly totalBytes: number
  /** Files and links whose name ends in .py or .zip: what Airflow looks for DAGs in. */
  readonly dagFileCount: number
  /** How many entries were left out by name (.git, __pycache__, *.pyc). */
  readonly leftOutCount: number
}

const PERMISSIONS = 0o7777
const FOLDERS_AT_ONCE = 16
const ENTRIES_AT_ONCE = 64

type Entry = { readonly absolutePath: string; readonly inside: string }

/**
 * Reads a DAG folder: everything that will be in the archive, and nothing of the content.
 *
 * @param folder an absolute path, or one relative to the working directory; it may be a link, as long as it ends inside
 *   the workspace
 * @param options.workspace the folder that nothing may be shipped from outside of
 * @throws ActionError ASTRO-DAGS-FOLDER-… when the folder is missing, is no folder or leaves the workspace;
 *   ASTRO-DAGS-LINK-…, -FILE-TYPE, -FILE-NAME or -UNREADABLE for what is in it, naming every entry of that kind
 */
export async function readDagFolder(folder: string, options: { workspace: string }): Promise<DagFolder> {
  const root = await resolveRoot(folder, options.workspace)
  const files: DagFile[] = []
  const problems: EntryProblem[] = []
  let leftOutCount = 0
  let level: Entry[] = [{ absolutePath: root, inside: '' }]

  const readEntry = async (entry: Entry): Promise<Entry | undefined> => {
    try {
      const stats = await lstat(entry.absolutePath)
      if (stats.isDirectory()) return entry
      if (stats.isSymbolicLink()) {
        const link = await readLink(root, entry, stats)
        if ('kind' in link) files.push(link)
        else problems.push(link)
      } else if (stats.isFile()) {
        await access(entry.absolutePath, constants.R_OK)
        files.push(regularFile(entry, stats))
      } else {
        problems.push({ about: 'type', path: entry.inside, detail: typeOf(stats) })
      }
    } catch (error) {
      problems.push({ about: 'unreadable', path: entry.inside, detail: describeError(error) })
    }
    return undefined
  }

  while (level.length > 0) {
    const listings = await mapBounded(level, FOLDERS_AT_ONCE, async (parent) => {
      try {
        return { parent, names: await readdir(parent.absolutePath, { encoding: 'buffer' }) }
      } catch (error) {
        problems.push({ about: 'unreadable', path: parent.inside || '.', detail: describeError(error) })
        return { parent, names: [] }
      }
    })
    const entries: Entry[] = []
    for (const { parent, names } of listings) {
      for (const bytes of names) {
        const name = bytes.toString('utf8')
        const inside = parent.inside === '' ? name : `${parent.inside}/${name}`
        if (isLeftOut(name)) leftOutCount++
        else if (!isUtf8(bytes))
          problems.push({ about: 'name', path: inside, detail: bytes.toString('latin1') })
        else entries.push({ absolutePath: path.join(parent.absolutePath, name), inside })
      }
    }
    level = (await mapBounded(entries, ENTRIES_AT_ONCE, readEntry)).filter((entry) => entry !== undefined)
  }

  throwProblems(folder, problems)
  return {
    root,
    files: sortByBytes(files),
    totalBytes: files.reduce((sum, file) => sum + (file.kind === 'file' ? file.size : 0), 0),
    dagFileCount: files.filter((file) => isDagFile(file.path)).length,
    leftOutCount,
  }
}
