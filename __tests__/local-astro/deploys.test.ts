import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { BlockBlobClient } from '@azure/storage-blob'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { clientOf } from './client.ts'
import type { Client } from './client.ts'
import { holdAzurite, startLocalAstro } from './start.ts'
import type { Deploy, LocalAstro } from './start.ts'

let release: () => Promise<void>
let astro: LocalAstro
let call: Client
let deploys: string

beforeAll(async () => {
  release = await holdAzurite()
})
afterAll(() => release())
beforeEach(async () => {
  astro = await startLocalAstro()
  call = clientOf(astro, astro.tokens.workspace)
  deploys = `/deployments/${astro.deploymentId}/deploys`
})
afterEach(async () => {
  await astro.stop()
  expect(astro.violations).toEqual([])
})

async function create(body: object = { type: 'DAG_ONLY' }): Promise<Deploy> {
  const answer = await call('POST', deploys, body)
  expect(answer.status).toBe(200)
  return answer.body as unknown as Deploy
}

const blob = (url: string | undefined): BlockBlobClient => new BlockBlobClient(url ?? '')
const upload = async (url: string | undefined, text: string): Promise<string> =>
  (await blob(url).upload(text, text.length)).versionId ?? ''

describe('a deploy of DAGs', () => {
  test('goes from create to live, and what was uploaded can be read back', async () => {
    const git = { provider: 'GITHUB', account: 'acme', repo: 'etl', commitSha: '1a2b3c4' }
    const made = await create({ type: 'DAG_ONLY', description: 'nightly', git })
    expect(made).toMatchObject({
      status: 'INITIALIZED',
      description: 'nightly',
      git,
      isDagDeployEnabled: true,
    })
    expect(made.imageTag).toBe(astro.deployments.get(astro.deploymentId).imageTag)

    const version = await upload(made.dagsUploadUrl, 'dags')
    expect(version).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/)
    const done = await call('POST', `${deploys}/${made.id}/finalize`, { dagTarballVersion: version })
    expect(done).toMatchObject({ status: 200, body: { status: 'DEPLOYED', dagTarballVersion: version } })
    expect(done.body).not.toHaveProperty('dagsUploadUrl')
    expect(astro.deployments.get(astro.deploymentId)).toMatchObject({
      status: 'HEALTHY',
      dagTarballVersion: version,
      desiredDagTarballVersion: version,
    })
    expect((await astro.download(astro.deploymentId, version)).toString()).toBe('dags')
  })

  test('takes blocks that are committed at the end, and keeps every version', async () => {
    const made = await create()
    const first = await upload(made.dagsUploadUrl, 'first')
    const content = randomBytes(5 * 1024 * 1024)
    const answer = await blob(made.dagsUploadUrl).uploadStream(Readable.from([content]), 1024 * 1024, 4)
    const second = answer.versionId ?? ''
    expect(second > first).toBe(true)
    expect((await astro.download(astro.deploymentId, second)).equals(content)).toBe(true)
    expect((await astro.download(astro.deploymentId, first)).toString()).toBe('first')
    expect(astro.deployments.uploads(astro.deploymentId, made.id)).toEqual([first, second])
    await expect(astro.download(astro.deploymentId, 'nothing')).rejects.toThrow('No upload has the version')
  })

  test('only the committing requests carry a version', async () => {
    const { dagsUploadUrl = '' } = await create()
    const block = `${dagsUploadUrl}&comp=block&blockid=${encodeURIComponent('MDAx')}`
    const put = await fetch(block, { method: 'PUT', body: 'x' })
    expect([put.status, put.headers.get('x-ms-version-id')]).toEqual([201, null])
  })

  test('of several at once each gets its own version and content', async () => {
    const { dagsUploadUrl } = await create()
    const texts = ['a', 'b', 'c', 'd', 'e', 'f']
    const versions = await Promise.all(texts.map((text) => upload(dagsUploadUrl, text)))
    expect(new Set(versions).size).toBe(texts.length)
    const contents = await Promise.all(versions.map((version) => astro.download(astro.deploymentId, version)))
    expect(contents.map(String)).toEqual(texts)
  })
})

describe('the upload URL', () => {
  test('is worth nothing when changed, and does not let its holder read', async () => {
    const { dagsUploadUrl = '' } = await create()
    await upload(dagsUploadUrl, 'x')
    const headers = { 'x-ms-blob-type': 'BlockBlob' }
    const forged = await fetch(dagsUploadUrl.replace('/dags?', '/other?'), {
      method: 'PUT',
      body: 'x',
      headers,
    })
    expect([forged.status, forged.headers.get('x-ms-error-code')]).toEqual([403, 'AuthenticationFailed'])
    expect((await fetch(dagsUploadUrl)).status).toBe(403)
  })

  test('takes no bearer token', async () => {
    const { dagsUploadUrl = '' } = await create()
    const headers = { 'x-ms-blob-type': 'BlockBlob', authorization: `Bearer ${astro.tokens.workspace}` }
    expect((await fetch(dagsUploadUrl, { method: 'PUT', body: 'x', headers })).status).toBe(403)
  })

  test('needs the blob type and a length', async () => {
    const { dagsUploadUrl = '' } = await create()
    const plain = await fetch(dagsUploadUrl, { method: 'PUT', body: 'x' })
    expect(plain.ok).toBe(false)
    const chunked = await fetch(dagsUploadUrl, {
      method: 'PUT',
      headers: { 'x-ms-blob-type': 'BlockBlob' },
      body: new Blob(['x']).stream(),
      duplex: 'half',
    })
    expect(chunked.status).toBe(411)
  })

  test('expires', async () => {
    await astro.stop()
    astro = await startLocalAstro({ sasLifetimeSeconds: -1 })
    call = clientOf(astro, astro.tokens.workspace)
    deploys = `/deployments/${astro.deploymentId}/deploys`
    const { dagsUploadUrl } = await create()
    await expect(upload(dagsUploadUrl, 'x')).rejects.toMatchObject({ statusCode: 403 })
  })
})

describe('create refuses', () => {
  test.each([
    ['type', { type: 'DAG' }],
    ['description', { type: 'DAG_ONLY', description: 'x'.repeat(501) }],
    ['colour', { type: 'DAG_ONLY', colour: 'red' }],
    ['bundleMountPath', { type: 'BUNDLE', bundleType: 'dbt' }],
    ['bundleType', { type: 'BUNDLE', bundleMountPath: '/a' }],
    ['bundleMountPath', { type: 'DAG_ONLY', bundleType: 'dbt' }],
    ['git.repo', { type: 'DAG_ONLY', git: { provider: 'GITHUB', commitSha: 'a', account: 'b' } }],
    ['git.remoteUrl', { type: 'DAG_ONLY', git: { provider: 'GENERIC', commitSha: 'a' } }],
  ])('a body with a wrong %s', async (field, body) => {
    const answer = await call('POST', deploys, body)
    expect(answer).toMatchObject({ status: 400, body: { fieldErrors: [{ field }] } })
    expect(astro.deployments.deploys(astro.deploymentId)).toHaveLength(1)
  })

  test.each([
    ['hibernating', 'IMAGE_AND_DAG', 400],
    ['dag-deploys-off', 'DAG_ONLY', 400],
    ['dag-deploys-off', 'IMAGE_ONLY', 400],
    ['dag-deploys-off', 'IMAGE_AND_DAG', 200],
    ['remote-execution', 'DAG_ONLY', 400],
    ['remote-execution', 'IMAGE_ONLY', 200],
    ['hybrid', 'DAG_ONLY', 200],
    ['dedicated', 'DAG_ONLY', 200],
    ['airflow-2', 'DAG_ONLY', 200],
  ] as const)('or not, on %s: %s', async (fixture, type, status) => {
    const { id } = astro.deployments.create({ fixture })
    expect((await call('POST', `/deployments/${id}/deploys`, { type })).status).toBe(status)
  })
})

describe('finalize', () => {
  async function finalize(body: object | undefined, made: Deploy): Promise<number> {
    return (await call('POST', `${deploys}/${made.id}/finalize`, body)).status
  }

  test('wants a version that was uploaded to this deploy', async () => {
    const [one, two] = [await create(), await create()]
    const version = await upload(one.dagsUploadUrl, 'one')
    expect(await finalize({ dagTarballVersion: version }, two)).toBe(400)
    expect(await finalize({ dagTarballVersion: '2024-01-12T18:32:20.5898930Z' }, one)).toBe(400)
    expect(await finalize({}, one)).toBe(400)
    expect(await finalize(undefined, one)).toBe(400)
    expect(await finalize({ dagTarballVersion: version }, one)).toBe(200)
  })

  test('with an empty version removes all DAGs', async () => {
    expect(await finalize({ dagTarballVersion: '' }, await create())).toBe(200)
    expect(astro.deployments.get(astro.deploymentId).dagTarballVersion).toBe('')
  })

  test('of an image moves the image and leaves the DAGs', async () => {
    const before = astro.deployments.get(astro.deploymentId)
    const made = await create({ type: 'IMAGE_ONLY' })
    expect(made.imageTag).toMatch(/^deploy-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/)
    expect(await finalize({ dagTarballVersion: '' }, made)).toBe(200)
    const { imageTag, dagTarballVersion } = astro.deployments.get(astro.deploymentId)
    expect([imageTag, dagTarballVersion]).toEqual([made.imageTag, before.dagTarballVersion])
  })

  test('of image and DAGs wants the DAGs only where DAG deploys are on', async () => {
    expect(await finalize({}, await create({ type: 'IMAGE_AND_DAG' }))).toBe(400)
    deploys = `/deployments/${astro.deployments.create({ fixture: 'dag-deploys-off' }).id}/deploys`
    const made = await create({ type: 'IMAGE_AND_DAG' })
    expect(made).not.toHaveProperty('dagsUploadUrl')
    expect(await finalize({}, made)).toBe(200)
  })

  test('of a bundle shows its version beside its mount path, and an empty one takes it away', async () => {
    const bundle = { type: 'BUNDLE', bundleMountPath: '/usr/local/airflow/dbt/shop', bundleType: 'dbt' }
    const made = await create(bundle)
    const version = await upload(made.bundleUploadUrl, 'dbt')
    expect(await finalize({ dagTarballVersion: version }, made)).toBe(400)
    expect(await finalize({ bundleTarballVersion: version }, made)).toBe(200)
    const read = await call('GET', `${deploys}/${made.id}`)
    expect(read.body).toMatchObject({
      type: 'BUNDLE',
      bundles: [{ mountPath: bundle.bundleMountPath, currentVersion: version, desiredVersion: version }],
    })
    expect(await finalize({ bundleTarballVersion: '' }, await create(bundle))).toBe(200)
    expect((await call('GET', `${deploys}/${made.id}`)).body).not.toHaveProperty('bundles')
  })

  test('twice is refused unless the setting says otherwise', async () => {
    const made = await create({ type: 'IMAGE_ONLY' })
    expect([await finalize({}, made), await finalize({}, made)]).toEqual([200, 400])
    expect((await call('POST', `${deploys}/clnothing/finalize`, {})).status).toBe(400)
  })
})

describe('history', () => {
  test('comes in pages, complete, and not in the order of time', async () => {
    for (let i = 0; i < 24; i += 1) await create({ type: 'IMAGE_ONLY' })
    const pages = await Promise.all(['', '?offset=20'].map((query) => call('GET', deploys + query)))
    expect(pages.map(({ body }) => body.totalCount)).toEqual([25, 25])
    const ids = pages.flatMap(({ body }) => (body.deploys as Deploy[]).map(({ id }) => id))
    const inTime = astro.deployments.deploys(astro.deploymentId).map(({ id }) => id)
    expect([...ids].sort()).toEqual([...inTime].sort())
    expect(ids).not.toEqual(inTime)
    expect(ids).not.toEqual(inTime.reverse())
  })

  test('can be returned to: a new deploy with what ran then', async () => {
    const [first] = astro.deployments.deploys(astro.deploymentId)
    const made = await create()
    await call('POST', `${deploys}/${made.id}/finalize`, {
      dagTarballVersion: await upload(made.dagsUploadUrl, 'new'),
    })
    const answer = await call('POST', `${deploys}/${first?.id ?? ''}/rollback`, { description: 'back' })
    expect(answer).toMatchObject({ status: 200, body: { rollbackFromId: first?.id, status: 'DEPLOYED' } })
    expect(astro.deployments.get(astro.deploymentId).dagTarballVersion).toBe(first?.dagTarballVersion)
    expect((await call('POST', `${deploys}/${first?.id ?? ''}/rollback`)).status).toBe(400)
    expect((await call('POST', `${deploys}/clnothing/rollback`, {})).status).toBe(404)
  })

  test('is closed to rollbacks after 90 days', async () => {
    const old = await create({ type: 'IMAGE_ONLY' })
    await call('POST', `${deploys}/${old.id}/finalize`, {})
    await create({ type: 'IMAGE_ONLY' })
    astro.deployments.patchDeploy(astro.deploymentId, old.id, { createdAt: '2020-01-01T00:00:00Z' })
    expect((await call('POST', `${deploys}/${old.id}/rollback`, {})).status).toBe(400)
  })

  test('takes a new description', async () => {
    const { id } = await create()
    expect((await call('POST', `${deploys}/${id}`, { description: 'other' })).body.description).toBe('other')
    expect((await call('GET', `${deploys}/${id}`)).body.description).toBe('other')
  })
})
