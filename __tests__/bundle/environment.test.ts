import { describe, expect, jest, test } from '@jest/globals'
import { clientOf } from '../local-astro/client.ts'
import { useGround } from './ground.ts'
import { codeOf } from './rules.ts'
import type { Step, StepResult } from './run-step.ts'
import { writeTree } from './tree.ts'

jest.setTimeout(60_000)
const ground = useGround({ uploads: true, rolloutMs: 300 })

const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END PRIVATE KEY-----'
const PLAIN = 'DB_HOST=warehouse.internal.example\nGREETING="hello there, plain world"\n'
const SECRET = `DB_PASSWORD=correct-horse-battery\nSIGNING_KEY="${PEM}"\n`
const VALUES = ['warehouse.internal.example', 'hello there, plain world', 'correct-horse-battery', PEM]
const NAMES = {
  added: ['GREETING', 'SIGNING_KEY'],
  changed: ['DB_HOST', 'DB_PASSWORD'],
  removed: [],
  unchanged: 1,
}
const BOTH = { 'environment-variables': PLAIN, 'secret-environment-variables': SECRET }

/** The step with the key pair; its variables' values must not be seen, wherever they come from. */
function step(inputs: Record<string, string>, given: Partial<Step> = {}): Promise<StepResult> {
  const { keyId, keySecret } = ground.astro
  return ground.run({
    inputs: { 'key-id': keyId, 'key-secret': keySecret, ...inputs },
    secrets: VALUES,
    ...given,
  })
}
const update = (inputs: Record<string, string> = BOTH, given: Partial<Step> = {}): Promise<StepResult> =>
  step({ action: 'update-environment-variables', ...inputs }, given)

const variables = () => ground.astro.deployments.variables(ground.astro.deploymentId)
const changes = ({ outputs }: StepResult): unknown => JSON.parse(outputs['environment-changes'] ?? 'null')
const updates = () => ground.steps().filter((name) => name === 'update-deployment').length
const codeIn = ({ errors }: StepResult): string | undefined => codeOf(errors[0] ?? '')

describe('update-environment-variables', () => {
  test('plans, writes once, reads back, and is green when the Deployment is healthy again', async () => {
    const result = await update()
    expect([result.exitCode, result.warnings]).toEqual([0, []])
    expect(variables()).toEqual({
      AIRFLOW__CORE__PARALLELISM: '32',
      DB_HOST: VALUES[0],
      DB_PASSWORD: VALUES[2],
      GREETING: VALUES[1],
      SIGNING_KEY: PEM,
    })
    expect(changes(result)).toEqual(NAMES)
    expect(result.outputs).toMatchObject({ skipped: 'false', 'deployment-name': 'etl' })
    expect(result.outputs).not.toHaveProperty('deploy-id')
    expect(result.summary).toContain('Environment variables of etl are updated')
    expect(updates()).toBe(1)
    expect(ground.steps().filter((name) => name?.includes('deploy') && name !== 'deployment')).toEqual([
      'list-deployments',
      'update-deployment',
    ])
    expect(ground.astro.deployments.get(ground.astro.deploymentId).status).toBe('HEALTHY')
  })

  test('shows a table of names in the log and in the summary', async () => {
    const { stdout, summary } = await update({ ...BOTH, wait: 'false' })
    expect(stdout).toContain('  + GREETING     plain   added\n')
    expect(stdout).toContain(
      '  ~ DB_PASSWORD  secret  changed: its stored value cannot be read, so it is set again\n',
    )
    expect(stdout).toContain('Environment variables: 2 added, 2 changed, 0 removed, 1 unchanged\n')
    expect(summary).toContain('| <code>SIGNING&#95;KEY</code> | secret | added |')
    expect(summary).toContain('Environment variables of etl are written (not waited for)')
  })

  test('masks every secret value and each of its lines before anything else', async () => {
    const { stdout } = await update({ ...BOTH, wait: 'false' })
    const masks = [...stdout.matchAll(/^::add-mask::(.*)$/gm)].map(([, text]) => text)
    expect(masks).toEqual(
      expect.arrayContaining(['correct-horse-battery', PEM.replaceAll('\n', '%0A'), ...PEM.split('\n')]),
    )
    const last = Math.max(
      ...VALUES.slice(2).map((value) => stdout.indexOf(`::add-mask::${value.split('\n')[0] ?? ''}`)),
    )
    expect(stdout.slice(0, last).replace(/^::add-mask::.*$\n/gm, '')).toBe('')
  })

  test('a dry run changes nothing and says what would change', async () => {
    const before = variables()
    const result = await update({ ...BOTH, 'dry-run': 'true' })
    expect(result.exitCode).toBe(0)
    expect(changes(result)).toEqual(NAMES)
    expect(result.outputs).toMatchObject({
      skipped: 'true',
      'skip-reason': expect.stringContaining('dry run'),
    })
    expect(result.notices).toEqual([expect.stringContaining('Nothing was changed: dry run')])
    expect(result.summary).toContain('Dry run')
    expect([ground.writes(), variables()]).toEqual([[], before])
  })

  test('nothing to do: no write, and it says so', async () => {
    const result = await update({ 'environment-variables': 'DB_HOST=db.example.com' })
    expect(result.exitCode).toBe(0)
    expect(result.notices).toEqual([expect.stringContaining('already as they should be')])
    expect(result.outputs.skipped).toBe('true')
    expect(changes(result)).toEqual({ added: [], changed: [], removed: [], unchanged: 3 })
    expect(ground.writes()).toEqual([])
  })

  test('replace removes what is not mentioned', async () => {
    await writeTree(ground.workspace, { 'deploy/prod.env': 'export DB_HOST="db.example.com" # as it is\r\n' })
    const result = await update({
      'environment-file': 'deploy/prod.env',
      'secret-environment-variables': 'DB_PASSWORD=correct-horse-battery',
      'environment-mode': 'replace',
      wait: 'false',
    })
    expect(result.exitCode).toBe(0)
    expect(changes(result)).toEqual({
      added: [],
      changed: ['DB_PASSWORD'],
      removed: ['AIRFLOW__CORE__PARALLELISM'],
      unchanged: 1,
    })
    expect(variables()).toEqual({ DB_HOST: 'db.example.com', DB_PASSWORD: 'correct-horse-battery' })
  })

  test('without waiting it says so', async () => {
    const { exitCode, notices } = await update({ ...BOTH, wait: 'false' })
    expect([exitCode, notices]).toEqual([0, [expect.stringContaining('`wait` is false')]])
  })

  test('a Deployment that hibernates takes them when it wakes', async () => {
    const { id } = ground.astro.deployments.create({ fixture: 'hibernating' })
    const key = ground.astro.keys.create(id)
    const result = await update({
      ...BOTH,
      'deployment-id': id,
      'key-id': key.keyId,
      'key-secret': key.keySecret,
    })
    expect([result.exitCode, result.notices]).toEqual([0, [expect.stringContaining('when it wakes')]])
    expect(ground.astro.deployments.variables(id).DB_HOST).toBe(VALUES[0])
  })

  test('a restart that does not end is not green', async () => {
    await ground.restart({ rolloutMs: 60_000 })
    const result = await update({ ...BOTH, 'wait-time': '1s' })
    expect([result.exitCode, codeIn(result)]).toEqual([1, 'ASTRO-ENV-RESTART-TIMEOUT'])
    expect(result.errors[0]).toContain('are written and stay')
  })
})

describe('warnings', () => {
  test('names that Astro or Airflow reserve, with their effect', async () => {
    const { warnings, exitCode } = await update({
      'environment-variables': 'AIRFLOW__CORE__FERNET_KEY=a-key-of-mine',
    })
    expect(exitCode).toBe(0)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('AIRFLOW__CORE__FERNET_KEY: Astro sets it')
  })

  test('a linked object of the Environment Manager with the same key, which stays linked', async () => {
    const call = clientOf(ground.astro, ground.astro.tokens.workspace)
    const made = await call('POST', '/environment-objects', {
      objectKey: 'DB_HOST',
      objectType: 'ENVIRONMENT_VARIABLE',
      scope: 'WORKSPACE',
      scopeEntityId: ground.astro.workspaceId,
      environmentVariable: { value: 'linked', isSecret: false },
      links: [{ scope: 'DEPLOYMENT', scopeEntityId: ground.astro.deploymentId }],
    })
    const { warnings, exitCode } = await update()
    expect([exitCode, warnings]).toEqual([0, [expect.stringMatching(/DB_HOST \(linked from the Workspace/)]])
    const { body } = await call('GET', `/environment-objects/${String(made.body.id)}`)
    expect(body.links).toMatchObject([{ scopeEntityId: ground.astro.deploymentId }])
  })
})

describe('with a deploy', () => {
  test('variables first, then the code, in one step', async () => {
    const result = await step(BOTH)
    expect([result.exitCode, result.warnings]).toEqual([0, []])
    const writing = ['update-deployment', 'create-deploy', 'upload', 'finalize']
    expect(ground.steps().filter((name) => writing.includes(name ?? ''))).toEqual(writing)
    expect(changes(result)).toEqual(NAMES)
    expect(variables().DB_HOST).toBe(VALUES[0])
    expect(ground.astro.deployments.get(ground.astro.deploymentId)).toMatchObject({
      status: 'HEALTHY',
      dagTarballVersion: result.outputs['dag-version'],
    })
    expect(result.summary).toContain('Deployed to etl')
  })

  test('a dry run shows both and does neither', async () => {
    const result = await step({ ...BOTH, 'dry-run': 'true' })
    expect(changes(result)).toEqual(NAMES)
    expect(result.summary).toMatch(/DAG file[^]*SIGNING/)
    expect([result.exitCode, ground.writes()]).toEqual([0, []])
  })

  test('variables that are as they should be do not hold up the code', async () => {
    const result = await step({ 'environment-variables': 'DB_HOST=db.example.com' })
    expect([result.exitCode, updates(), result.outputs.skipped]).toEqual([0, 0, 'false'])
  })

  test('an update that is refused: no deploy is created', async () => {
    ground.astro.faults.add({ step: 'update-deployment', fault: 'status', status: 400 })
    const result = await step(BOTH)
    expect([result.exitCode, codeIn(result)]).toEqual([1, 'ASTRO-API-REFUSED'])
    expect(ground.steps()).not.toContain('create-deploy')
    expect(result.errors[0]).toContain('The environment variables are as they were. Nothing else was changed')
  })

  test('a DAG folder that cannot be shipped: no variable is written', async () => {
    const result = await step({ ...BOTH, 'dags-path': 'missing' })
    expect([codeIn(result), updates()]).toEqual(['ASTRO-DAGS-FOLDER-MISSING', 0])
  })

  test('code that fails after the variables: the message says what stays', async () => {
    ground.astro.faults.add({ step: 'finalize', fault: 'status', status: 400 })
    const result = await step(BOTH)
    expect(result.exitCode).toBe(1)
    expect(result.errors[0]).toMatch(
      /new environment variables are written and stay\. [^]*former code keeps running/,
    )
    expect(variables().DB_HOST).toBe(VALUES[0])
  })
})

describe('who may not', () => {
  test('an API key that may deploy but not update: the permission and the way out', async () => {
    await ground.restart({ keysMayUpdate: false })
    const result = await update()
    expect([result.exitCode, codeIn(result)]).toEqual([1, 'ASTRO-ENV-FORBIDDEN'])
    expect(result.errors[0]).toMatch(/HTTP 403[^]*deployment\.update[^]*API token[^]*as they were/)
  })

  test('a secret does not turn into a plain variable by the way', async () => {
    const result = await update({ 'environment-variables': 'DB_PASSWORD=correct-horse-battery' })
    expect([codeIn(result), ground.writes()]).toEqual(['ASTRO-ENV-SECRET-TO-PLAIN', []])
    expect(result.errors[0]).toContain('DB_PASSWORD')
  })
})

describe('at the same time', () => {
  test('several steps: what a green one wrote is there', async () => {
    const results = await Promise.all(
      ['ONE', 'TWO', 'THREE'].map(async (key) => ({
        key,
        result: await update({ 'environment-variables': `${key}=written-by-${key}` }),
      })),
    )
    const now = variables()
    for (const { key, result } of results) {
      if (result.exitCode === 0) expect(now[key]).toBe(`written-by-${key}`)
      else expect(codeIn(result)).toMatch(/ASTRO-ENV-(?:OVERWRITTEN|NOT-AS-PLANNED)/)
    }
    expect(now).toMatchObject({ DB_HOST: 'db.example.com', DB_PASSWORD: 'stored-by-somebody' })
  })

  test('somebody wipes the change out while the Deployment restarts: not green', async () => {
    await ground.restart({ rolloutMs: 2_000 })
    const { environmentVariables } = ground.astro.deployments.get(ground.astro.deploymentId)
    let isDone = false
    const result = await update(BOTH, {
      onOutput(stdout) {
        if (isDone || !stdout.includes('Wait until healthy')) return
        isDone = true
        ground.astro.deployments.patch(ground.astro.deploymentId, { environmentVariables })
      },
    })
    expect([result.exitCode, codeIn(result)]).toEqual([1, 'ASTRO-ENV-OVERWRITTEN'])
    expect(result.errors[0]).toContain('Missing: GREETING, SIGNING_KEY.')
    expect(result.errors[0]).toContain('somebody else has changed them since')
  })
})

describe('no value is seen', () => {
  const DEBUG = { RUNNER_DEBUG: '1' }

  test('with step debug, and a server that quotes what it was sent', async () => {
    const message = `bad: ${VALUES.join(', ')}; ${JSON.stringify(VALUES)}`
    const body = {
      message,
      requestId: 'r',
      statusCode: 400,
      fieldErrors: [{ field: 'f', code: 'c', message }],
    }
    ground.astro.faults.add({ step: 'update-deployment', fault: 'status', status: 400, body })
    const result = await update(BOTH, { env: DEBUG })
    expect([result.exitCode, codeIn(result)]).toEqual([1, 'ASTRO-API-REFUSED'])
    expect(result.errors[0]).toContain('bad: ***')
  })

  test.each<[string, Record<string, string>, string]>([
    ['a line that is no assignment', { 'secret-environment-variables': `KEY=${PEM}` }, 'ASTRO-ENV-LINE'],
    ['an open quote', { 'environment-variables': 'A="hello there, plain world' }, 'ASTRO-ENV-LINE'],
    ['a # inside', { 'secret-environment-variables': 'A=correct-horse-battery#staple' }, 'ASTRO-ENV-LINE'],
    ['a key that is none', { 'secret-environment-variables': 'correct-horse-battery=x' }, 'ASTRO-ENV-KEY'],
    ['a key twice', { 'environment-variables': 'A=hello there, plain world\nA=x' }, 'ASTRO-ENV-TWICE'],
  ])('in the message about %s', async (_, inputs, code) => {
    const result = await update(inputs, { env: DEBUG })
    expect([result.exitCode, codeIn(result), ground.astro.requests]).toEqual([1, code, []])
    expect(result.errors[0]).toContain('line ')
  })

  test('a very short one where it stands by itself, and the log stays readable', async () => {
    const body = { message: 'PIN: "7" is not 7 digits; S is e', requestId: 'r7', statusCode: 400 }
    ground.astro.faults.add({ step: 'update-deployment', fault: 'status', status: 400, body })
    const { errors, outputs, stdout, warnings } = await update({
      'environment-variables': 'S=e',
      'secret-environment-variables': 'PIN=7',
    })
    expect(errors[0]).toContain('PIN: "***" is not *** digits; S is ***')
    expect(errors[0]).toContain('HTTP 400 (request r7)')
    expect(warnings).toEqual([expect.stringContaining('secret variable PIN is too short to be masked')])
    expect(stdout).not.toMatch(/^::add-mask::.{0,3}$/m)
    expect(stdout).toContain(`Deployment etl (${outputs['deployment-id'] ?? ''})`)
  })

  test('when an update has no clear answer, with step debug', async () => {
    ground.astro.faults.add({ step: 'update-deployment', fault: 'truncated', how: 'length' })
    const { exitCode, stdout } = await update(BOTH, { env: DEBUG })
    expect(exitCode).toBe(0)
    expect(stdout).toContain('The update had no clear answer')
  })
})

test('a run that is cancelled in the update says that nobody knows', async () => {
  ground.astro.faults.add({ step: 'update-deployment', fault: 'hang' })
  const result = await update(BOTH, {
    onStart(kill) {
      const watching = setInterval(() => {
        if (!ground.steps().includes('update-deployment')) return
        clearInterval(watching)
        kill('SIGTERM')
      }, 5)
    },
  })
  expect([result.exitCode, codeIn(result)]).toEqual([1, 'ASTRO-CANCELLED'])
  expect(result.errors[0]).toContain('It is not known whether Astro took the change')
})
