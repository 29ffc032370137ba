import { mkdir } from 'node:fs/promises'
import * as path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { Deploy, Deployment } from '../local-astro/start.ts'
import { makeRepository } from '../make/repository.ts'
import { DAG, useGround } from './ground.ts'
import { codeOf } from './rules.ts'
import type { StepResult } from './run-step.ts'
import { writeTree } from './tree.ts'

const ground = useGround({ uploads: true })

/** All that Astro holds: each Deployment with its deploys. */
function stateOfAstro(): readonly { readonly deployment: Deployment; readonly deploys: readonly Deploy[] }[] {
  const { deployments } = ground.astro
  return deployments
    .ids()
    .map((id) => ({ deployment: deployments.get(id), deploys: deployments.deploys(id) }))
}

/** The step fails with this code and these words, does not say that it skipped, and Astro is as it was. */
async function expectRefusal(
  run: () => Promise<StepResult>,
  code: string,
  ...words: string[]
): Promise<void> {
  const before = stateOfAstro()
  const earlier = ground.writes().length
  const result = await run()
  const [message = ''] = result.errors
  expect([result.exitCode, codeOf(message)]).toEqual([1, code])
  for (const word of words) expect(message).toContain(word)
  expect(result.outputs).not.toHaveProperty('deploy-id')
  expect(result.outputs).not.toHaveProperty('skipped')
  expect(ground.writes().slice(earlier)).toEqual([])
  expect(stateOfAstro()).toEqual(before)
}

/** The step is green, did not skip, and the Deployment runs the DAGs of the deploy that it names. */
function expectLive({ exitCode, errors, outputs }: StepResult, id = ground.astro.deploymentId): void {
  expect([exitCode, errors]).toEqual([0, []])
  expect(outputs).toMatchObject({ skipped: 'false', 'deployment-id': id })
  const { deployments } = ground.astro
  const dagTarballVersion = outputs['dag-version']
  expect(dagTarballVersion).toBe(deployments.uploads(id).at(-1))
  expect(deployments.deploys(id).at(-1)).toMatchObject({
    id: outputs['deploy-id'],
    status: 'DEPLOYED',
    dagTarballVersion,
  })
  expect(deployments.get(id)).toMatchObject({ status: 'HEALTHY', dagTarballVersion })
}

/** A step that finds no program at all, Docker included. */
const withoutPrograms = (): { env: Record<string, string> } => ({
  env: { PATH: path.join(ground.workspace, 'no-programs') },
})

describe('what users of other deploy steps suffer: green, and nothing deployed', () => {
  test('pain 2: files that are not committed are deployed without force', async () => {
    const repository = await makeRepository()
    try {
      await repository.commit({ 'dags/example.py': DAG, 'uv.lock': '1' })
      await repository.write({
        'dags/example.py': `${DAG}# changed\n`,
        'dags/new.py': DAG.replace('example', 'new'),
        'uv.lock': '2',
      })
      const result = await ground.deploy({ 'deploy-type': 'dags-only' }, { workspace: repository.folder })
      expectLive(result)
      expect(result.stdout).toContain('2 DAG files')
    } finally {
      await repository.remove()
    }
  })

  test('pain 2: force skips parse and pytest, and says so', async () => {
    const inputs = { 'deploy-type': 'dags-only', parse: 'true', pytest: 'true' }
    await expectRefusal(() => ground.deploy(inputs, withoutPrograms()), 'ASTRO-IMAGE-NO-DOCKERFILE')
    const result = await ground.deploy({ ...inputs, force: 'true' }, withoutPrograms())
    expectLive(result)
    expect(result.notices.join('\n')).toContain('parse and pytest are skipped')
  })

  test('pain 2: force does not permit to remove every DAG; that has an input of its own', async () => {
    await mkdir(path.join(ground.workspace, 'nothing'))
    const inputs = { 'dags-path': 'nothing', force: 'true', parse: 'true' }
    await expectRefusal(() => ground.deploy(inputs), 'ASTRO-DAGS-EMPTY', 'would remove every DAG')
    expectLive(await ground.deploy({ ...inputs, 'allow-empty-dags': 'true' }))
  })

  test('pain 3: an empty DAG folder is an error that names it, not a silent exit 0', async () => {
    await mkdir(path.join(ground.workspace, 'flows'))
    await expectRefusal(
      () => ground.deploy({ 'dags-path': 'flows' }),
      'ASTRO-DAGS-EMPTY',
      path.join(ground.workspace, 'flows'),
      'set allow-empty-dags',
    )
  })

  test('pain 3: a DAG folder that is not there is an error that names it', async () => {
    await expectRefusal(
      () => ground.deploy({ 'root-folder': 'astro', 'deploy-type': 'dags-only' }),
      'ASTRO-DAGS-FOLDER-MISSING',
      path.join(ground.workspace, 'astro', 'dags'),
    )
  })

  test('pain 4: a Deployment in another Workspace than named is an error that names both', async () => {
    const { tokens, deploymentId, workspaceId } = ground.astro
    const staging = ground.astro.addWorkspace('staging')
    const inputs = { 'api-token': tokens.organization, 'deployment-id': deploymentId }
    await expectRefusal(
      () => ground.run({ inputs: { ...inputs, workspace: staging } }),
      'ASTRO-TARGET-WORKSPACE',
      workspaceId,
      staging,
    )
    expectLive(await ground.run({ inputs: { ...inputs, workspace: workspaceId } }))
  })

  test.each<[string, Record<string, string>, object]>([
    ['a run by hand', { GITHUB_EVENT_NAME: 'workflow_dispatch' }, { inputs: {} }],
    ['the first push of a branch', {}, { before: '0'.repeat(40), created: true }],
    ['a push that rewrote history', {}, { before: '8'.repeat(40), forced: true }],
    ['a tag', { GITHUB_REF: 'refs/tags/v1', GITHUB_REF_NAME: 'v1', GITHUB_REF_TYPE: 'tag' }, {}],
  ])('pain 5: dags-only is obeyed for %s, changed or not', async (_name, env, event) => {
    const inputs = { 'deploy-type': 'dags-only' }
    expectLive(await ground.deploy(inputs))
    expectLive(await ground.deploy(inputs, { env, event }))
    expect(ground.astro.deployments.uploads(ground.astro.deploymentId)).toHaveLength(2)
  })
})

describe('what users of other deploy steps suffer: the wrong type or the wrong target', () => {
  test('pain 17: a boolean is what it says, in any case', async () => {
    const before = stateOfAstro()
    const dry = await ground.deploy({ 'dry-run': 'True' })
    expect([dry.exitCode, dry.outputs.skipped, ground.writes()]).toEqual([0, 'true', []])
    expect(stateOfAstro()).toEqual(before)
    expectLive(await ground.deploy({ 'dry-run': 'FALSE' }))
  })

  test.each(['yes', 'on', '1', "'true'"])('pain 17: a boolean that reads %s is refused', async (text) => {
    await expectRefusal(
      () => ground.deploy({ 'dry-run': text }),
      'ASTRO-INPUT-BOOLEAN',
      `dry-run: "${text}" is not a boolean`,
    )
  })

  test('pain 18: an empty deployment-id is no licence to choose, even where one Deployment is in sight', async () => {
    const { tokens, deploymentId } = ground.astro
    await writeTree(ground.workspace, {
      '.astro/config.yaml': `project:\n  name: etl\n  deployment: ${deploymentId}\n`,
    })
    for (const token of [tokens.workspace, tokens.organization]) {
      await expectRefusal(
        () => ground.run({ inputs: { 'api-token': token, 'deployment-id': '' } }),
        'ASTRO-TARGET-MISSING',
        'reads as an empty text',
      )
    }
  })

  test('pain 18: an ID and a name together are refused', async () => {
    const inputs = { 'deployment-id': ground.astro.deploymentId, 'deployment-name': 'other' }
    await expectRefusal(() => ground.deploy(inputs), 'ASTRO-INPUT-TARGET', 'both are given')
  })

  test('pain 18: Deployment and Workspace are named before anything is written', async () => {
    const { deploymentId, deploymentName, faults } = ground.astro
    faults.add({ fault: 'status', status: 403, step: 'create-deploy' })
    const before = stateOfAstro()
    const result = await ground.deploy({ 'deployment-id': deploymentId })
    expect([result.exitCode, codeOf(result.errors[0] ?? '')]).toEqual([1, 'ASTRO-API-FORBIDDEN'])
    expect(result.stdout).toContain(`Deployment ${deploymentName} (${deploymentId}) in the Workspace main`)
    expect(result.outputs).not.toHaveProperty('skipped')
    expect(stateOfAstro()).toEqual(before)
  })

  test('pain 19: a name that two Deployments have is an error that names both', async () => {
    const { tokens, deploymentId, deploymentName, deployments } = ground.astro
    const staging = ground.astro.addWorkspace('staging')
    const twin = deployments.create({ name: deploymentName, workspaceId: staging })
    const inputs = { 'api-token': tokens.organization, 'deployment-name': deploymentName }
    await expectRefusal(() => ground.run({ inputs }), 'ASTRO-TARGET-AMBIGUOUS', deploymentId, twin.id)
    expectLive(await ground.run({ inputs: { ...inputs, workspace: staging } }), twin.id)
    expect(deployments.uploads(deploymentId)).toEqual([])
  })

  test('pain 19: a list of Deployments is read to its last page', async () => {
    const { tokens, deployments, requests } = ground.astro
    for (let n = 0; n < 1100; n++) deployments.create({ name: `other-${n}` })
    const last = deployments.create({ name: 'the last one' })
    const deployTo = (name: string): Promise<StepResult> =>
      ground.run({ inputs: { 'api-token': tokens.organization, 'deployment-name': name } })
    await expectRefusal(() => deployTo('The last one'), 'ASTRO-TARGET-NOT-FOUND', 'sees 1,102: ')
    const pages = requests.filter(({ step, query }) => step === 'list-deployments' && !query.names)
    expect(pages.length).toBeGreaterThan(1)
    expectLive(await deployTo('the last one'), last.id)
  })

  test('pain 20: everything that is wrong with the inputs is said at once, before Astro is asked', async () => {
    const inputs = {
      action: 'deplpy',
      'deploy-type': 'dags',
      'environment-mode': 'overwrite',
      'root-folder': '..',
      wait: 'yes',
    }
    await expectRefusal(
      () => ground.deploy(inputs),
      'ASTRO-INPUT-CHOICE',
      '5 inputs of this step cannot be used',
      ...Object.keys(inputs).map((name) => `- ${name}: `),
    )
    expect(ground.astro.requests).toEqual([])
  })

  test('pain 20: inputs that do nothing as they are combined are named, each in a warning', async () => {
    const inputs = { 'deploy-type': 'dags-only', 'image-name': 'prebuilt', 'build-args': 'A=1' }
    const result = await ground.deploy(inputs)
    expectLive(result)
    expect(result.warnings).toEqual([
      expect.stringContaining('`image-name` has no effect here: `deploy-type: dags-only` has no image'),
      expect.stringContaining('`build-args` has no effect here'),
    ])
  })

  test('pain 21: image-name goes with parse and pytest; what needs a build warns', async () => {
    await writeTree(ground.workspace, {
      '.astro/test_dag_integrity_default.py': 'def test_parse(): pass\n',
      'tests/test_it.py': 'def test_it(): pass\n',
    })
    const tests = { parse: 'true', pytest: 'true' }
    const image = { 'image-name': 'prebuilt', 'build-secrets': 'id=pip,env=PIP_TOKEN' }
    const idle = expect.stringContaining('`build-secrets` has no effect here: `image-name` takes the place')
    for (const type of ['dags-only', 'image-and-dags', 'image-only']) {
      let warnings: readonly string[] = []
      const run = async (): Promise<StepResult> => {
        const result = await ground.deploy({ 'deploy-type': type, ...image, ...tests }, withoutPrograms())
        warnings = result.warnings
        return result
      }
      // All is well but Docker: the inputs were taken, and no Dockerfile was asked for.
      await expectRefusal(run, 'ASTRO-IMAGE-NO-DOCKER')
      expect(warnings).toEqual([idle])
    }
    const forced = { 'deploy-type': 'dags-only', ...image, ...tests, force: 'true' }
    const result = await ground.deploy(forced, withoutPrograms())
    expectLive(result)
    expect(result.warnings).toEqual([idle])
  })

  test('pain 22: image-only goes by the DAGs that are desired, and asks before it needs Docker', async () => {
    const { deployments, deploymentId } = ground.astro
    const deploy = (): Promise<StepResult> =>
      ground.deploy({ 'deploy-type': 'image-only', 'image-name': 'prebuilt' }, withoutPrograms())
    const { desiredDagTarballVersion } = deployments.get(deploymentId)
    deployments.patch(deploymentId, { dagTarballVersion: '' })
    await expectRefusal(deploy, 'ASTRO-IMAGE-NO-DOCKER')
    deployments.patch(deploymentId, {
      dagTarballVersion: desiredDagTarballVersion ?? '',
      desiredDagTarballVersion: '',
    })
    await expectRefusal(deploy, 'ASTRO-DEPLOY-NO-DAGS-YET', 'It has no DAGs yet')
  })
})
