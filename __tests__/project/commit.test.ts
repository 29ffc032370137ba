import { describe, expect, test } from '@jest/globals'
import {
  completeCommit,
  describeDeploy,
  gitMetadata,
  readCommit,
  readOwnRepository,
} from '../../src/project/commit.ts'

const SHA = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d'
const BEFORE = 'b'.repeat(40)
const ENV = {
  GITHUB_SHA: SHA,
  GITHUB_REPOSITORY: 'acme/etl',
  GITHUB_REF_NAME: 'main',
  GITHUB_HEAD_REF: '',
  GITHUB_ACTOR: 'octocat',
  GITHUB_SERVER_URL: 'https://github.com',
}
const PUSH = {
  before: BEFORE,
  head_commit: { id: SHA, message: 'Load orders\n\nmore', author: { name: 'Ada "the" L.', username: 'ada' } },
}

describe('the commit of an event', () => {
  test('push', () => {
    expect(readCommit(ENV, PUSH)).toEqual({
      sha: SHA,
      branch: 'main',
      before: BEFORE,
      message: 'Load orders\n\nmore',
      authorName: 'Ada "the" L.',
      authorUsername: 'ada',
      repository: { serverUrl: 'https://github.com', owner: 'acme', name: 'etl' },
    })
  })

  test('the first push of a branch has no commit before', () => {
    expect(readCommit(ENV, { ...PUSH, before: '0'.repeat(40) })?.before).toBeUndefined()
  })

  test('pull request: the head of the branch, of whichever repository, not the merge commit', () => {
    const event = {
      before: BEFORE,
      pull_request: {
        title: 'Orders',
        user: { login: 'grace' },
        head: { sha: 'c'.repeat(40), ref: 'feature/x', repo: { full_name: 'fork/etl' } },
      },
    }
    const env = { ...ENV, GITHUB_HEAD_REF: 'feature/x', GITHUB_REF_NAME: '12/merge' }
    expect(readCommit(env, event)).toEqual({
      sha: 'c'.repeat(40),
      branch: 'feature/x',
      before: undefined,
      message: 'Orders',
      authorName: undefined,
      authorUsername: 'grace',
      repository: { serverUrl: 'https://github.com', owner: 'fork', name: 'etl' },
    })
  })

  test.each([
    ['a tag', { GITHUB_REF_NAME: 'v1.2.3' }, {}, 'v1.2.3'],
    ['a dispatch', {}, { inputs: {} }, 'main'],
    ['a schedule', {}, { schedule: '0 0 * * *' }, 'main'],
    ['no event at all', {}, undefined, 'main'],
    ['an event that is no object', {}, 'text', 'main'],
    ['fields of the wrong type', {}, { before: 7, head_commit: 'x', pull_request: null }, 'main'],
  ])('%s: what the runner says', (_, env, event, branch) => {
    expect(readCommit({ ...ENV, ...env }, event)).toMatchObject({
      sha: SHA,
      branch,
      authorUsername: 'octocat',
    })
  })

  test('the message of another commit is not ours', () => {
    const event = { head_commit: { id: BEFORE, message: 'Other' } }
    expect(readCommit(ENV, event)?.message).toBeUndefined()
  })

  test.each([
    {},
    { GITHUB_SHA: SHA },
    { GITHUB_REPOSITORY: 'acme/etl' },
    { GITHUB_SHA: SHA, GITHUB_REPOSITORY: 'x' },
    { GITHUB_SHA: 'main', GITHUB_REPOSITORY: 'acme/etl' },
    { GITHUB_SHA: SHA.slice(0, 7), GITHUB_REPOSITORY: 'acme/etl' },
  ])('outside of GitHub Actions there is none: %j', (env) => expect(readCommit(env, {})).toBeUndefined())
})

describe('the local clone', () => {
  const commit = readCommit(ENV, {})
  const local = { sha: SHA, message: 'From the clone', authorName: 'Ada' }

  test('completes what the event lacks', () => {
    expect(completeCommit(commit, local, SHA)).toMatchObject({ message: 'From the clone', authorName: 'Ada' })
    expect(completeCommit(readCommit(ENV, PUSH), local, SHA)).toMatchObject({
      message: 'Load orders\n\nmore',
    })
  })

  test('at another commit is what is shipped: the branch and the commit before belong to the context', () => {
    expect(completeCommit(readCommit(ENV, PUSH), { ...local, sha: BEFORE }, SHA)).toEqual({
      sha: BEFORE,
      message: 'From the clone',
      authorName: 'Ada',
      authorUsername: undefined,
      branch: undefined,
      before: undefined,
      repository: { serverUrl: 'https://github.com', owner: 'acme', name: 'etl' },
    })
  })

  test('at the merge commit of a pull request stands for its head', () => {
    const head = { sha: 'c'.repeat(40), repo: { full_name: 'acme/etl' } }
    const asked = readCommit(ENV, { pull_request: { title: 'Orders', head } })
    expect(completeCommit(asked, local, SHA)).toEqual(asked)
  })

  test('of another repository than the workflow’s is right about everything', () => {
    const other = { ...local, branch: 'release', origin: 'https://token@github.com/other/dags.git' }
    const recorded = {
      sha: SHA,
      message: 'From the clone',
      authorName: 'Ada',
      authorUsername: undefined,
      branch: 'release',
      before: undefined,
      repository: { serverUrl: 'https://github.com', owner: 'other', name: 'dags' },
    }
    for (const context of [SHA, BEFORE]) expect(completeCommit(commit, other, context)).toEqual(recorded)
  })

  test('of the workflow’s own repository, in whatever form its URL is, changes nothing', () => {
    for (const origin of ['git@github.com:Acme/etl.git', 'https://github.com/acme/etl', '/srv/mirror']) {
      expect(completeCommit(commit, { ...local, origin }, SHA)).toMatchObject({
        branch: 'main',
        repository: { owner: 'acme', name: 'etl' },
      })
    }
  })

  test('of the base or of the fork of a pull request is where its commit is', () => {
    const own = readOwnRepository(ENV)
    const head = { sha: 'c'.repeat(40), repo: { full_name: 'fork/etl' } }
    const asked = readCommit(ENV, { pull_request: { title: 'Orders', head } })
    const at = (sha: string, repository: string) =>
      completeCommit(asked, { ...local, sha, origin: `https://github.com/${repository}` }, SHA, own)
    expect(at(SHA, 'acme/etl')).toEqual(asked)
    expect(at('c'.repeat(40), 'fork/etl')).toMatchObject({ message: 'Orders', repository: { owner: 'fork' } })
    expect(at(BEFORE, 'acme/etl')).toMatchObject({ sha: BEFORE, repository: { owner: 'acme' } })
  })

  test('that is not there, or outside of GitHub, adds nothing', () => {
    expect(completeCommit(commit, undefined, SHA)).toEqual(commit)
    expect(completeCommit(undefined, local, undefined)).toBeUndefined()
  })
})

test('with pull_request_target the base is checked out, not the head, and nothing is said of the pull request', () => {
  const event = { pull_request: { title: 'Orders', user: { login: 'grace' }, head: { sha: 'c'.repeat(40) } } }
  const found = readCommit({ ...ENV, GITHUB_EVENT_NAME: 'pull_request_target' }, event)
  expect(found).toMatchObject({ sha: SHA, message: undefined, authorUsername: 'octocat' })
})

describe('git metadata', () => {
  const commit = readCommit(ENV, PUSH)
  if (!commit) throw new Error('no commit')

  test('github.com', () => {
    expect(gitMetadata(commit, 'astro/project')).toEqual({
      provider: 'GITHUB',
      account: 'acme',
      repo: 'etl',
      commitSha: SHA,
      commitUrl: `https://github.com/acme/etl/commit/${SHA}`,
      branch: 'main',
      path: 'astro/project',
      beforeCommitSha: BEFORE,
      authorName: 'Ada "the" L.',
      authorUsername: 'ada',
      authorUrl: 'https://github.com/ada',
    })
  })

  test('an Enterprise host is generic, and no credential of its URL is passed on', () => {
    const enterprise = readCommit({ ...ENV, GITHUB_SERVER_URL: 'https://user:pass@git.acme.example/' }, {})
    if (!enterprise) throw new Error('no commit')
    expect(gitMetadata(enterprise, '')).toEqual({
      provider: 'GENERIC',
      remoteUrl: 'https://git.acme.example/acme/etl',
      commitSha: SHA,
      commitUrl: `https://git.acme.example/acme/etl/commit/${SHA}`,
      branch: 'main',
      authorUsername: 'octocat',
      authorUrl: 'https://git.acme.example/octocat',
    })
  })
})

describe('the description of a deploy', () => {
  const described = (message: string | undefined) => {
    const commit = readCommit(ENV, PUSH)
    return describeDeploy(commit && { ...commit, message })
  }
  test.each([
    ['Load orders\n\nmore', 'Load orders'],
    ['  Load orders  \r\nmore', 'Load orders'],
    [undefined, 'Deploy 1a2b3c4'],
    ['', 'Deploy 1a2b3c4'],
    ['\n\nbody', 'Deploy 1a2b3c4'],
    ['x'.repeat(500), 'x'.repeat(500)],
    ['x'.repeat(501), `${'x'.repeat(499)}…`],
    ['😀'.repeat(501), `${'😀'.repeat(499)}…`],
  ])('%j', (message, description) => expect(described(message)).toBe(description))

  test('without a commit there is none', () => expect(describeDeploy(undefined)).toBeUndefined())
})
