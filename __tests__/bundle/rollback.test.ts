import { describe, expect, test } from '@jest/globals'
import { falseAftermath, remember } from '../flow/aftermath.ts'
import type { Deploy } from '../local-astro/start.ts'
import { deployImage } from './deploy-image.ts'
import { useGround } from './ground.ts'
import { readArchive } from './read-archive.ts'
import { codeOf } from './rules.ts'
import type { StepResult } from './run-step.ts'
import { writeTree } from './tree.ts'

const ground = useGround({ uploads: true, rolloutMs: 100 })
const history = (): Deploy[] => ground.astro.deployments.deploys(ground.astro.deploymentId)
function deployAt(index: number): Deploy {
  const deploy = history().at(index)
  if (!deploy) throw new Error(`There is no deploy ${index}`)
  return deploy
}
const running = () => ground.astro.deployments.get(ground.astro.deploymentId)
/** What Airflow makes of a rollback is in verification-of-rollback.test.ts. */
const rollback = (inputs: Readonly<Record<string, string>> = {}): Promise<StepResult> =>
  ground.deploy({ action: 'rollback', verify: 'false', ...inputs })
const asked = (): number => ground.steps().filter((step) => step === 'rollback').length

/** Deploys a DAG folder of one file with this text. */
async function ship(text: string, inputs: Readonly<Record<string, string>> = {}): Promise<StepResult> {
  await writeTree(ground.workspace, { 'dags/example.py': text })
  return ground.deploy(inputs)
}

async function shipped(text: string): Promise<Deploy> {
  expect((await ship(text)).exitCode).toBe(0)
  return deployAt(-1)
}

const archiveOf = ({ dagTarballVersion = '' }: Pick<Deploy, 'dagTarballVersion'>): Promise<Buffer> =>
  ground.astro.download(ground.astro.deploymentId, dagTarballVersion)

/** The Deployment is back at this deploy, by a new one that says so. */
async function expectBackAt(to: Deploy, archive: Buffer): Promise<void> {
  expect(history().at(-1)).toMatchObject({ status: 'DEPLOYED', rollbackFromId: to.id })
  expect(running()).toMatchObject({
    status: 'HEALTHY',
    dagTarballVersion: to.dagTarballVersion,
    desiredDagTarballVersion: to.dagTarballVersion,
  })
  expect((await archiveOf(running())).equals(archive)).toBe(true)
}

describe('by hand', () => {
  test('to the deploy before: its archive runs again, byte for byte', async () => {
    const good = await shipped('good = 1\n')
    const archive = await archiveOf(good)
    const bad = await shipped('bad = 1\n')
    const result = await rollback()
    expect([result.exitCode, result.warnings, asked()]).toEqual([0, [], 1])
    await expectBackAt(good, archive)
    expect(readArchive(archive).map(({ content }) => content)).toEqual(['good = 1\n'])
    expect(result.outputs).toMatchObject({
      'rolled-back': 'true',
      'deploy-id': history().at(-1)?.id,
      'previous-deploy-id': bad.id,
      'dag-version': good.dagTarballVersion,
      skipped: 'false',
    })
    expect(result.summary).toMatch(/^### Rolled back etl \(not proved by Airflow\)\n/)
    expect(result.summary).toContain(`to <code>${good.id}</code>`)
    const { stdout } = result
    const planned = stdout.indexOf(`Back to the deploy ${good.id}`)
    expect(planned).toBeGreaterThan(stdout.indexOf('::group::Plan'))
    expect(planned).toBeLessThan(stdout.indexOf('::group::Roll back'))
  })

  test('to a named deploy, and once more one step further back until there is none', async () => {
    const first = deployAt(0)
    const good = await shipped('good = 1\n')
    await shipped('bad = 1\n')
    expect((await rollback({ 'deploy-id': first.id })).exitCode).toBe(0)
    expect(history().at(-1)).toMatchObject({ rollbackFromId: first.id })
    expect(running().dagTarballVersion).toBe(first.dagTarballVersion)

    const again = await rollback()
    expect([again.exitCode, codeOf(again.errors[0] ?? '')]).toEqual([1, 'ASTRO-ROLLBACK-NOTHING'])
    const live = await rollback({ 'deploy-id': first.id })
    expect([live.exitCode, codeOf(live.errors[0] ?? '')]).toEqual([1, 'ASTRO-ROLLBACK-LIVE-ALREADY'])
    expect((await rollback({ 'deploy-id': good.id })).exitCode).toBe(0)
    await expectBackAt(good, await archiveOf(good))
    expect(asked()).toBe(2)
  })

  test('to another image and runtime', async () => {
    await ground.restart({ rolloutMs: 1_500 })
    const { astro } = ground
    const first = deployAt(0)
    const before = running()
    astro.deployments.script(astro.deploymentId, { outcome: 'live', ms: 0, astroRuntimeVersion: '3.1-9' })
    await deployImage(ground.astro)
    expect(running().astroRuntimeVersion).toBe('3.1-9')
    expect(running().imageTag).not.toBe(before.imageTag)
    const result = await rollback()
    expect(result.exitCode).toBe(0)
    expect(result.stdout).toContain('The runtime goes from 3.1-9 to 3.1-2.')
    expect(running()).toMatchObject({ status: 'HEALTHY', imageTag: first.imageTag, astroRuntimeVersion: '3.1-2' }) // prettier-ignore
  })

  test('that nobody waits for', async () => {
    const good = await shipped('good = 1\n')
    await shipped('bad = 1\n')
    const result = await rollback({ wait: 'false', description: 'By hand' })
    expect([result.exitCode, ground.steps().at(-1)]).toEqual([0, 'rollback'])
    expect(result.notices).toEqual([expect.stringContaining('does not wait for it to run')])
    expect(result.outputs['rolled-back']).toBe('true')
    expect(history().at(-1)).toMatchObject({ rollbackFromId: good.id, description: 'By hand' })
  })

  test('as a dry run: the plan and nothing else', async () => {
    const [first] = history()
    const bad = await shipped('bad = 1\n')
    const deploys = history()
    const result = await rollback({ 'dry-run': 'true' })
    expect(result).toMatchObject({
      exitCode: 0,
      notices: [expect.stringContaining('etl was not rolled back')],
      outputs: { skipped: 'true', 'rolled-back': 'false', 'previous-deploy-id': bad.id },
    })
    expect(result.stdout).toContain(`Back to the deploy ${first?.id}`)
    expect(result.summary).toContain('### Dry run: etl was not rolled back')
    expect(history()).toEqual(deploys)
    expect(asked()).toBe(0)
  })

  test('an answer that is lost: exactly one rollback, and it is live', async () => {
    const good = await shipped('good = 1\n')
    await shipped('bad = 1\n')
    ground.astro.faults.add({ fault: 'resetAfterEffect', step: 'rollback' })
    const result = await rollback()
    expect([result.exitCode, asked()]).toEqual([0, 1])
    expect(history().filter(({ rollbackFromId }) => rollbackFromId !== undefined)).toMatchObject([
      { id: result.outputs['deploy-id'], rollbackFromId: good.id },
    ])
    await expectBackAt(good, await archiveOf(good))
  })

  test.each<[string, () => Promise<Readonly<Record<string, string>> | undefined>, string, string]>([
    ['nothing to go back to', () => Promise.resolve(undefined), 'ASTRO-ROLLBACK-NOTHING', 'no deploy to go back'],
    ['an unknown deploy', () => Promise.resolve({ 'deploy-id': 'clnone' }), 'ASTRO-ROLLBACK-UNKNOWN-DEPLOY', 'clnone'],
    ['the one that is live', () => Promise.resolve({ 'deploy-id': history()[0]?.id ?? '' }), 'ASTRO-ROLLBACK-LIVE-ALREADY', 'is the one that is live'],
    ['one that failed', () => patched({ status: 'FAILED' }), 'ASTRO-ROLLBACK-NOT-DEPLOYED', 'FAILED'],
    ['one older than 90 days', () => patched({ createdAt: '2020-01-01T00:00:00.000Z' }), 'ASTRO-ROLLBACK-TOO-OLD', 'days old'],
    ['a Deployment that sleeps', () => asleep(), 'ASTRO-DEPLOY-HIBERNATING', 'Cannot roll back the Deployment etl'],
  ])('is refused: %s', async (_, arrange, code, words) => {
    const inputs = await arrange()
    const [deploys, requests] = [history(), ground.writes().length]
    const result = await rollback(inputs)
    const [message = ''] = result.errors
    expect([result.exitCode, codeOf(message)]).toEqual([1, code])
    expect(message).toContain(words)
    expect(message).toContain('Nothing was changed on Astro.')
    expect(result.outputs['rolled-back']).toBe('false')
    expect(history()).toEqual(deploys)
    expect(ground.writes()).toHaveLength(requests)
  }) // prettier-ignore

  test('that Astro refuses: nothing was changed', async () => {
    await shipped('bad = 1\n')
    const deploys = history()
    ground.astro.faults.add({ fault: 'status', status: 400, step: 'rollback' })
    const result = await rollback()
    expect([result.exitCode, codeOf(result.errors[0] ?? ''), asked()]).toEqual([1, 'ASTRO-API-REFUSED', 1])
    expect(result.errors[0]).toContain('Nothing was changed on Astro.')
    expect(history()).toEqual(deploys)
  })

  test('whose rollout fails: red', async () => {
    await shipped('bad = 1\n')
    const { astro } = ground
    const before = remember(astro, astro.deploymentId)
    astro.deployments.script(astro.deploymentId, { outcome: 'failed', statusReason: 'No quota' })
    const result = await rollback()
    const [message = ''] = result.errors
    expect([result.exitCode, codeOf(message)]).toEqual([1, 'ASTRO-ROLLOUT-FAILED'])
    expect(message).toContain('No quota')
    expect(falseAftermath(message, astro, astro.deploymentId, before)).toBeUndefined()
    expect(result.outputs['rolled-back']).toBe('false')
  })
})

describe('on failure', () => {
  test('the former archive runs again, byte for byte, and the step fails all the same', async () => {
    const good = await shipped('good = 1\n')
    const archive = await archiveOf(good)
    const { astro } = ground
    const before = remember(astro, astro.deploymentId)
    astro.deployments.script(astro.deploymentId, { outcome: 'unhealthy', statusReason: 'No heartbeat' })
    const result = await ship('bad = 1\n', { 'rollback-on-failure': 'true', 'wait-time': '2s' })
    const [message = ''] = result.errors
    expect([result.exitCode, codeOf(message), asked()]).toEqual([1, 'ASTRO-ROLLOUT-TIMEOUT', 1])
    expect(message).toContain('No heartbeat')
    expect(message).toContain(`it runs the code of the deploy ${good.id} again`)
    expect(falseAftermath(message, astro, astro.deploymentId, before)).toBeUndefined()
    await expectBackAt(good, archive)
    expect(result.outputs).toMatchObject({ 'rolled-back': 'true', 'previous-deploy-id': good.id })
    expect(result.outputs['deploy-id']).toBe(history().at(-2)?.id)
    expect(result.summary).toContain(`to <code>${good.id}</code>`)
  })

  test('somebody else deploys meanwhile: their code is left alone', async () => {
    const { astro } = ground
    const refuse = astro.faults.add({ fault: 'status', status: 400, step: 'finalize' })
    expect((await ship('theirs = 1\n')).exitCode).toBe(1)
    refuse()
    const theirs = history().at(-1)?.id ?? ''
    astro.deployments.script(astro.deploymentId, { outcome: 'failed', ms: 1_000 })
    const result = await ground.deploy(
      { 'rollback-on-failure': 'true' },
      {
        onOutput: (stdout) => {
          if (!/^Finalized/m.test(stdout)) return
          astro.deployments.patchDeploy(astro.deploymentId, theirs, { status: 'DEPLOYED' })
        },
      },
    )
    expect([codeOf(result.errors[0] ?? ''), asked()]).toEqual(['ASTRO-ROLLOUT-FAILED', 0])
    expect(result.errors[0]).toContain(`Somebody else has deployed meanwhile (the deploy ${theirs})`)
  })

  test('a deploy that succeeds says that nothing was rolled back', async () => {
    const result = await ship('good = 1\n', { 'rollback-on-failure': 'true' })
    expect([result.exitCode, result.outputs['rolled-back'], asked()]).toEqual([0, 'false', 0])
  })
})

async function patched(fields: Partial<Deploy>): Promise<Readonly<Record<string, string>>> {
  const id = history()[0]?.id ?? ''
  await shipped('newer = 1\n')
  ground.astro.deployments.patchDeploy(ground.astro.deploymentId, id, fields)
  return { 'deploy-id': id }
}

async function asleep(): Promise<undefined> {
  await shipped('newer = 1\n')
  ground.astro.deployments.patch(ground.astro.deploymentId, { status: 'HIBERNATING' })
}
