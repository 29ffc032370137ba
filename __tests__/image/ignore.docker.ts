import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { ignoreFileFor } from '../../src/image/dockerfile.ts'
import { readDockerIgnore } from '../../src/project/docker-ignore.ts'
import { makeRepository } from '../make/repository.ts'
import { IGNORE_CASES, IGNORE_TREE } from './ignore-cases.ts'

const env = {
  ...process.env,
  ...(JSON.parse(process.env.IMAGE_SUITE_BUILDX ?? '{}') as Record<string, string>),
}

/** The files of a tree that Docker itself copies when the ignore file is this. */
async function copied(tree: readonly string[], ignoreFile: string): Promise<string[]> {
  const context = await makeRepository()
  const out = mkdtempSync(join(tmpdir(), 'ignore-'))
  try {
    rmSync(join(context.folder, '.git'), { recursive: true })
    await context.write(Object.fromEntries(tree.map((path) => [path, 'x'])))
    await context.write({ Dockerfile: 'FROM scratch\nCOPY . /\n', '.dockerignore': ignoreFile })
    execFileSync(
      'docker',
      ['buildx', 'build', '--quiet', '--output', `type=local,dest=${out}`, context.folder],
      { env, stdio: 'ignore' },
    )
    const found = execFileSync('find', [out, '-type', 'f', '-printf', '%P\\0'], { encoding: 'utf8' })
    return found.split('\0').filter((path) => path !== '' && path !== '.dockerignore')
  } finally {
    rmSync(out, { recursive: true, force: true })
    await context.remove()
  }
}

test.each(IGNORE_CASES.map((text) => [JSON.stringify(text), text]))(
  'what stays out of the image is what Docker leaves out: %s',
  async (_, text) => {
    const ours = IGNORE_TREE.filter((path) => !readDockerIgnore(text)(path))
    expect((await copied(IGNORE_TREE, text)).toSorted()).toEqual(ours.toSorted())
  },
)

test.each([
  'src/flows',
  '[a]*?',
  'a{1}+(b)|c^$',
  '#dags',
  '!dags',
  ' dags',
  'back\\slash',
  'größe',
  'two\nlines',
])('a DAG folder %j, and nothing else, is kept out by the line that is made for it', async (folder) => {
  const tree = [`${folder}/x.py`, `${folder}/deep/x.py`]
  const others = ['Dockerfile', 'aXY/x.py', 'src/x.py', 'dags/x.py', 'aa1bc/x.py', 'slash/x.py']
  const shown = await copied([...tree, ...others], ignoreFileFor(undefined, folder, false))
  expect(shown.toSorted()).toEqual(others.toSorted())
})
