import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  createReadStream,
  createWriteStream,
  ftruncateSync,
  lutimesSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import * as path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { packDagFolder } from '../../src/project/archive.ts'
import { readDagFolder } from '../../src/project/dag-folder.ts'
import type { DagFolder } from '../../src/project/dag-folder.ts'
import { readArchive, unpackArchive } from '../bundle/read-archive.ts'
import { compareTrees, readTree } from '../bundle/tree.ts'
import type { Tree } from '../bundle/tree.ts'
import { failureOf } from '../make/failure.ts'
import type { FileInFolder } from '../make/folder.ts'
import { linkTo, makeFolder } from '../make/folder.ts'

const MEGABYTE = 1024 * 1024

async function folderOf(files: Readonly<Record<string, FileInFolder>>): Promise<DagFolder> {
  const workspace = makeFolder(files)
  return readDagFolder(path.join(workspace, 'dags'), { workspace })
}

/** Without folders, which have no entry of their own. */
async function filesIn(folder: string): Promise<Tree> {
  return new Map([...(await readTree(folder))].filter(([, seen]) => !seen.startsWith('folder')))
}

/** Bytes that look random and are the same each time. */
function noise(bytes: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4))
  let state = seed
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
  return Buffer.from(words.buffer, 0, bytes)
}

describe('another program', () => {
  test('unpacks what is in the folder, byte for byte', async () => {
    const deep = `${'a long name of a folder/'.repeat(12)}${'x'.repeat(180)}.py`
    const workspace = makeFolder({
      'dags/a.py': 'print("a")\n',
      'dags/empty.py': '',
      'dags/with space/it\'s "quoted".py': 'x',
      'dags/日本語/données é.py': 'y',
      'dags/\u{1f600}.py': 'z',
      [`dags/${'n'.repeat(101)}.py`]: 'long name',
      [`dags/${deep}`]: 'long path',
      'dags/bin/run.sh': { content: '#!/bin/sh\n', mode: 0o755 },
      'dags/private.py': { content: 'p', mode: 0o600 },
      'dags/old.py': { content: 'o', mtime: new Date('2001-02-03T04:05:06Z') },
      'dags/to file.py': linkTo('bin/run.sh'),
      'dags/to folder': linkTo('日本語'),
      'dags/deep link.py': linkTo(deep),
      'dags/exactly-512.bin': noise(512),
      'dags/just over a block.bin': noise(MEGABYTE + 1),
      'dags/several blocks.bin': noise(5 * MEGABYTE - 700),
    })
    const dags = path.join(workspace, 'dags')
    const wholeSecond = new Date('2024-05-06T07:08:09Z')
    for (const [inside, seen] of await filesIn(dags)) {
      if (inside !== 'old.py' && seen.startsWith('file'))
        utimesSync(path.join(dags, inside), wholeSecond, wholeSecond)
      if (seen.startsWith('link')) lutimesSync(path.join(dags, inside), wholeSecond, wholeSecond)
    }

    const archive = await buffer(packDagFolder(await readDagFolder(dags, { workspace })))
    const unpacked = makeFolder()
    unpackArchive(archive, unpacked)

    expect(readdirSync(unpacked)).toEqual(['dags'])
    const original = await filesIn(dags)
    expect(original.size).toBe(16)
    expect(compareTrees(original, await filesIn(path.join(unpacked, 'dags')))).toEqual([])
    expect(spawnSync('gzip', ['-t'], { input: archive }).status).toBe(0)
  })

  test('lists it in the order of its bytes, files and links only', async () => {
    const folder = await folderOf({
      'dags/b.py': 'b',
      'dags/a/c.py': 'c',
      'dags/a.py': linkTo('b.py'),
      'dags/empty/': '',
    })
    const entries = readArchive(await buffer(packDagFolder(folder)))
    expect(entries.map(({ name, kind, target, content }) => [name, kind, target, content])).toEqual([
      ['dags/a.py', 'link', 'b.py', ''],
      ['dags/a/c.py', 'file', '', 'c'],
      ['dags/b.py', 'file', '', 'b'],
    ])
  })

  test('reads a file of 300 MB', async () => {
    const workspace = makeFolder({ 'dags/a.py': '', 'dags/z.py': 'after it' })
    const large = path.join(workspace, 'dags', 'large.bin')
    const descriptor = openSync(large, 'w')
    ftruncateSync(descriptor, 300 * MEGABYTE + 123)
    for (let at = 0; at < 300; at += 30)
      writeSync(descriptor, noise(777_777, at + 1), 0, 777_777, at * MEGABYTE + at)
    closeSync(descriptor)

    const archive = path.join(workspace, 'dags.tar.gz')
    const folder = await readDagFolder(path.join(workspace, 'dags'), { workspace })
    expect(folder.totalBytes).toBe(300 * MEGABYTE + 123 + 8)
    await pipeline(packDagFolder(folder), createWriteStream(archive))

    const tar = spawn('tar', ['-xzOf', archive, 'dags/large.bin'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [read, written] = await Promise.all([digest(tar.stdout), digest(createReadStream(large))])
    expect(read).toBe(written)
    expect(spawnSync('gzip', ['-t', archive]).status).toBe(0)
  }, 120_000)
})

async function digest(content: NodeJS.ReadableStream): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(content, hash)
  return hash.digest('hex')
}

describe('generated files', () => {
  test('come last, however late they are known', async () => {
    const folder = await folderOf({ 'dags/a.py': 'a', 'dags/z.py': 'z' })
    const later = Promise.withResolvers<{ path: string; content: string }[]>()
    const archive = buffer(packDagFolder(folder, { extra: later.promise }))
    await nextTurn()
    later.resolve([{ path: 'dags/made.py', content: 'é' }])
    const entries = readArchive(await archive)
    expect(entries.map(({ name, content }) => [name, content])).toEqual([
      ['dags/a.py', 'a'],
      ['dags/z.py', 'z'],
      ['dags/made.py', 'é'],
    ])
    const made = entries.at(-1)
    expect(made?.mode).toBe(0o644)
    expect(Math.abs((made?.mtime ?? 0) - Date.now() / 1000)).toBeLessThan(600)
  })

  test('give way to a file of the folder', async () => {
    const folder = await folderOf({ 'dags/made.py': "the user's" })
    const entries = readArchive(
      await buffer(packDagFolder(folder, { extra: [{ path: 'dags/made.py', content: 'ours' }] })),
    )
    expect(entries.map(({ content }) => content)).toEqual(["the user's"])
  })

  test('that never come are the failure of the archive, also when nobody reads it', async () => {
    const folder = await folderOf({ 'dags/a.py': 'a' })
    packDagFolder(folder, { extra: Promise.reject(new TypeError('no Deployment')) })
    const read = packDagFolder(folder, { extra: Promise.reject(new TypeError('no Deployment')) })
    await nextTurn()
    await expect(buffer(read)).rejects.toThrow('no Deployment')
  })
})

describe('a file that is not what it was when the folder was listed', () => {
  test.each<[string, string, (file: string) => void]>([
    ['grew', 'ASTRO-DAGS-CHANGED', (file) => appendFileSync(file, 'more')],
    ['shrank', 'ASTRO-DAGS-CHANGED', (file) => truncateSync(file, 3)],
    ['was emptied', 'ASTRO-DAGS-CHANGED', (file) => truncateSync(file, 0)],
    ['was written again with the same size', 'ASTRO-DAGS-CHANGED', (file) => writeFileSync(file, 'CONTENT')],
    ['is gone', 'ASTRO-DAGS-UNREADABLE', (file) => rmSync(file)],
  ])('because it %s is an error that names it', async (_, code, change) => {
    const folder = await folderOf({
      'dags/a.py': '',
      'dags/b.py': { content: 'content', mtime: new Date('2024-01-01T00:00:00Z') },
    })
    const file = path.join(folder.root, 'b.py')
    change(file)
    const error = await failureOf(() => buffer(packDagFolder(folder)))
    expect(error.code).toBe(code)
    expect(error.problem).toContain(file)
  })

  if (process.platform !== 'win32') {
    test('because a link took its place is not followed', async () => {
      const elsewhere = makeFolder({ secret: 'content' })
      const folder = await folderOf({ 'dags/b.py': 'content' })
      rmSync(path.join(folder.root, 'b.py'))
      symlinkSync(path.join(elsewhere, 'secret'), path.join(folder.root, 'b.py'))
      expect((await failureOf(() => buffer(packDagFolder(folder)))).code).toBe('ASTRO-DAGS-UNREADABLE')
    })
  }

  test('because it shrank while it was read', async () => {
    const folder = await folderOf({ 'dags/large.py': noise(40 * MEGABYTE) })
    const file = path.join(folder.root, 'large.py')
    const error = await failureOf(async () => {
      let chunks = 0
      for await (const chunk of packDagFolder(folder)) {
        if (chunk.length > 0 && ++chunks === 2) truncateSync(file, 0)
      }
    })
    expect(error.code).toBe('ASTRO-DAGS-CHANGED')
  })
})

describe('an archive that is not wanted any more', () => {
  test('ends with the reason of the signal', async () => {
    const folder = await folderOf({ 'dags/large.bin': noise(40 * MEGABYTE) })
    const aborting = new AbortController()
    const reading = async (): Promise<void> => {
      for await (const chunk of packDagFolder(folder, { signal: aborting.signal })) {
        if (chunk.length > 1000) aborting.abort(new TypeError('cancelled'))
      }
    }
    await expect(reading()).rejects.toThrow('cancelled')
  })

  if (process.platform === 'linux') {
    const opened = (file: string): boolean =>
      readdirSync('/proc/self/fd').some((descriptor) => {
        try {
          return readlinkSync(`/proc/self/fd/${descriptor}`) === file
        } catch {
          return false
        }
      })

    test.each<[string, (archive: AsyncIterable<Buffer>, aborting: AbortController) => Promise<void>]>([
      [
        'aborted while nobody reads',
        async (_, aborting) => {
          aborting.abort(new TypeError('cancelled'))
          await nextTurn()
        },
      ],
      [
        'left by its reader',
        async (archive) => {
          for await (const chunk of archive) if (chunk.length > 0) break
        },
      ],
    ])('keeps no file open: %s', async (_, leave) => {
      const folder = await folderOf({ 'dags/large.bin': noise(40 * MEGABYTE) })
      const file = path.join(folder.root, 'large.bin')
      const aborting = new AbortController()
      const archive = packDagFolder(folder, { signal: aborting.signal })
      for (let turn = 0; !opened(file); turn++) {
        if (turn > 10_000) throw new Error('the file was never opened')
        await nextTurn()
      }
      await leave(archive, aborting)
      for (let turn = 0; opened(file); turn++) {
        if (turn > 1_000_000) throw new Error('the file is still open')
        await nextTurn()
      }
    })
  }
})
