import { createHash, randomBytes } from 'node:crypto'
import { chmod, lutimes, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { expect, test } from '@jest/globals'
import { useGround } from './ground.ts'
import { readArchive, unpackArchive } from './read-archive.ts'
import { compareTrees, readTree } from './tree.ts'

const ground = useGround({ uploads: true })
const WRITTEN = new Date('2024-02-29T12:34:56Z')

/** More than fits into one request to the blob store, and does not get smaller in an archive. */
const LARGE = randomBytes(12 * 1024 * 1024)

const FILES: Readonly<Record<string, string | Buffer>> = {
  'example.py': 'from airflow.sdk import DAG\nDAG("example")\n',
  'leer.py': '',
  '.airflowignore': 'scratch\n',
  'with spaces/ein bisschen  mehr .py': 'x = 1\n',
  'ünïcödé/日本語 の DAG 🛫.py': 'print("ü")\n',
  // The same letter in its two spellings.
  'spellings/caf\u00e9.py': 'composed\n',
  'spellings/decomposed-cafe\u0301.py': 'decomposed\n',
  "quotes/it's (a) [dag] & $HOME; `echo`.py": '#\n',
  'crlf.py': 'a\r\nb\r\n',
  'binary.zip': Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  'large.bin': LARGE,
  [`${'ein-sehr-langer-ordnername-'.repeat(7)}/${'noch-einer-'.repeat(18)}/${'datei-'.repeat(40)}.py`]:
    'long\n',
  [`${'länger-'.repeat(20)}/${'am-ende-🛫'.repeat(15)}.py`]: 'long and wide\n',
}
const LINKS: Readonly<Record<string, string>> = {
  'link.py': 'example.py',
  'ünïcödé/up.py': '../with spaces/ein bisschen  mehr .py',
  'folder-link': 'ünïcödé',
}
/** In the folder, but never shipped. */
const LEFT_OUT = ['.git/config', '__pycache__/example.cpython-312.pyc', 'with spaces/old.pyc']

async function writeFolder(folder: string): Promise<void> {
  const place = async (inside: string): Promise<string> => {
    const file = path.join(folder, inside)
    await mkdir(path.dirname(file), { recursive: true })
    return file
  }
  for (const [inside, content] of Object.entries(FILES)) {
    const file = await place(inside)
    await writeFile(file, content)
    await chmod(file, inside === 'crlf.py' ? 0o755 : 0o640)
    await utimes(file, WRITTEN, WRITTEN)
  }
  for (const [inside, target] of Object.entries(LINKS)) {
    const link = await place(inside)
    await symlink(target, link)
    await lutimes(link, WRITTEN, WRITTEN)
  }
  for (const inside of LEFT_OUT) await writeFile(await place(inside), 'x')
  await mkdir(path.join(folder, 'empty folder'))
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

test('what other programs read back from the blob store is the DAG folder, byte for byte', async () => {
  const folder = path.join(ground.workspace, 'src/my dags')
  await mkdir(folder, { recursive: true })
  await writeFolder(folder)
  const result = await ground.deploy({ 'dags-path': 'src/my dags' })
  expect(result.exitCode).toBe(0)
  const { deploymentId } = ground.astro
  const parts = ground.astro.requests.filter(({ step }) => step === 'upload')
  expect(parts.length).toBeGreaterThan(2)

  const archive = await ground.astro.download(deploymentId, result.outputs['dag-version'] ?? '')
  const entries = readArchive(archive)
  const files = Object.entries(FILES).map(([inside, content]) => ({
    name: `dags/${inside}`,
    kind: 'file',
    sha256: sha256(content),
    mtime: WRITTEN.getTime() / 1000,
  }))
  const links = Object.entries(LINKS).map(([inside, target]) => ({
    name: `dags/${inside}`,
    kind: 'link',
    target,
    mtime: WRITTEN.getTime() / 1000,
  }))
  const inBytes = (a: { name: string }, b: { name: string }): number =>
    Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))
  expect(entries).toMatchObject([...files, ...links].toSorted(inBytes))

  if (process.platform === 'win32') return
  const unpacked = await mkdtemp(path.join(tmpdir(), 'unpacked-'))
  try {
    unpackArchive(archive, unpacked)
    const shipped = await onlyFiles(folder)
    for (const inside of LEFT_OUT) shipped.delete(inside)
    expect(compareTrees(shipped, await onlyFiles(path.join(unpacked, 'dags')))).toEqual([])
    expect(shipped.size).toBe(Object.keys(FILES).length + Object.keys(LINKS).length)
  } finally {
    await rm(unpacked, { recursive: true, force: true })
  }
})

/** An archive of DAGs has no entries for folders. */
async function onlyFiles(folder: string): Promise<Map<string, string>> {
  return new Map([...(await readTree(folder))].filter(([, seen]) => !seen.startsWith('folder ')))
}
