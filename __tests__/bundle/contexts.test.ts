import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { DAG, useGround } from './ground.ts'
import { writeTree } from './tree.ts'

const ground = useGround({ uploads: true })
const SHA = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d'
const HEAD = 'ffeeddccbbaa99887766554433221100ffeeddcc'
const BEFORE = '00112233445566778899aabbccddeeff00112233'

/** Without a clone nobody knows whether the files are those of the commit, so a later run must not take them for it. */
const NOT_A_CLONE = '#modified=dags,image'

const commit = {
  id: SHA,
  message: 'Load the orders, "all" of them ✨\n\nThey were missing.',
  author: { name: 'Grace O’Hopper', username: 'grace', email: 'grace@example.com' },
}
const gitHub = {
  provider: 'GITHUB',
  account: 'acme',
  repo: 'etl',
  branch: 'main',
  commitSha: SHA,
  commitUrl: `https://github.com/acme/etl/commit/${SHA}${NOT_A_CLONE}`,
}
const author = {
  authorName: 'Grace O’Hopper',
  authorUsername: 'grace',
  authorUrl: 'https://github.com/grace',
}
const octocat = { authorUsername: 'octocat', authorUrl: 'https://github.com/octocat' }
const description = 'Load the orders, "all" of them ✨'

type Context = {
  readonly env?: Readonly<Record<string, string>>
  readonly event: unknown
  readonly inputs?: Readonly<Record<string, string>>
}

/** What Astro was told of the commit. */
async function told({ env = {}, event, inputs = {} }: Context): Promise<unknown> {
  const { deploymentId } = ground.astro
  const result = await ground.deploy(
    { 'deployment-id': deploymentId, wait: 'false', ...inputs },
    { env, event },
  )
  expect(result.exitCode).toBe(0)
  const deploy = ground.astro.deployments.deploys(deploymentId).at(-1)
  return { description: deploy?.description, git: deploy?.git }
}

describe('Astro is told which commit it gets', () => {
  test.each<[string, Context, unknown]>([
    [
      'by a push',
      { event: { before: BEFORE, head_commit: commit } },
      { description, git: { ...gitHub, ...author, beforeCommitSha: BEFORE } },
    ],
    [
      'by the first push of a branch, which comes from no commit',
      {
        env: { GITHUB_REF: 'refs/heads/feature/x', GITHUB_REF_NAME: 'feature/x' },
        event: { before: '0'.repeat(40), head_commit: commit },
      },
      { description, git: { ...gitHub, ...author, branch: 'feature/x' } },
    ],
    [
      'by a pull request: the head of its branch, for the merge commit exists nowhere else',
      {
        env: {
          GITHUB_EVENT_NAME: 'pull_request',
          GITHUB_REF: 'refs/pull/7/merge',
          GITHUB_REF_NAME: '7/merge',
          GITHUB_HEAD_REF: 'feature/orders',
          GITHUB_BASE_REF: 'main',
        },
        event: {
          number: 7,
          before: BEFORE,
          pull_request: {
            title: 'Load the orders',
            user: { login: 'grace' },
            head: { sha: HEAD, ref: 'feature/orders', repo: { full_name: 'acme/etl' } },
          },
        },
      },
      {
        description: 'Load the orders',
        git: {
          ...gitHub,
          branch: 'feature/orders',
          commitSha: HEAD,
          commitUrl: `https://github.com/acme/etl/commit/${HEAD}${NOT_A_CLONE}`,
          authorUsername: 'grace',
          authorUrl: 'https://github.com/grace',
        },
      },
    ],
    [
      'by a tag',
      {
        env: { GITHUB_REF: 'refs/tags/v1.2', GITHUB_REF_NAME: 'v1.2', GITHUB_REF_TYPE: 'tag' },
        event: { before: '0'.repeat(40), head_commit: commit },
      },
      { description, git: { ...gitHub, ...author, branch: 'v1.2' } },
    ],
    [
      'by a dispatch, which knows no message',
      { env: { GITHUB_EVENT_NAME: 'workflow_dispatch' }, event: { inputs: {}, sender: { login: 'ada' } } },
      { description: 'Deploy 1a2b3c4', git: { ...gitHub, ...octocat } },
    ],
    [
      'on a GitHub Enterprise Server',
      {
        env: { GITHUB_SERVER_URL: 'https://git.acme.example/' },
        event: { before: BEFORE, head_commit: commit },
      },
      {
        description,
        git: {
          ...author,
          provider: 'GENERIC',
          remoteUrl: 'https://git.acme.example/acme/etl',
          branch: 'main',
          commitSha: SHA,
          commitUrl: `https://git.acme.example/acme/etl/commit/${SHA}${NOT_A_CLONE}`,
          beforeCommitSha: BEFORE,
          authorUrl: 'https://git.acme.example/grace',
        },
      },
    ],
    [
      'in other words, when the step has some',
      { event: { head_commit: commit }, inputs: { description: '  Nightly, with `ticks` and ::error::  ' } },
      { description: 'Nightly, with `ticks` and ::error::', git: { ...gitHub, ...author } },
    ],
    [
      'with a message that is too long, cut between characters',
      { event: { head_commit: { ...commit, message: '🛫'.repeat(600) } } },
      { description: `${'🛫'.repeat(499)}…`, git: { ...gitHub, ...author } },
    ],
    [
      'by an event that is none',
      { event: [null, { head_commit: 'x' }] },
      { description: 'Deploy 1a2b3c4', git: { ...gitHub, ...octocat } },
    ],
    [
      'by an event of a megabyte',
      { event: { head_commit: commit, filler: 'x'.repeat(1_000_000) } },
      { description, git: { ...gitHub, ...author } },
    ],
  ])('%s', async (_how, context, expected) => {
    expect(await told(context)).toEqual(expected)
  })

  test('by the clone, where the event says nothing; the clone stays as it is', async () => {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=Ada Lovelace', '-c', 'user.email=ada@example.com', ...args], {
        cwd: ground.workspace,
        encoding: 'utf8',
      })
    await writeTree(ground.workspace, { 'projects/sales/dags/sales.py': DAG })
    git('init', '--quiet')
    git('add', '.')
    git('commit', '--quiet', '--message', 'Sales, at last\n\nDetails.')
    const sha = git('rev-parse', 'HEAD').trim()
    const env = { GITHUB_EVENT_NAME: 'schedule', GITHUB_SHA: sha }
    expect(await told({ env, event: {}, inputs: { 'root-folder': 'projects/sales' } })).toMatchObject({
      description: 'Sales, at last',
      git: { commitSha: sha, authorName: 'Ada Lovelace', path: 'projects/sales' },
    })
  })

  test('not at all, outside of GitHub Actions', async () => {
    const env = { GITHUB_REPOSITORY: '', GITHUB_SHA: '' }
    expect(await told({ env, event: {} })).toEqual({ description: undefined, git: undefined })
  })
})
