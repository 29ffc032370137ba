import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import * as path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { readDagFolder, requireDags } from '../../src/project/dag-folder.ts'
import type { DagFolder } from '../../src/project/dag-folder.ts'
import { failureOf } from '../make/failure.ts'
import type { FileInFolder } from '../make/folder.ts'
import { linkTo, makeFolder } from '../make/folder.ts'

const isWindows = process.platform === 'win32'

const read = (workspace: string, folder = 'dags'): Promise<DagFolder> =>
  readDagFolder(path.join(workspace, folder), { workspace })

async function readFiles(files: Readonly<Record<string, FileInFolder>>): Promise<DagFolder> {
  const folder = await read(makeFolder(files))
  return folder
}

const paths = (folder: DagFolder): string[] => folder.files.map((file) => file.path)

describe('what is in the archive', () => {
  test('files with their facts, below dags/ whatever the folder is called', async () => {
    const mtime = new Date('2024-02-03T04:05:06Z')
    const workspace = makeFolder({ 'src/my dags/etl/a.py': { content: 'print(1)', mode: 0o754, mtime } })
    const folder = await read(workspace, 'src/my dags')
    expect(folder).toEqual({
      root: path.join(workspace, 'src', 'my dags'),
      totalBytes: 8,
      dagFileCount: 1,
      leftOutCount: 0,
      files: [
        {
          kind: 'file',
          path: 'dags/etl/a.py',
          absolutePath: path.join(workspace, 'src', 'my dags', 'etl', 'a.py'),
          size: 8,
          mtime,
          mode: isWindows ? 0o666 : 0o754,
        },
      ],
    })
  })

  test('sorted by bytes: shorter first, code points beyond U+FFFF last', async () => {
    const names = [
      'b.py',
      'a/z.py',
      'a.py',
      'a-b.py',
      'A.py',
      'é.py',
      '\u{1f600}.py',
      '\uffee.py',
      'a/b/c.py',
    ]
    const folder = await readFiles(Object.fromEntries(names.map((name) => [`dags/${name}`, name])))
    const sorted = names.map((name) => Buffer.from(`dags/${name}`)).sort((a, b) => Buffer.compare(a, b))
    expect(paths(folder)).toEqual(sorted.map(String))
    expect(paths(folder).at(-1)).toBe('dags/\u{1f600}.py')
  })

  test('without history and bytecode, as files and as folders, at any depth', async () => {
    const folder = await readFiles({
      'dags/a.py': '',
      'dags/.git/config': '',
      'dags/sub/.git': 'gitdir: elsewhere',
      'dags/__pycache__/a.cpython-312.pyc': '',
      'dags/sub/__pycache__': 'a file of that name',
      'dags/sub/b.pyc': '',
      'dags/odd.pyc/c.py': '',
      'dags/.github/d.py': '',
      'dags/.gitignore': '',
      'dags/b.pyc.txt': '',
    })
    expect(paths(folder)).toEqual(['dags/.github/d.py', 'dags/.gitignore', 'dags/a.py', 'dags/b.pyc.txt'])
    expect(folder.leftOutCount).toBe(6)
  })

  test('no credentials that other actions left there, and no link to them', async () => {
    const name = 'gha-creds-0123456789abcdef.json'
    const folder = await readFiles({ 'dags/a.py': '1', [`dags/${name}`]: '{}', [`dags/sub/${name}`]: '{}' })
    expect(paths(folder)).toEqual(['dags/a.py'])
    expect(folder.credentialFiles?.toSorted()).toEqual([name, `sub/${name}`])
    const { code } = await failureOf(() =>
      readFiles({ 'dags/a.py': '1', [`dags/${name}`]: '{}', 'dags/b.json': linkTo(name) }),
    )
    expect(code).toBe('ASTRO-DAGS-LINK-BROKEN')
  })

  test('no entry for a folder without files', async () => {
    expect(paths(await readFiles({ 'dags/a.py': '', 'dags/empty/': '' }))).toEqual(['dags/a.py'])
  })

  test('links as links, rewritten where their text would not work in the archive', async () => {
    const workspace = makeFolder({
      'dags/real/a.py': 'x',
      'dags/kept.py': linkTo('real/a.py'),
      'dags/folder': linkTo('real'),
      'dags/chain.py': linkTo('folder/a.py'),
    })
    symlinkSync(
      path.join(workspace, 'dags', 'real', 'a.py'),
      path.join(workspace, 'dags', 'real', 'absolute.py'),
    )
    const folder = await read(workspace)
    expect(folder.files.map((file) => [file.path, file.kind === 'link' ? file.target : file.kind])).toEqual([
      ['dags/chain.py', 'folder/a.py'],
      ['dags/folder', 'real'],
      ['dags/kept.py', 'real/a.py'],
      ['dags/real/a.py', 'file'],
      ['dags/real/absolute.py', 'a.py'],
    ])
    expect(folder.totalBytes).toBe(1)
    expect(folder.dagFileCount).toBe(4)
  })

  test('ten thousand files', async () => {
    const files = Array.from({ length: 10_000 }, (_, i): [string, string] => [`dags/${i % 40}/${i}.py`, ''])
    const folder = await readFiles(Object.fromEntries(files))
    expect(folder.dagFileCount).toBe(10_000)
  })
})

describe('the folder itself', () => {
  test.each([
    ['missing', {}, 'ASTRO-DAGS-FOLDER-MISSING'],
    ['below a file', { dags: 'a file' }, 'ASTRO-DAGS-FOLDER-NOT-FOLDER'],
    ['a link to nothing', { dags: linkTo('gone') }, 'ASTRO-DAGS-FOLDER-MISSING'],
    ['a link to itself', { dags: linkTo('dags') }, 'ASTRO-DAGS-FOLDER-MISSING'],
    ['a link to a file', { dags: linkTo('a.py'), 'a.py': '' }, 'ASTRO-DAGS-FOLDER-NOT-FOLDER'],
  ])('%s is an error that names it', async (_, files, code) => {
    const workspace = makeFolder(files)
    const error = await failureOf(() => read(workspace))
    expect(error.code).toBe(code)
    expect(error.problem).toContain(path.join(workspace, 'dags'))
  })

  test('a path below a file is missing', async () => {
    const workspace = makeFolder({ dags: 'a file' })
    expect((await failureOf(() => read(workspace, 'dags/inner'))).code).toBe('ASTRO-DAGS-FOLDER-MISSING')
  })

  test('a link that stays in the workspace is followed', async () => {
    const workspace = makeFolder({ 'src/pipelines/a.py': '', dags: linkTo('src/pipelines') })
    const folder = await read(workspace)
    expect(folder.root).toBe(path.join(workspace, 'src', 'pipelines'))
    expect(paths(folder)).toEqual(['dags/a.py'])
  })

  test('a link out of the workspace is an error that names both ends', async () => {
    const elsewhere = makeFolder({ 'a.py': '' })
    const workspace = makeFolder({ dags: linkTo(elsewhere) })
    const error = await failureOf(() => read(workspace))
    expect(error.code).toBe('ASTRO-DAGS-FOLDER-OUTSIDE')
    expect(error.message).toContain(elsewhere)
    expect(error.message).toContain(workspace)
  })

  test('a folder beyond a link out of the workspace is outside too', async () => {
    const elsewhere = makeFolder({ 'dags/a.py': '' })
    const workspace = makeFolder({ project: linkTo(elsewhere) })
    expect((await failureOf(() => read(workspace, 'project/dags'))).code).toBe('ASTRO-DAGS-FOLDER-OUTSIDE')
  })
})

describe('what cannot be shipped is an error that names it', () => {
  test('links that leave the folder, all in one go', async () => {
    const workspace = makeFolder({ 'lib.py': '', 'dags/b/out.py': linkTo('../../lib.py') })
    symlinkSync(path.join(workspace, 'lib.py'), path.join(workspace, 'dags', 'absolute.py'))
    symlinkSync('absolute.py', path.join(workspace, 'dags', 'chain.py'))
    const error = await failureOf(() => read(workspace))
    expect(error.code).toBe('ASTRO-DAGS-LINK-OUTSIDE')
    expect(error.observed?.split('\n')).toEqual([
      `absolute.py -> ${path.join(workspace, 'lib.py')}`,
      `b/out.py -> ${isWindows ? '..\\..\\lib.py' : '../../lib.py'}`,
      `chain.py -> absolute.py, which ends at ${path.join(workspace, 'lib.py')}`,
    ])
  })

  test('links to nothing, and round in circles', async () => {
    const error = await failureOf(() =>
      readFiles({
        'dags/a.py': linkTo('gone.py'),
        'dags/b.py': linkTo('c.py'),
        'dags/c.py': linkTo('b.py'),
      }),
    )
    expect(error.code).toBe('ASTRO-DAGS-LINK-BROKEN')
    expect(error.observed).toBe('a.py -> gone.py\nb.py -> c.py\nc.py -> b.py')
  })

  test('links to what is never shipped', async () => {
    const error = await failureOf(() => readFiles({ 'dags/a.py': linkTo('.git/a.py'), 'dags/.git/a.py': '' }))
    expect(error.code).toBe('ASTRO-DAGS-LINK-BROKEN')
    expect(error.observed).toBe('a.py -> .git/a.py')
  })

  test('only the first ten of many', async () => {
    const links = Array.from({ length: 13 }, (_, i): [string, FileInFolder] => [
      `dags/${10 + i}.py`,
      linkTo('gone'),
    ])
    const error = await failureOf(() => readFiles(Object.fromEntries(links)))
    expect(error.observed?.split('\n')).toHaveLength(11)
    expect(error.observed).toMatch(/and 3 more$/)
  })

  if (!isWindows) {
    test('a named pipe', async () => {
      const workspace = makeFolder({ 'dags/a.py': '' })
      expect(spawnSync('mkfifo', [path.join(workspace, 'dags', 'pipe.py')]).status).toBe(0)
      const error = await failureOf(() => read(workspace))
      expect(error.code).toBe('ASTRO-DAGS-FILE-TYPE')
      expect(error.observed).toBe('pipe.py is a named pipe')
    })

    test('a socket', async () => {
      const workspace = makeFolder({ 'dags/a.py': '' })
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(path.join(workspace, 'dags', 's'), resolve))
      try {
        expect((await failureOf(() => read(workspace))).observed).toBe('s is a socket')
      } finally {
        await new Promise((resolve) => server.close(resolve))
      }
    })

    test('a file and a folder that may not be read', () => {
      const workspace = makeFolder({ 'dags/locked/a.py': '', 'dags/secret.py': '', 'dags/a.py': '' })
      chmodSync(path.join(workspace, 'dags', 'locked'), 0)
      chmodSync(path.join(workspace, 'dags', 'secret.py'), 0)
      chmodSync(workspace, 0o755)
      const seen = readAsSomebody(workspace)
      chmodSync(path.join(workspace, 'dags', 'locked'), 0o755)
      expect(seen).toMatchObject({ code: 'ASTRO-DAGS-UNREADABLE' })
      expect(seen.observed).toMatch(/^locked: .*EACCES.*\nsecret\.py: .*EACCES/)
    })
  }

  if (process.platform === 'linux') {
    test('a name that is not UTF-8', async () => {
      const workspace = makeFolder({ 'dags/a.py': '' })
      writeFileSync(
        Buffer.concat([Buffer.from(`${workspace}/dags/caf`), Buffer.from([0xe9]), Buffer.from('.py')]),
        '',
      )
      const error = await failureOf(() => read(workspace))
      expect(error.code).toBe('ASTRO-DAGS-FILE-NAME')
      expect(error.observed).toContain('caf\\xe9.py')
    })

    test('a link to a name that is not UTF-8', async () => {
      const workspace = makeFolder({ 'dags/a.py': '' })
      symlinkSync(Buffer.from([0xe9]), path.join(workspace, 'dags', 'link.py'))
      const error = await failureOf(() => read(workspace))
      expect(error.code).toBe('ASTRO-DAGS-FILE-NAME')
      expect(error.observed).toContain('link.py (link to \\xe9)')
    })
  }
})

describe('a folder without DAG files', () => {
  const refused = async (files: Readonly<Record<string, FileInFolder>>): Promise<string> => {
    const workspace = makeFolder(files)
    mkdirSync(path.join(workspace, 'dags'), { recursive: true })
    const folder = await read(workspace)
    requireDags(folder, { allowEmptyDags: true })
    const error = await failureOf(() => requireDags(folder, { allowEmptyDags: false }))
    expect(error.code).toBe('ASTRO-DAGS-EMPTY')
    expect(error.message).toContain(folder.root)
    expect(error.fix).toContain('allow-empty-dags')
    return error.observed ?? ''
  }

  test.each([
    ['empty', {}, 'It is empty.'],
    ['with other files', { 'dags/README.md': '', 'dags/sql/a.sql': '' }, 'In it: README.md, sql/a.sql.'],
    [
      'with names that only look alike',
      { 'dags/a.PY': '', 'dags/happy.txt': '', 'dags/b.pyi': '' },
      'In it: a.PY, b.pyi, happy.txt.',
    ],
    [
      'with nothing but what is never shipped',
      { 'dags/__pycache__/a.pyc': '', 'dags/b.pyc': '' },
      'It is empty, not counting 2 of what is never shipped (.git, __pycache__, *.pyc).',
    ],
  ])('%s is refused unless that is allowed', async (_, files, observed) => {
    expect(await refused(files)).toBe(observed)
  })

  test('says how much more there is', async () => {
    const files = Array.from({ length: 12 }, (_, i): [string, string] => [`dags/${10 + i}.txt`, ''])
    expect(await refused(Object.fromEntries(files))).toMatch(/^In it: 10\.txt, .*19\.txt and 2 more\.$/)
  })

  test.each(['dags/a.py', 'dags/deep/er/a.zip'])('%s is enough', async (name) => {
    const folder = await readFiles({ [name]: '' })
    requireDags(folder, { allowEmptyDags: false })
    expect(folder.dagFileCount).toBe(1)
  })
})

/** Reads as a user without special rights, which the user of a container usually is not. */
function readAsSomebody(workspace: string): { code: string; observed: string } {
  const module = path.resolve(import.meta.dirname, '../../src/project/dag-folder.ts')
  const script = `
    import { readDagFolder } from ${JSON.stringify(module)}
    const error = await readDagFolder('dags', { workspace: '.' }).catch((error) => error)
    console.log(JSON.stringify({ code: error.code, observed: error.observed }))`
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: workspace,
    encoding: 'utf8',
    ...nobody,
  })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as { code: string; observed: string }
}
