import { afterEach, describe, expect, test } from '@jest/globals'
import { createCompare } from '../../src/project/compare.ts'
import type { Changes } from '../../src/project/changes.ts'
import type { Answer, LocalGitHub } from '../make/github.ts'
import { startGitHub } from '../make/github.ts'

let gitHub: LocalGitHub | undefined
afterEach(async () => {
  await gitHub?.stop()
  gitHub = undefined
})

const REPOSITORY = { serverUrl: 'https://github.com', owner: 'acme', name: 'etl' }

const files = (...names: string[]): { filename: string }[] => names.map((filename) => ({ filename }))

async function compare(
  answer: (base: string, head: string) => Answer,
  token: string | undefined = 'ghs_1',
  serverUrl = REPOSITORY.serverUrl,
): Promise<Changes> {
  gitHub = await startGitHub(answer)
  const env = { GITHUB_API_URL: gitHub.url, GITHUB_SERVER_URL: 'https://github.com' }
  const ask = createCompare(env, token, { ...REPOSITORY, serverUrl }, new AbortController().signal)
  return ask('base', 'head')
}
const always =
  (status: number, body: unknown): (() => Answer) =>
  () => ({ status, body })

test('a repository on another server is not asked for, though GitHub may have one of that name', async () => {
  const found = await compare(
    always(200, { status: 'ahead', files: [] }),
    'ghs_1',
    'https://git.acme.example',
  )
  expect(found).toMatchObject({ known: false, why: expect.stringContaining('not on the server') as unknown })
  expect(gitHub?.requests).toEqual([])
})

describe('GitHub compares', () => {
  test('on the host that the environment names, with the token', async () => {
    const found = await compare(always(200, { status: 'ahead', files: files('dags/a.py', 'Dockerfile') }))
    expect(found).toEqual({ known: true, paths: ['dags/a.py', 'Dockerfile'], from: 'GitHub' })
    expect(gitHub?.requests).toEqual([
      { path: '/api/v3/repos/acme/etl/compare/base...head', authorization: 'token ghs_1' },
    ])
  })

  test('a renamed file by both names', async () => {
    const renamed = { filename: 'dags/b.py', previous_filename: 'include/b.py' }
    const found = await compare(always(200, { status: 'ahead', files: [renamed] }))
    expect(found.known && found.paths).toEqual(['dags/b.py', 'include/b.py'])
  })

  test.each(['diverged', 'behind'])('both ways when the commits have %s', async (status) => {
    const found = await compare((base) => ({
      status: 200,
      body: { status, files: base === 'base' ? files('new.py') : files('old.py') },
    }))
    expect(found.known && found.paths).toEqual(['new.py', 'old.py'])
    expect(gitHub?.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['base...head', 'head...base'])
  })

  test('a failure that passes', async () => {
    let calls = 0
    const found = await compare(() =>
      ++calls === 1 ? { status: 502, body: {} } : { status: 200, body: { status: 'identical', files: [] } },
    )
    expect(found).toEqual({ known: true, paths: [], from: 'GitHub' })
  })
})

describe('the changes are unknown', () => {
  test.each<[string, () => Answer, string]>([
    ['when GitHub has lost the commit', always(404, { message: 'Not Found' }), 'HTTP 404'],
    ['when the token may not read', always(403, { message: 'Resource not accessible' }), 'contents: read'],
    ['when the token is wrong', always(401, { message: 'Bad credentials' }), 'HTTP 401'],
    ['when GitHub is down', always(503, {}), 'HTTP 503'],
    [
      'when the list may be cut',
      always(200, { status: 'ahead', files: files(...Array<string>(300).fill('a')) }),
      'at most 300',
    ],
    ['when there is no list', always(200, { status: 'ahead' }), 'no list of files'],
  ])('%s', async (_, answer, why) => {
    const found = await compare(answer)
    expect(found.known).toBe(false)
    expect(!found.known && found.why).toContain(why)
  })

  test('without a token, and without a request', async () => {
    gitHub = await startGitHub(always(200, {}))
    const env = { GITHUB_API_URL: gitHub.url }
    const ask = createCompare(env, undefined, REPOSITORY, new AbortController().signal)
    const found = await ask('base', 'head')
    expect(!found.known && found.why).toContain('github-token')
    expect(gitHub.requests).toEqual([])
  })

  test('when nobody answers', async () => {
    const env = { GITHUB_API_URL: 'http://127.0.0.1:9' }
    const ask = createCompare(env, 't', REPOSITORY, new AbortController().signal)
    expect((await ask('base', 'head')).known).toBe(false)
  })
})
