import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { createCompare } from '../../src/project/compare.ts'
import type { Changes, Compare } from '../../src/project/changes.ts'
import type { Answer, LocalGitHub } from '../make/github.ts'
import { startGitHub } from '../make/github.ts'
import { makeRequest } from '../make/http.ts'

let gitHub: LocalGitHub | undefined
afterEach(async () => {
  await gitHub?.stop()
  gitHub = undefined
})

const REPOSITORY = { serverUrl: 'https://github.com', owner: 'acme', name: 'etl' }

function asking(url: string, token: string | undefined, serverUrl = REPOSITORY.serverUrl): Compare {
  const repository = { ...REPOSITORY, serverUrl }
  const { signal } = new AbortController()
  const { request } = makeRequest()
  const env = { GITHUB_API_URL: url, GITHUB_SERVER_URL: REPOSITORY.serverUrl }
  return createCompare({ env, request, token, repository, signal })
}

const files = (...names: string[]): { filename: string }[] => names.map((filename) => ({ filename }))

async function compare(
  answer: (base: string, head: string) => Answer,
  token: string | undefined = 'ghs_1',
  serverUrl = REPOSITORY.serverUrl,
): Promise<Changes> {
  gitHub = await startGitHub(answer)
  return asking(gitHub.url, token, serverUrl)('base', 'head')
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
    const found = await asking(gitHub.url, undefined)('base', 'head')
    expect(!found.known && found.why).toContain('github-token')
    expect(gitHub.requests).toEqual([])
  })

  test('when nobody answers, and that is not an answer of GitHub', async () => {
    const found = await asking('http://127.0.0.1:9', 't')('base', 'head')
    expect(!found.known && found.why).toMatch(/it could not be asked \(.*ECONNREFUSED/)
    expect(!found.known && found.why).not.toContain('HTTP')
  })
})

test('a GitHub that never answers keeps no cancelled run', async () => {
  const silent = createServer(() => cancelling.abort(new Error('cancelled'))).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const cancelling = new AbortController()
  const { signal } = cancelling
  const { request } = makeRequest({ signal })
  const env = { GITHUB_API_URL: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` }
  const ask = createCompare({ env, request, token: 't', repository: REPOSITORY, signal })
  await expect(ask('base', 'head')).rejects.toThrow('cancelled')
  silent.closeAllConnections()
  silent.close()
})

test('a repository that was renamed is followed to its new address, on the same host only', async () => {
  gitHub = await startGitHub((base, _, path) =>
    path.includes('/repos/')
      ? { status: 301, body: {}, location: path.replace('/repos/acme/etl/', '/repositories/1/') }
      : { status: 200, body: { status: 'ahead', files: files(`${base}.py`) } },
  )
  expect(await asking(gitHub.url, 't')('base', 'head')).toMatchObject({ known: true, paths: ['base.py'] })
})
