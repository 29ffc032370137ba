import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { systemGit } from '../make/git.ts'
import type { ProjectTree } from '../../src/project/tree.ts'
import { readProjectTree } from '../../src/project/tree.ts'
import type { TestRepository } from '../make/repository.ts'
import { makeRepository } from '../make/repository.ts'

let repository: TestRepository
beforeEach(async () => {
  repository = await makeRepository()
})
afterEach(() => repository.remove())

const read = (): Promise<ProjectTree> =>
  readProjectTree(systemGit, {
    folder: repository.folder,
    projectPath: Promise.resolve(''),
    dagsPath: 'dags',
    everywhere: false,
  })

test('a DAG folder is where it is named', async () => {
  await repository.commit({ 'dags/a.py': '1' })
  expect(await read()).toMatchObject({ dagFolders: ['dags'], hasDagsElsewhere: false, uncommitted: [] })
})

test('a DAG folder that is a link inside of the clone is in both places', async () => {
  await repository.commit({ 'shared/a.py': '1' })
  await symlink('shared', path.join(repository.folder, 'dags'))
  expect(await read()).toMatchObject({ dagFolders: ['dags', 'shared'], hasDagsElsewhere: false })
})

test('of a DAG folder that is a link to another checkout git knows nothing', async () => {
  await repository.commit({ Dockerfile: '1' })
  const other = await mkdtemp(path.join(tmpdir(), 'other-'))
  try {
    await mkdir(path.join(other, 'dags'))
    await symlink(path.join(other, 'dags'), path.join(repository.folder, 'dags'))
    expect(await read()).toMatchObject({ dagFolders: ['dags'], hasDagsElsewhere: true })
  } finally {
    await rm(other, { recursive: true, force: true })
  }
})

test('a missing DAG folder is not elsewhere', async () => {
  await repository.commit({ Dockerfile: '1' })
  expect((await read()).hasDagsElsewhere).toBe(false)
})
