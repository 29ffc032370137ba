import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'

/** Unpacks a tar.gz with the machine's own tar. Rejects for what is none. */
export async function unpack(gzipped: Buffer, folder: string): Promise<void> {
  const tar = spawn('tar', ['-xzf', '-', '-C', folder], { stdio: ['pipe', 'ignore', 'ignore'] })
  const closed = once(tar, 'close') as Promise<[number | null]>
  tar.stdin.on('error', () => undefined)
  tar.stdin.end(gzipped)
  const [code] = await closed
  if (code !== 0) throw new Error(`tar ended with ${String(code)}: it is no tar.gz`)
}

/** The texts of the files of a DAG bundle by their path below `dags/`. Rejects for what is no such archive. */
export async function readDagArchive(gzipped: Buffer): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dag-archive-'))
  try {
    await unpack(gzipped, folder)
    const root = path.join(folder, 'dags')
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
    const texts = entries
      .filter((entry) => entry.isFile())
      .map(async (entry): Promise<[string, string]> => {
        const file = path.join(entry.parentPath, entry.name)
        return [path.relative(root, file).replaceAll('\\', '/'), await readFile(file, 'utf8')]
      })
    return new Map(await Promise.all(texts))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
