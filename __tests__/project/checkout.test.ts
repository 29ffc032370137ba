import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import * as path from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Checkout } from '../../src/project/checkout.ts'
import { readCheckout } from '../../src/project/checkout.ts'
import { readClone } from '../../src/project/clone.ts'
import type { Git } from '../../src/project/git.ts'
import { addSubmodule, cloneOf, gitIn } from '../make/checkout.ts'
import { makeFolder } from '../make/folder.ts'
import { systemGit } from '../make/git.ts'
import type { TestRepository } from '../make/repository.ts'
import { makeRepository } from '../make/repository.ts'

const made: TestRepository[] = []
afterEach(async () => {
  for (const repository of made.splice(0)) await repository.remove()
})

async function repositoryWith(files: Readonly<Record<string, string>>): Promise<TestRepository> {
  const repository = await makeRepository()
  made.push(repository)
  await repository.commit(files)
  return repository
}

async function read(folder: string, runGit: Git = systemGit): Promise<Checkout> {
  const found = await readClone(runGit, folder)
  if (found.is !== 'clone') throw new Error(found.said)
  const result = await readCheckout(runGit, found.clone, folder, false)
  if (result.is !== 'read') throw new Error(result.said)
  return result.checkout
}

const holes = async (folder: string): Promise<readonly string[]> =>
  (await read(folder)).holes.map(({ path: file, kind }) => `${kind}: ${file}`).toSorted()

async function withSubmodule(at: string, inner: TestRepository): Promise<TestRepository> {
  const outer = await repositoryWith({ 'dags/a.py': '1' })
  await addSubmodule(outer, at, inner)
  return outer
}

describe('a submodule', () => {
  test('that was not fetched is a hole; fetched, it is none', async () => {
    const outer = await withSubmodule('dags/lib', await repositoryWith({ 'b.py': '1' }))
    const folder = cloneOf(outer)
    expect(await holes(folder)).toEqual(['submodule: dags/lib'])
    gitIn(folder, 'submodule', '--quiet', 'update', '--init')
    expect(await read(folder)).toMatchObject({ holes: [], uncommitted: [], submodules: ['dags/lib'] })
  })

  test('of a submodule needs a recursive checkout', async () => {
    const middle = await withSubmodule('deep', await repositoryWith({ 'c.py': '1' }))
    const folder = cloneOf(await withSubmodule('dags/lib', middle))
    gitIn(folder, 'submodule', '--quiet', 'update', '--init')
    expect(await holes(folder)).toEqual(['nested-submodule: dags/lib/deep'])
    gitIn(folder, 'submodule', '--quiet', 'update', '--init', '--recursive')
    expect(await holes(folder)).toEqual([])
  })

  test('of which no file is there is a hole, though git knows it', async () => {
    const folder = cloneOf(await withSubmodule('dags/lib', await repositoryWith({ 'b.py': '1' })))
    gitIn(folder, 'submodule', '--quiet', 'update', '--init')
    rmSync(path.join(folder, 'dags/lib/b.py'))
    expect(await holes(folder)).toEqual(['submodule: dags/lib'])
  })

  test('that is sparse itself has holes', async () => {
    const folder = cloneOf(
      await withSubmodule('dags/lib', await repositoryWith({ 'x/b.py': '1', 'y/c.py': '1' })),
    )
    gitIn(folder, 'submodule', '--quiet', 'update', '--init')
    gitIn(path.join(folder, 'dags/lib'), 'sparse-checkout', 'set', 'x')
    expect(await holes(folder)).toEqual(['sparse: dags/lib/y/c.py'])
  })

  test('that .gitmodules does not name cannot be fetched', async () => {
    const outer = await repositoryWith({ 'dags/a.py': '1' })
    outer.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},dags/stray`)
    outer.git('commit', '--quiet', '--message=stray')
    expect(await holes(cloneOf(outer))).toEqual(['unmapped-submodule: dags/stray'])
  })

  test('whose folder an earlier step filled is no hole, and is not what the commit says', async () => {
    const folder = cloneOf(await withSubmodule('dags/lib', await repositoryWith({ 'b.py': '1' })))
    writeFileSync(path.join(folder, 'dags/lib/b.py'), '1')
    expect(await read(folder)).toMatchObject({ holes: [], uncommitted: ['dags/lib'] })
  })

  test('that git cannot look into counts as changed', async () => {
    const folder = cloneOf(await withSubmodule('dags/lib', await repositoryWith({ 'b.py': '1' })))
    gitIn(folder, 'submodule', '--quiet', 'update', '--init')
    writeFileSync(path.join(folder, 'dags/lib/.git'), 'gitdir: /nowhere\n')
    expect((await read(folder)).uncommitted).toEqual(['dags/lib'])
  })

  test('around the project itself is a hole, also when the project is not even there', async () => {
    const folder = cloneOf(await withSubmodule('astro', await repositoryWith({ 'dags/b.py': '1' })))
    expect(await holes(path.join(folder, 'astro'))).toEqual(['submodule: astro'])
    const found = await readClone(systemGit, path.join(folder, 'astro/project'))
    expect(found).toMatchObject({ is: 'clone', clone: { prefix: 'astro/project' } })
    expect(await holes(path.join(folder, 'astro/project'))).toEqual(['submodule: astro'])
  })
})

describe('a sparse checkout', () => {
  test.each([
    ['with a cone', ['set', '--cone', 'dags/x']],
    ['without a cone', ['set', '--no-cone', '/*', '!/dags/y']],
    ['with a sparse index', ['set', '--cone', '--sparse-index', 'dags/x']],
  ])('%s has holes', async (_, settings) => {
    const repository = await repositoryWith({ 'dags/x/a.py': '1', 'dags/y/b.py': '1', 'dags/y/é.py': '1' })
    const folder = cloneOf(repository)
    gitIn(folder, 'sparse-checkout', ...settings)
    expect(await read(folder)).toMatchObject({ uncommitted: [] })
    expect(await holes(folder)).toEqual(['sparse: dags/y/b.py', 'sparse: dags/y/é.py'])
    gitIn(folder, 'sparse-checkout', 'disable')
    expect(await holes(folder)).toEqual([])
  })

  test('in which an earlier step made a file that it leaves out: changed, unless it is the same', async () => {
    const folder = cloneOf(
      await repositoryWith({ 'dags/x/a.py': '1', 'dags/y/b.py': '1', 'dags/y/c.py': '1' }),
    )
    gitIn(folder, 'sparse-checkout', 'set', '--cone', 'dags/x')
    mkdirSync(path.join(folder, 'dags/y'))
    writeFileSync(path.join(folder, 'dags/y/b.py'), 'other')
    writeFileSync(path.join(folder, 'dags/y/c.py'), '1')
    expect(await read(folder)).toMatchObject({ holes: [], uncommitted: ['dags/y/b.py'] })
  })

  test('another checkout inside of this one is looked at too', async () => {
    const outer = await repositoryWith({ 'dags/a.py': '1' })
    const inner = cloneOf(await repositoryWith({ 'x/b.py': '1', 'y/c.py': '1' }))
    gitIn(inner, 'sparse-checkout', 'set', 'x')
    cpSync(inner, path.join(outer.folder, 'dags/shared'), { recursive: true })
    expect(await read(outer.folder)).toMatchObject({
      holes: [{ kind: 'sparse', path: 'dags/shared/y/c.py' }],
      uncommitted: ['dags/shared/'],
    })
  })
})

test('files that git was told not to look at are looked at', async () => {
  const repository = await repositoryWith({ 'a.py': '1', 'b.py': '1', 'c.py': '1' })
  repository.git('update-index', '--assume-unchanged', 'a.py', 'b.py', 'c.py')
  await repository.write({ 'a.py': '2', 'c.py': undefined })
  expect((await read(repository.folder)).uncommitted.toSorted()).toEqual(['a.py', 'c.py'])
})

test('a text file in place of a link is a hole', async () => {
  const repository = await repositoryWith({ 'dags/a.py': '1' })
  symlinkSync('a.py', path.join(repository.folder, 'dags/b.py'))
  await repository.commit()
  const folder = cloneOf(repository, '-c', 'core.symlinks=false')
  expect(lstatSync(path.join(folder, 'dags/b.py')).isFile()).toBe(true)
  expect(await holes(folder)).toEqual(['link: dags/b.py'])
})

describe('a filter', () => {
  /** A clone in which a filter decrypts one file, in the way of git-crypt; its programs say that they ran. */
  async function filteredClone(): Promise<{ folder: string; ran: string }> {
    const repository = await repositoryWith({
      '.gitattributes': '*.sql filter=crypt\n',
      'dags/a.sql': 'secret',
    })
    const folder = cloneOf(repository, '--no-checkout')
    const ran = path.join(makeFolder(), 'ran')
    const program = path.join(makeFolder(), 'filter')
    writeFileSync(program, `#!/bin/sh\ntouch '${ran}'\ntr a-z b-za\n`)
    chmodSync(program, 0o755)
    for (const name of ['clean', 'smudge']) gitIn(folder, 'config', `filter.crypt.${name}`, program)
    gitIn(folder, 'config', 'filter.crypt.required', 'true')
    gitIn(folder, 'checkout', '--quiet', 'main')
    rmSync(ran)
    return { folder, ran }
  }

  if (process.platform !== 'win32') {
    test('runs no program, and a file that is as git wrote it is unchanged', async () => {
      const { folder, ran } = await filteredClone()
      expect(await read(folder)).toMatchObject({ uncommitted: [], filtered: ['dags/a.sql'] })
      // Git wants to compare what is no older than its index.
      const { atime, mtime } = lstatSync(path.join(folder, 'dags/a.sql'))
      utimesSync(path.join(folder, '.git/index'), atime, mtime)
      expect((await read(folder)).uncommitted).toEqual([])
      expect(existsSync(ran)).toBe(false)
    })

    test('a file that was changed is changed', async () => {
      const { folder, ran } = await filteredClone()
      writeFileSync(path.join(folder, 'dags/a.sql'), 'other!')
      expect((await read(folder)).uncommitted).toEqual(['dags/a.sql'])
      expect(existsSync(ran)).toBe(false)
    })
  }

  test('of which no program is set up leaves files as the commit has them', async () => {
    const repository = await repositoryWith({ '.gitattributes': '*.ipynb filter=strip\n', 'a.ipynb': '{}' })
    await repository.write({ 'a.ipynb': '{}' })
    expect(await read(repository.folder)).toMatchObject({ uncommitted: [], filtered: ['a.ipynb'] })
  })
})

test('a partial clone is read without its remote', async () => {
  const repository = await repositoryWith({
    'dags/a.py': '1',
    'include/b.sql': '1',
    '.gitattributes': '*.csv filter=lfs\n',
  })
  repository.git('config', 'uploadpack.allowFilter', 'true')
  await repository.commit({ 'include/b.sql': '2' })
  const folder = cloneOf(repository, '--filter=blob:none', '--sparse')
  gitIn(folder, 'sparse-checkout', 'set', '--no-cone', '/dags')
  await repository.remove()
  writeFileSync(path.join(folder, 'dags/a.py'), '2')
  expect(await read(folder)).toMatchObject({
    uncommitted: ['dags/a.py'],
    holes: [
      { kind: 'sparse', path: '.gitattributes' },
      { kind: 'sparse', path: 'include/b.sql' },
    ],
  })
})

test('holes are known although git does not say in time which files the commit does not have', async () => {
  const outer = await withSubmodule('dags/lib', await repositoryWith({ 'b.py': '1' }))
  const folder = cloneOf(outer)
  const slow: Git = (place, args, input) =>
    args.includes('--others')
      ? Promise.resolve({ is: 'failed', said: 'it did not answer within 15 seconds' })
      : systemGit(place, args, input)
  const found = await readClone(slow, folder)
  if (found.is !== 'clone') throw new Error(found.said)
  expect(await readCheckout(slow, found.clone, folder, false)).toMatchObject({
    is: 'read',
    checkout: { holes: [{ path: 'dags/lib' }] },
    unlisted: { is: 'failed' },
  })
})

test('a filter that cannot be switched off is not run: the clone is not looked into', async () => {
  const repository = await repositoryWith({ 'dags/a.py': '1', '.gitattributes': '*.py filter=a=b\n' })
  const marker = path.join(repository.folder, 'it-ran')
  gitIn(repository.folder, 'config', '--file', '.git/config', 'filter.a=b.clean', `touch ${marker}; cat`)
  writeFileSync(path.join(repository.folder, 'dags/a.py'), '2')
  expect(await readClone(systemGit, repository.folder)).toMatchObject({ is: 'failed' })
  expect(existsSync(marker)).toBe(false)
})
