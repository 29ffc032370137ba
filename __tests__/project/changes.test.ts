import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { readCommittedChanges } from '../../src/project/changes.ts'
import type { Changes } from '../../src/project/changes.ts'
import { readCheckout } from '../../src/project/checkout.ts'
import type { Clone } from '../../src/project/clone.ts'
import { readClone } from '../../src/project/clone.ts'
import type { Git } from '../../src/project/git.ts'
import { gitWith, systemGit } from '../make/git.ts'
import type { TestRepository } from '../make/repository.ts'
import { makeRepository } from '../make/repository.ts'

let repository: TestRepository
beforeEach(async () => {
  repository = await makeRepository()
})
afterEach(() => repository.remove())

const inRepository =
  (folder: string) =>
  (...args: string[]): string =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

const FROM_GITHUB: Changes = { known: true, paths: ['from GitHub'], from: 'GitHub' }

function changes(base: string, head: string, folder = repository.folder): Promise<Changes> {
  const compare = (): Promise<Changes> => Promise.resolve(FROM_GITHUB)
  return readCommittedChanges({ git: systemGit, compare }, folder, base, head)
}

async function cloneAt(folder: string, git: Git = systemGit): Promise<Clone> {
  const found = await readClone(git, folder)
  if (found.is !== 'clone') throw new Error(found.said)
  return found.clone
}

async function readUncommitted(git: Git, folder: string, everywhere: boolean): Promise<readonly string[]> {
  const result = await readCheckout(git, await cloneAt(folder, git), folder, everywhere)
  if (result.is !== 'read') throw new Error(result.said)
  return result.checkout.uncommitted
}

describe('between two commits of the clone', () => {
  test('pain 9: names beyond ASCII, with blanks, quotes and line ends are whole', async () => {
    const odd = ['dags/größe.py', 'dags/a b "c".py', 'dags/line\nend.py', 'dags/日本.py', '-leading.py']
    const base = await repository.commit({ 'README.md': 'a' })
    const head = await repository.commit(Object.fromEntries(odd.map((name) => [name, 'x'])))
    const found = await changes(base, head)
    expect(found.known && found.paths.toSorted()).toEqual(odd.toSorted())
  })

  test('removed and changed files count; a rename counts as both paths', async () => {
    const base = await repository.commit({
      'gone.txt': 'a',
      'old.txt': 'same',
      'kept.txt': 'k',
      'c.txt': '1',
    })
    repository.git('mv', 'old.txt', 'new.txt')
    const head = await repository.commit({ 'gone.txt': undefined, 'c.txt': '2' })
    const found = await changes(base, head)
    expect(found.known && found.paths.toSorted()).toEqual(['c.txt', 'gone.txt', 'new.txt', 'old.txt'])
  })

  test('paths start at the root of the repository, wherever the project is', async () => {
    const base = await repository.commit({ 'astro/dags/a.py': '1', 'other.txt': '1' })
    const head = await repository.commit({ 'astro/dags/a.py': '2', 'other.txt': '2' })
    repository.git('config', 'diff.relative', 'true')
    const found = await changes(base, head, path.join(repository.folder, 'astro'))
    expect(found.known && found.paths.toSorted()).toEqual(['astro/dags/a.py', 'other.txt'])
  })

  test('pain 42: a history that was rewritten in between does not matter', async () => {
    await repository.commit({ 'a.txt': '1' })
    const base = await repository.commit({ 'dags/a.py': '1' })
    repository.git('reset', '--quiet', '--hard', 'HEAD~1')
    const head = await repository.commit({ 'dags/b.py': '1' })
    const found = await changes(base, head)
    expect(found.known && found.paths.toSorted()).toEqual(['dags/a.py', 'dags/b.py'])
  })

  test('the same commit needs no comparison', async () => {
    const head = await repository.commit({ a: '1' })
    expect(await changes(head, head)).toEqual({ known: true, paths: [], from: 'git' })
  })

  test('a branch is no commit', async () => {
    const head = await repository.commit({ a: '1' })
    expect(await changes('f'.repeat(40), head)).toBe(FROM_GITHUB)
  })

  test('pain 56: a shallow clone asks GitHub', async () => {
    const base = await repository.commit({ a: '1' })
    const head = await repository.commit({ a: '2' })
    const shallow = await mkdtemp(path.join(tmpdir(), 'shallow-'))
    try {
      execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${repository.folder}`, shallow])
      expect((await cloneAt(shallow)).head).toBe(head)
      expect(await changes(base, head, shallow)).toBe(FROM_GITHUB)
    } finally {
      await rm(shallow, { recursive: true, force: true })
    }
  })
})

describe('files of no commit', () => {
  test('changed, staged, removed, new and ignored ones count', async () => {
    await repository.commit({
      '.gitignore': 'ignored.py\n',
      'a.py': '1',
      'b.py': '1',
      'c.py': '1',
      'd.py': '1',
    })
    await repository.write({
      'a.py': '2',
      'b.py': undefined,
      'c.py': '2',
      'ignored.py': 'x',
      'sub/new é.py': 'x',
    })
    repository.git('add', 'c.py')
    expect((await readUncommitted(systemGit, repository.folder, false)).toSorted()).toEqual(
      ['a.py', 'b.py', 'c.py', 'ignored.py', 'sub/new é.py'].toSorted(),
    )
  })

  test('those of submodules count, ignored ones and those of submodules in them too', async () => {
    const [inner, deep] = [await makeRepository(), await makeRepository()]
    try {
      const add = (to: TestRepository, from: TestRepository, at: string): string =>
        to.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', from.folder, at)
      await deep.commit({ '.gitignore': 'made.py\n', 'b.py': '1' })
      await inner.commit({ '.gitignore': 'made.py\n', 'a.py': '1' })
      add(repository, inner, 'dags/lib')
      await repository.commit({})
      add({ ...repository, git: inRepository(path.join(repository.folder, 'dags/lib')) }, deep, 'deep')
      await repository.write({ 'dags/lib/made.py': 'x', 'dags/lib/deep/made.py': 'x' })
      const found = await readUncommitted(systemGit, repository.folder, false)
      expect(found).toEqual(expect.arrayContaining(['dags/lib/made.py', 'dags/lib/deep/made.py']))
    } finally {
      await Promise.all([inner.remove(), deep.remove()])
    }
  })

  test('a submodule that was not fetched has none', async () => {
    const inner = await makeRepository()
    try {
      await inner.commit({ 'a.py': '1' })
      repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.folder, 'lib')
      await repository.commit({})
      repository.git('submodule', '--quiet', 'deinit', '--force', 'lib')
      expect(await readUncommitted(systemGit, repository.folder, false)).toEqual([])
    } finally {
      await inner.remove()
    }
  })

  test('a clone of another user, as in a container, is looked at all the same', async () => {
    await repository.commit({ 'a.py': '1' })
    await repository.write({ 'a.py': '2' })
    const git = gitWith({ GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' })
    expect(await readUncommitted(git, repository.folder, false)).toEqual(['a.py'])
  })

  test('a file that was only touched is unchanged', async () => {
    await repository.commit({ 'a.py': '1' })
    await repository.write({ 'a.py': '1' })
    expect(await readUncommitted(systemGit, repository.folder, false)).toEqual([])
  })

  test('those outside of the project count only where that is asked for', async () => {
    await repository.commit({ 'astro/a.py': '1', 'proto/a.proto': '1' })
    await repository.write({ 'astro/new.py': 'x', 'proto/a.proto': '2', 'proto/b.proto': 'x' })
    const project = path.join(repository.folder, 'astro')
    expect(await readUncommitted(systemGit, project, false)).toEqual(['astro/new.py'])
    expect((await readUncommitted(systemGit, project, true)).toSorted()).toEqual([
      'astro/new.py',
      'proto/a.proto',
      'proto/b.proto',
    ])
  })

  test('without a clone nothing is known', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'no-clone-'))
    try {
      expect(await readClone(systemGit, folder)).toMatchObject({ is: 'no-clone' })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
