import { describe, expect, test } from '@jest/globals'
import type { LocalAstro, Step as RequestName } from '../local-astro/start.ts'
import { DAG, useGround } from './ground.ts'
import { readArchive } from './read-archive.ts'
import type { StepResult } from './run-step.ts'
import { writeTree } from './tree.ts'

const ground = useGround({ uploads: true })
const MONTH = 30 * 24 * 3600

/** The step ended green, and the Deployment runs what it says that it deployed. */
function expectLive(result: StepResult, deploymentId = ground.astro.deploymentId): void {
  const { deployments } = ground.astro
  expect([result.exitCode, result.warnings]).toEqual([0, []])
  const deployed = deployments.deploys(deploymentId).filter(({ status }) => status === 'DEPLOYED')
  expect(deployed.at(-1)).toMatchObject({
    id: result.outputs['deploy-id'],
    dagTarballVersion: result.outputs['dag-version'],
  })
  expect(deployments.get(deploymentId)).toMatchObject({
    status: 'HEALTHY',
    dagTarballVersion: result.outputs['dag-version'],
  })
}

/** The requests in order; those in one array may come in any. */
function expectRequests(...expected: (RequestName | RequestName[])[]): void {
  const seen = ground.steps()
  const grouped = expected.map((one) =>
    Array.isArray(one) ? seen.splice(0, one.length).toSorted() : seen.shift(),
  )
  expect([...grouped, ...seen]).toEqual(expected.map((one) => (Array.isArray(one) ? one.toSorted() : one)))
}

const FIND: RequestName[] = ['deployment', 'list-deploys']
const SHIP: (RequestName | RequestName[])[] = [
  'create-deploy',
  'upload',
  'finalize',
  ['get-deploy', 'deployment'],
]

describe('a credential', () => {
  const token = (kind: 'workspace' | 'organization' | 'deployment'): string =>
    ground.astro.issueToken({ kind, lifetimeSeconds: MONTH })

  test('key pair as inputs, bound to its Deployment', async () => {
    expectLive(await ground.deploy())
    expectRequests('auth-config', 'token', 'organizations', 'list-deployments', FIND, ...SHIP)
  })

  test('key pair with the ID of the Deployment: no more round trips than needed', async () => {
    expectLive(await ground.deploy({ 'deployment-id': ground.astro.deploymentId }))
    expectRequests('auth-config', 'token', 'organizations', FIND, ...SHIP)
    const withoutToken = ground.astro.requests.filter(({ headers }) => headers.authorization === undefined)
    expect(withoutToken.map(({ step }) => step)).toEqual(['auth-config', 'token', 'upload'])
  })

  test('key pair in the environment', async () => {
    const { keyId, keySecret } = ground.astro
    expectLive(await ground.run({ env: { ASTRONOMER_KEY_ID: keyId, ASTRONOMER_KEY_SECRET: keySecret } }))
  })

  test('Deployment token, bound by what it says of itself', async () => {
    expectLive(await ground.run({ inputs: { 'api-token': token('deployment') } }))
    expectRequests(FIND, ...SHIP)
  })

  test('Workspace token', async () => {
    const { deploymentId } = ground.astro
    expectLive(
      await ground.run({ inputs: { 'api-token': token('workspace'), 'deployment-id': deploymentId } }),
    )
    expectRequests(FIND, ...SHIP)
  })

  test('Organization token', async () => {
    const { workspaceId: workspace } = ground.astro
    const inputs = { 'api-token': token('organization'), 'deployment-name': 'etl', workspace }
    expectLive(await ground.run({ inputs }))
    expectRequests('list-deployments', FIND, ...SHIP)
  })

  test("a user's token", async () => {
    const inputs = { 'api-token': ground.astro.tokens.user, 'deployment-name': 'etl' }
    expectLive(await ground.run({ inputs }))
    expectRequests('organizations', 'list-deployments', FIND, ...SHIP)
  })

  test('token in the environment, which wins over a key pair there', async () => {
    const env = { ASTRO_API_TOKEN: token('deployment'), ASTRONOMER_KEY_ID: 'x', ASTRONOMER_KEY_SECRET: 'y' }
    expectLive(await ground.run({ env }))
    expectRequests(FIND, ...SHIP)
  })

  test('with white space around it', async () => {
    const { keyId, keySecret } = ground.astro
    expectLive(await ground.run({ inputs: { 'key-id': ` ${keyId}\n`, 'key-secret': `\t${keySecret}\r\n` } }))
  })

  test('token that soon expires: a warning, and green', async () => {
    const soon = ground.astro.issueToken({ kind: 'deployment', lifetimeSeconds: 3600 })
    const result = await ground.run({ inputs: { 'api-token': soon } })
    expect(result).toMatchObject({ exitCode: 0, warnings: [expect.stringContaining('expires within a day')] })
  })
})

describe('a target by name', () => {
  const addDeployments = ({ deployments }: LocalAstro, count: number): void => {
    for (let n = 0; n < count; n++) deployments.create({ name: `other-${n}` })
  }

  test('among more Deployments than a page holds, in another case too', async () => {
    addDeployments(ground.astro, 1100)
    const { id } = ground.astro.deployments.create({ name: 'ETL' })
    const inputs = { 'api-token': ground.astro.tokens.user, 'deployment-name': 'ETL' }
    expectLive(await ground.run({ inputs }), id)
    expect(ground.astro.deployments.deploys(ground.astro.deploymentId)).toHaveLength(1)
  })

  test('that two Deployments have, narrowed by the Workspace', async () => {
    const workspaceId = ground.astro.addWorkspace('staging')
    const { id } = ground.astro.deployments.create({ name: 'etl', workspaceId })
    const inputs = {
      'api-token': ground.astro.tokens.user,
      'deployment-name': 'etl',
      workspace: workspaceId,
      'organization-id': ground.astro.organizationId,
    }
    expectLive(await ground.run({ inputs }), id)
    expectRequests('list-deployments', FIND, ...SHIP)
  })
})

describe('a mode', () => {
  test('dry run: the plan and nothing else', async () => {
    const before = ground.astro.deployments.deploys(ground.astro.deploymentId)
    const result = await ground.deploy({ 'dry-run': 'TRUE' })
    expect(result).toMatchObject({
      exitCode: 0,
      notices: [expect.stringContaining('Nothing was deployed to etl')],
      outputs: {
        skipped: 'true',
        'skip-reason': 'dry run: the plan was made and nothing was changed',
        'deploy-type': 'dags-only',
        'previous-deploy-id': before[0]?.id,
      },
    })
    expect(result.outputs).not.toHaveProperty('deploy-id')
    expect(result.summary).toContain('### Dry run: nothing was deployed to etl')
    expect(ground.writes()).toEqual([])
    expect(ground.astro.deployments.deploys(ground.astro.deploymentId)).toEqual(before)
  })

  test('without waiting: handed over, and said so', async () => {
    await ground.restart({ rolloutMs: 3_600_000 })
    const result = await ground.deploy({ wait: 'false' })
    expect(result.exitCode).toBe(0)
    expect(result.notices).toEqual([expect.stringContaining('does not wait for the new code to run')])
    expect(ground.steps().at(-1)).toBe('finalize')
    expect(ground.astro.deployments.deploys(ground.astro.deploymentId).at(-1)).toMatchObject({
      id: result.outputs['deploy-id'],
      status: 'DEPLOYED',
      dagTarballVersion: result.outputs['dag-version'],
    })
    expect(result.summary).toContain('not waited for')
  })

  test('a folder without DAG files, as asked for', async () => {
    await writeTree(ground.workspace, { 'nothing/README.md': 'Gone.\n' })
    const result = await ground.deploy({ 'dags-path': 'nothing', 'allow-empty-dags': 'true' })
    expectLive(result)
    expect(result.stdout).toContain('every DAG of the Deployment will be removed')
    expect(await shipped(result)).toEqual(['dags/README.md'])
  })

  test('a project in a folder, with a DAG folder of another name', async () => {
    await writeTree(ground.workspace, { 'airflow/prod/src/flows/a/b.py': DAG })
    const result = await ground.deploy({ 'root-folder': './airflow/prod/', 'dags-path': '/src/flows' })
    expectLive(result)
    expect(await shipped(result)).toEqual(['dags/a/b.py'])
    expect(ground.astro.requests.find(({ step }) => step === 'create-deploy')?.body).toMatchObject({
      git: { path: 'airflow/prod' },
    })
  })

  test('a wait that has no effect: a warning', async () => {
    const { warnings } = await ground.deploy({ wait: 'false', 'wait-time': '5m' })
    expect(warnings).toEqual([expect.stringContaining('`wait-time` has no effect')])
  })
})

describe('a Hybrid Deployment', () => {
  test.each([
    ['3.1.1', 'from airflow.sdk import DAG'],
    ['2.11.0', 'from airflow import DAG'],
  ])('of Airflow %s gets its monitoring DAG, in the archive only', async (airflowVersion, text) => {
    const { id } = ground.astro.deployments.create({ fixture: 'hybrid', airflowVersion })
    const key = ground.astro.keys.create(id)
    const result = await ground.deploy({ 'key-id': key.keyId, 'key-secret': key.keySecret })
    expectLive(result, id)
    const archive = await ground.astro.download(id, result.outputs['dag-version'] ?? '')
    const entries = readArchive(archive)
    expect(entries.map(({ name }) => name)).toEqual(['dags/example.py', 'dags/astronomer_monitoring_dag.py'])
    expect(entries[1]?.content).toContain(text)
  })
})

describe('what a run hands on', () => {
  test('outputs', async () => {
    const { astro } = ground
    const before = astro.deployments.get(astro.deploymentId)
    const [previous] = astro.deployments.deploys(astro.deploymentId)
    const { outputs } = await ground.deploy()
    const [, deploy] = astro.deployments.deploys(astro.deploymentId)
    expect(outputs).toEqual({
      'deployment-id': astro.deploymentId,
      'deployment-name': 'etl',
      'deployment-url': `${astro.origin}/${astro.workspaceId}/deployments/${astro.deploymentId}`,
      'airflow-url': before.uiUrl,
      'airflow-api-url': before.apiUrl,
      'deploy-id': deploy?.id,
      'deploy-type': 'dags-only',
      skipped: 'false',
      'dag-version': deploy?.dagTarballVersion,
      'import-errors': '0',
      'previous-deploy-id': previous?.id,
    })
  })

  test('a summary: what, where, from which commit, before and after, and how long each part took', async () => {
    const { astro } = ground
    const before = astro.deployments.get(astro.deploymentId).dagTarballVersion
    const { summary, outputs } = await ground.deploy()
    expect(summary).toMatch(/^### Deployed to etl\n/)
    expect(summary).toContain(`[etl](${outputs['deployment-url']}) in Workspace main`)
    expect(summary).toContain(`[Airflow UI](${outputs['airflow-url']})`)
    expect(summary).toContain('[1a2b3c4](https://github.com/acme/etl/commit/1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d)') // prettier-ignore
    expect(summary).toContain(`<code>${before}</code> → <code>${outputs['dag-version']}</code>`)
    expect(summary).toMatch(/```mermaid\ngantt\n[^`]*Sign in to Astro[^`]*Find the Deployment[^`]*Plan[^`]*Deploy[^`]*Wait until live[^`]*\n```/) // prettier-ignore
  })

  test('a log that reads as the story', async () => {
    const { stdout } = await ground.deploy()
    const titles = [...stdout.matchAll(/^::group::(.*)$/gm)].map(([, title]) => title)
    expect(titles).toEqual([
      'Sign in to Astro',
      'Find the Deployment',
      'Plan',
      'Deploy',
      'Wait until live',
      'Verify in Airflow',
    ])
    expect(stdout.match(/^::endgroup::$/gm)).toHaveLength(titles.length)
    const { deploymentId } = ground.astro
    expect(stdout).toContain(`Deployment etl (${deploymentId}) in the Workspace main`)
    const { astroRuntimeVersion, airflowVersion } = ground.astro.deployments.get(deploymentId)
    expect(stdout).toContain(`Runtime ${astroRuntimeVersion}, Airflow ${airflowVersion}, HEALTHY`)
    expect(stdout.indexOf('Runtime ')).toBeLessThan(stdout.indexOf('Created the deploy'))
  })
})

/** Names of the entries that another program finds in what was deployed. */
async function shipped(result: StepResult): Promise<string[]> {
  const archive = await ground.astro.download(ground.astro.deploymentId, result.outputs['dag-version'] ?? '')
  return readArchive(archive).map(({ name }) => name)
}
