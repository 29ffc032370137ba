import { createHash } from 'node:crypto'
import { lstat, mkdir, readFile, readdir, readlink, writeFile } from 'node:fs/promises'
import * as path from 'node:path'

/** What is in a folder: by path below it, with forward slashes, the kind, the permissions, the time and the content. */
export type Tree = ReadonlyMap<string, string>

/** Reads everything in a folder, files that git hides as well. `folders` are expected to be there and are left out. */
export async function readTree(root: string, options: { folders?: readonly string[] } = {}): Promise<Tree> {
  const tree = new Map<string, string>()
  for (const inside of (await listEntries(root, '')).sort()) {
    if (!options.folders?.includes(inside)) tree.set(inside, await describe(path.join(root, inside)))
  }
  return tree
}

/** Links are not followed. */
async function listEntries(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true })
  const lists = entries.map(async (entry) => {
    const inside = folder === '' ? entry.name : `${folder}/${entry.name}`
    return entry.isDirectory() ? [inside, ...(await listEntries(root, inside))] : [inside]
  })
  return (await Promise.all(lists)).flat()
}

async function describe(file: string): Promise<string> {
  const stats = await lstat(file)
  const seen = `${(stats.mode & 0o7777).toString(8)} ${stats.mtime.toISOString()}`
  if (stats.isSymbolicLink()) return `link ${seen} ${await readlink(file)}`
  if (stats.isDirectory()) return `folder ${seen}`
  if (!stats.isFile()) return `special ${seen}`
  const hash = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
  return `file ${seen} ${stats.size} ${hash}`
}

/** A line for each path at which two trees differ. */
export function compareTrees(before: Tree, after: Tree): string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort()
  return paths
    .filter((inside) => before.get(inside) !== after.get(inside))
    .map((inside) => `${inside}: ${before.get(inside) ?? 'nothing'} became ${after.get(inside) ?? 'nothing'}`)
}

/** Writes files with this text, by path below the folder; folders on the way are made. */
export async function writeTree(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [inside, text] of Object.entries(files)) {
    const file = path.join(root, inside)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}
