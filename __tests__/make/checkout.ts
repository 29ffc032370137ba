import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { makeFolder } from './folder.ts'
import type { TestRepository } from './repository.ts'

/** Runs git in a folder, with its remotes on this machine; throws when that fails. */
export function gitIn(folder: string, ...args: string[]): string {
  return execFileSync('git', ['-c', 'protocol.file.allow=always', ...args], {
    cwd: folder,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()
}

/** A clone of a repository by way of a URL, as a runner makes it; gone after the test. */
export function cloneOf(repository: TestRepository, ...options: string[]): string {
  const folder = path.join(makeFolder(), 'clone')
  gitIn('/', 'clone', '--quiet', ...options, `file://${repository.folder}`, folder)
  return folder
}

/** Adds a repository as a submodule to another, and commits. */
export async function addSubmodule(to: TestRepository, at: string, inner: TestRepository): Promise<void> {
  gitIn(to.folder, 'submodule', '--quiet', 'add', `file://${inner.folder}`, at)
  await to.commit()
}

/** What Git LFS commits in place of a file. */
export const LFS_POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a'.repeat(16)}\nsize 12345\n`

/** A PATH on which a shell script stands before the program of that name; `$REAL` is the program. */
export function pathWith(name: string, script: string): string {
  const folder = makeFolder()
  const real = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
  writeFileSync(path.join(folder, name), `#!/bin/sh\nREAL='${real}'\n${script}\n`)
  chmodSync(path.join(folder, name), 0o755)
  return `${folder}:${process.env.PATH ?? ''}`
}
