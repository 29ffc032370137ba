import { describe, expect, test } from '@jest/globals'
import type { LocalAstroOptions } from '../local-astro/start.ts'
import { brokenDag, deployDags, goodDag } from './dag-ground.ts'
import { deployImage } from './deploy-image.ts'
import { useGround } from './ground.ts'
import { codeOf } from './rules.ts'
import type { StepResult } from './run-step.ts'
import { writeTree } from './tree.ts'

/**
 * What nobody knows of Astro for certain is answered both ways here (sections 5, 8 and 11 of the control plane's contract):
 * each deploy, rollback and change of variables has to come out the same. What else has two answers is where it belongs: a
 * Deployment's settings in environment/lossless.test.ts, who may update in environment.test.ts, the life of an upload
 * address in deploy/upload.test.ts, names of bundle versions in airflow/evidence.test.ts and with real ones in real-airflow/.
 */
const ground = useGround({ uploads: true })
const running = () => ground.astro.deployments.get(ground.astro.deploymentId)

async function ship(text: string, inputs: Readonly<Record<string, string>> = {}): Promise<StepResult> {
  await writeTree(ground.workspace, { 'dags/example.py': text })
  return ground.deploy(inputs)
}

const ANSWERS: readonly [string, readonly LocalAstroOptions[]][] = [
  [
    'who may list Organizations',
    [{ organizationsNeedUserToken: false }, { organizationsNeedUserToken: true }],
  ],
  ['whether a second finalize is accepted', [{ idempotentFinalize: false }, { idempotentFinalize: true }]],
  ['when the image tag moves', [{ imageTagMovesAt: 'finalize' }, { imageTagMovesAt: 'rollout' }]],
  ['what the token of a key says', [{ keyTokenPermissions: null }, { keyTokenPermissions: ['apiKeyId:1'] }]],
  [
    'whether the record of a DAG-only deploy names an image of its own',
    [{ dagDeploysNameOwnImage: false }, { dagDeploysNameOwnImage: true }],
  ],
  [
    'whether DAGs name the version of the bundle',
    [{ airflow: { bundleVersions: true } }, { airflow: { bundleVersions: false } }],
  ],
  [
    'where Airflow 3 has the bundle',
    [{ airflow: { layout: 'versioned' } }, { airflow: { layout: 'plain' } }],
  ],
  [
    'what comes with a rate limit',
    [
      { rateLimits: { get: 4, post: 2, delete: 2 } },
      { rateLimits: { get: 4, post: 2, delete: 2, retryAfterSeconds: 1 } },
    ],
  ],
]

describe.each(ANSWERS.flatMap(([what, answers]) => answers.map((options) => [what, options] as const)))(
  '%s: %j',
  (_, options) => {
    test('two deploys are live and proved, and the rollback to the first is live', async () => {
      await ground.restart({ ...options, rolloutMs: 700 })
      const { deploymentId, organizationId } = ground.astro
      const target = { 'deployment-id': deploymentId, 'organization-id': organizationId }
      expect(await ship(goodDag('example'), { ...target, 'environment-variables': 'A=1' })).toMatchObject({
        exitCode: 0,
        errors: [],
      })
      const first = running().dagTarballVersion
      expect((await ship(goodDag('example', 'x = 1\n'), target)).exitCode).toBe(0)
      const result = await ground.deploy({ ...target, action: 'rollback', verify: 'false' })
      expect([result.exitCode, result.errors]).toEqual([0, []])
      expect(running()).toMatchObject({ status: 'HEALTHY', dagTarballVersion: first })
    })
  },
)

describe('a rollback from another image to a DAG-only deploy', () => {
  test.each([false, true])('whose record names an image of its own: %s', async (dagDeploysNameOwnImage) => {
    await ground.restart({ dagDeploysNameOwnImage, rolloutMs: 1_500 })
    const { astro } = ground
    expect((await ship(goodDag('example'))).exitCode).toBe(0)
    const before = running()
    astro.deployments.script(astro.deploymentId, { outcome: 'live', ms: 0, astroRuntimeVersion: '3.1-9' })
    await deployImage(astro)
    expect(running().imageTag).not.toBe(before.imageTag)
    const result = await ground.deploy({ action: 'rollback', verify: 'false' })
    expect([result.exitCode, result.errors]).toEqual([0, []])
    expect(running()).toMatchObject({
      imageTag: before.imageTag,
      dagTarballVersion: before.dagTarballVersion,
    })
  })
})

describe.each([2, 3] as const)('an import error that was there before, on Airflow %d', (major) => {
  test.each([
    ['full', () => undefined],
    ['empty, although the DAGs have a version', (id: string) => ground.astro.deployments.forgetDeploys(id)],
  ])('is not blamed on the deploy when the history is %s', async (_, arrange) => {
    const bad = { 'dags/bad.py': brokenDag() }
    const { id } = ground.astro.deployments.create({ fixture: major === 3 ? 'etl' : 'airflow-2' })
    expect((await deployDags(ground, id, bad, { verify: 'false' })).exitCode).toBe(0)
    arrange(id)
    const { exitCode, errors, outputs } = await deployDags(ground, id, bad)
    expect([exitCode, errors, outputs['import-errors']]).toEqual([0, [], '1'])
  })
})

describe('who may list Organizations', () => {
  test.each([
    ['any credential', false, {}],
    ['only a user, who names the Organization then', true, { named: true }],
  ])('%s', async (_, organizationsNeedUserToken, { named }: { named?: boolean }) => {
    const { organizationId } = await ground.restart({ organizationsNeedUserToken })
    const { exitCode } = await ground.deploy(named ? { 'organization-id': organizationId } : {})
    expect(exitCode).toBe(0)
  })

  test('only a user: the step says which input is missing', async () => {
    await ground.restart({ organizationsNeedUserToken: true })
    ground.expectRefused(await ground.deploy(), 'ASTRO-TARGET-ORGANIZATION', '`organization-id`')
  })
})

test.each([false, true])('the filter for names finds parts of names as well: %s', async (namesFindParts) => {
  const astro = await ground.restart({ namesFindParts })
  const { id } = astro.deployments.create({ name: 'shop' })
  astro.deployments.create({ name: 'workshop' })
  const inputs = { 'api-token': astro.tokens.workspace, 'deployment-name': 'shop', 'dry-run': 'true' }
  const { exitCode, outputs } = await ground.run({ inputs })
  expect([exitCode, outputs['deployment-id']]).toEqual([0, id])
})

describe('what Astro says of a Deployment that takes no deploy is not relied on', () => {
  test.each([
    ['DAG deploys are off', { message: 'DAG-only deploys are not enabled for this Deployment' }],
    ['in other words', { message: 'invalid request', statusCode: 400 }],
    ['not at all', {}],
  ])('%s', async (_, body) => {
    ground.astro.faults.add({ fault: 'status', status: 400, step: 'create-deploy', body })
    const { exitCode, errors } = await ground.deploy()
    expect([exitCode, codeOf(errors[0] ?? '')]).toEqual([1, 'ASTRO-API-REFUSED'])
  })
})
