import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type TestRepository = {
  readonly folder: string
  readonly sha: string
  /** The webhook event of the push that brought the commit, as GitHub would send it. */
  readonly event: unknown
}

const branch = 'main'
const author = { name: 'Ada Example', email: 'ada@example.com' }

/**
 * Makes a git repository with one commit on `main` and a remote on github.com, which nothing connects to.
 *
 * @param files contents by path
 */
export function createRepository(
  folder: string,
  files: Readonly<Record<string, string>>,
  commit: { readonly message: string; readonly repository: string },
): TestRepository {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  const identity = ['-c', `user.name=${author.name}`, '-c', `user.email=${author.email}`]
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim()
  git('init', '--quiet', `--initial-branch=${branch}`)
  git('add', '--all')
  git(...identity, 'commit', '--quiet', '--no-gpg-sign', `--message=${commit.message}`)
  git('remote', 'add', 'origin', `https://github.com/${commit.repository}.git`)

  const sha = git('rev-parse', 'HEAD')
  const [owner, name] = commit.repository.split('/')
  return {
    folder,
    sha,
    event: {
      ref: `refs/heads/${branch}`,
      before: '0'.repeat(40),
      after: sha,
      created: true,
      repository: { name, full_name: commit.repository, owner: { login: owner }, default_branch: branch },
      pusher: author,
      head_commit: { id: sha, message: commit.message, author: { ...author, username: 'ada' } },
    },
  }
}
