import { describe, expect, test } from '@jest/globals'
import type { CodeType } from '../../src/deploy/infer.ts'
import type { PlanFacts } from '../../src/deploy/plan.ts'
import { newestDeployed, planDeploy } from '../../src/deploy/plan.ts'
import { refuseType, refuseUndeployable } from '../../src/deploy/preconditions.ts'
import type { Stage } from '../../src/progress.ts'
import { createProgress } from '../../src/progress.ts'
import { makeDeploy, makeDeployment } from '../make/deployment.ts'
import { failureOf } from '../make/failure.ts'

const FACTS: PlanFacts = {
  choice: { type: 'dags-only', skip: undefined, reasons: ['Deploy type dags-only, as `deploy-type` says.'] },
  mark: { tree: undefined, modified: [], inputs: {} },
  deployment: makeDeployment(),
  deploys: [],
  commit: {
    sha: '0123456789abcdef',
    branch: 'main',
    before: undefined,
    message: 'Load orders\n\nlong story',
    authorName: 'Ada',
    authorUsername: 'ada',
    repository: { serverUrl: 'https://github.com', owner: 'acme', name: 'etl' },
  },
  projectPath: '',
  description: undefined,
  dagFolder: { dagFileCount: 1, files: [1, 2] },
}

test('a plan says what will happen and what was there before', () => {
  expect(planDeploy(FACTS)).toEqual({
    type: 'dags-only',
    skip: undefined,
    ships: { dags: true, image: false },
    reasons: [
      'Deploy type dags-only, as `deploy-type` says.',
      '2 files of the DAG folder, 1 DAG file among them, will replace what runs now.',
    ],
    previous: undefined,
    before: { dagVersion: 'v1', imageTag: 'deploy-2026-01-01T00-00-00' },
    request: {
      type: 'DAG_ONLY',
      description: 'Load orders',
      git: expect.objectContaining({ provider: 'GITHUB', commitSha: '0123456789abcdef' }),
    },
  })
})

test('a description of the step wins over the commit', () => {
  expect(planDeploy({ ...FACTS, description: 'Release 7' }).request.description).toBe('Release 7')
})

test('outside of GitHub there is no git metadata and no description', () => {
  expect(planDeploy({ ...FACTS, commit: undefined }).request).toEqual({ type: 'DAG_ONLY' })
})

test('removing every DAG is said in words', () => {
  const { reasons } = planDeploy({ ...FACTS, dagFolder: { dagFileCount: 0, files: [] } })
  expect(reasons.at(-1)).toContain('every DAG of the Deployment will be removed')
})

test('the deploy before is the newest that Astro accepted, in whatever order they come', () => {
  const deploys = [
    makeDeploy({ id: 'old', createdAt: '2026-01-01T00:00:00Z' }),
    makeDeploy({ id: 'newest', createdAt: '2026-01-03T00:00:00Z' }),
    makeDeploy({ id: 'failed', createdAt: '2026-01-05T00:00:00Z', status: 'FAILED' }),
    makeDeploy({ id: 'abandoned', createdAt: '2026-01-06T00:00:00Z', status: 'INITIALIZED' }),
    makeDeploy({ id: 'middle', createdAt: '2026-01-02T00:00:00Z' }),
  ]
  expect(newestDeployed(deploys)?.id).toBe('newest')
  expect(newestDeployed([])).toBeUndefined()
})

describe('a Deployment is refused before anything is written', () => {
  test.each([
    ['CI/CD enforcement, user token', { isCicdEnforced: true }, 'user-token', 'ASTRO-DEPLOY-CICD-ENFORCED'],
    ['hibernation', { status: 'HIBERNATING' }, 'api-key', 'ASTRO-DEPLOY-HIBERNATING'],
  ] as const)('%s', async (_, overrides, session, code) => {
    const error = await failureOf(() => refuseUndeployable(makeDeployment(overrides), session))
    expect(error.code).toBe(code)
    expect(error.problem).toContain('etl (cldeployment1)')
  })

  test.each([
    ['CI/CD enforcement, API token', { isCicdEnforced: true }, 'api-token'],
    ['CI/CD enforcement, API key', { isCicdEnforced: true }, 'api-key'],
    ['an unhealthy Deployment, which a deploy may cure', { status: 'UNHEALTHY' }, 'api-key'],
    ['one that is being deployed to', { status: 'DEPLOYING' }, 'api-key'],
  ] as const)('but not for %s', (_, overrides, session) => {
    refuseUndeployable(makeDeployment(overrides), session)
  })
})

const REMOTE = { enabled: true, allowedIpAddressRanges: [], remoteApiUrl: '' }

describe('a deploy type is refused before anything is built', () => {
  test.each<[string, Parameters<typeof makeDeployment>[0], CodeType, boolean, string | undefined]>([
    ['DAGs, remote execution', { remoteExecution: REMOTE }, 'dags-only', true, 'REMOTE-EXECUTION'],
    ['both, remote execution', { remoteExecution: REMOTE }, 'image-and-dags', true, 'REMOTE-EXECUTION'],
    ['no image, remote execution', { remoteExecution: REMOTE }, 'image-only', false, 'REMOTE-EXECUTION'],
    ['an image, remote execution', { remoteExecution: REMOTE }, 'image-only', true, undefined],
    [
      'remote execution is off',
      { remoteExecution: { ...REMOTE, enabled: false } },
      'dags-only',
      false,
      undefined,
    ],
    ['pain 6: DAGs, DAG deploys off', { isDagDeployEnabled: false }, 'dags-only', true, 'DAG-DEPLOYS-OFF'],
    ['an image, DAG deploys off', { isDagDeployEnabled: false }, 'image-only', true, 'DAG-DEPLOYS-OFF'],
    ['both, DAG deploys off', { isDagDeployEnabled: false }, 'image-and-dags', true, undefined],
    ['both, no Dockerfile', { isDagDeployEnabled: false }, 'image-and-dags', false, 'DAG-DEPLOYS-OFF'],
    ['an image', {}, 'image-only', true, undefined],
    ['pain 22: an image, no DAGs yet', { desiredDagTarballVersion: '' }, 'image-only', true, 'NO-DAGS-YET'],
    ['DAGs', {}, 'dags-only', false, undefined],
  ])('%s', async (_, overrides, type, hasImage, code) => {
    const check = (): void => refuseType({ type, deployment: makeDeployment(overrides), hasImage })
    if (code === undefined) check()
    else expect((await failureOf(check)).code).toBe(`ASTRO-DEPLOY-${code}`)
  })
})

test.each<[Stage, string]>([
  ['untouched', 'Nothing was changed on Astro.'],
  ['creating', 'The former code keeps running'],
  ['created', 'was not confirmed. The former code keeps running; the deploy cl1 stays unfinished'],
  ['pushing', 'The push of the image was not confirmed. The former code keeps running'],
  ['pushed', 'The image was pushed, but the deploy was not finalized.'],
  ['uploaded', 'was not finalized. The former code keeps running'],
  ['finalizing', 'It is not known whether Astro took the deploy cl1'],
  ['finalized', 'Astro has taken the deploy cl1: the new code may go live'],
  ['live', 'The deploy cl1 is live.'],
])('a run that ends when it is %s says what it leaves behind', (stage, words) => {
  const progress = createProgress()
  if (stage !== 'untouched') progress.reached(stage, 'cl1')
  expect(progress.aftermath()).toContain(words)
})
