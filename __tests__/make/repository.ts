import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'

/** A git repository of a test's own. */
export type TestRepository = {
  readonly folder: string
  /** Runs git in it; throws when that fails. */
  git(...args: string[]): string
  /** Writes files; undefined removes one. */
  write(files: Readonly<Record<string, string | undefined>>): Promise<void>
  /** Writes files and commits everything; returns the commit's ID. */
  commit(files?: Readonly<Record<string, string | undefined>>): Promise<string>
  remove(): Promise<void>
}

/** Makes an empty repository on `main`, independent of this machine's git settings. */
export async function makeRepository(): Promise<TestRepository> {
  const folder = await mkdtemp(path.join(tmpdir(), 'repository-'))
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
      cwd: folder,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  const write: TestRepository['write'] = async (files) => {
    for (const [inside, text] of Object.entries(files)) {
      const file = path.join(folder, inside)
      if (text === undefined) {
        await rm(file, { recursive: true, force: true })
      } else {
        await mkdir(path.dirname(file), { recursive: true })
        await writeFile(file, text)
      }
    }
  }
  git('init', '--quiet', '--initial-branch=main')
  return {
    folder,
    git,
    write,
    async commit(files = {}) {
      await write(files)
      git('add', '--all')
      git('commit', '--quiet', '--allow-empty', '--no-gpg-sign', '--message=change')
      return git('rev-parse', 'HEAD')
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
