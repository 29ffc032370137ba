import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { readDockerIgnore } from '../../src/project/docker-ignore.ts'
import { makeRepository } from '../make/repository.ts'
import { IGNORE_CASES, IGNORE_TREE } from './ignore-cases.ts'

/** What Docker itself copies, with all ignore files in one test so that the tree is made once. */
describe('what stays out of the image is what Docker leaves out', () => {
  const env = {
    ...process.env,
    ...(JSON.parse(process.env.IMAGE_SUITE_BUILDX ?? '{}') as Record<string, string>),
  }
  test.each(IGNORE_CASES.map((text) => [JSON.stringify(text), text]))('%s', async (_, text) => {
    const context = await makeRepository()
    const out = mkdtempSync(join(tmpdir(), 'ignore-'))
    try {
      rmSync(join(context.folder, '.git'), { recursive: true })
      await context.write(Object.fromEntries(IGNORE_TREE.map((path) => [path, 'x'])))
      await context.write({ Dockerfile: 'FROM scratch\nCOPY . /\n', '.dockerignore': text })
      execFileSync(
        'docker',
        ['buildx', 'build', '--quiet', '--output', `type=local,dest=${out}`, context.folder],
        { env, stdio: 'ignore' },
      )
      const copied = execFileSync('find', [out, '-type', 'f', '-printf', '%P\\0'], { encoding: 'utf8' })
      const ours = IGNORE_TREE.filter((path) => !readDockerIgnore(text)(path))
      const shown = copied.split('\0').filter((path) => path !== '' && path !== '.dockerignore')
      expect(shown.toSorted()).toEqual(ours.toSorted())
    } finally {
      rmSync(out, { recursive: true, force: true })
      await context.remove()
    }
  })
})
