/**
 * The README's first workflow, as it stands there, on a runner that is not GitHub's: nektos/act runs it on a repository of
 * its own against the local Astro, once with the right key and once with a wrong secret.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startLocalAstro } from '../local-astro/start.ts'
import { installAct, runAct } from './act.ts'
import { createRepository } from './repository.ts'
import { firstWorkflow, foreignAction, namesIn } from './workflow.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const workflow = firstWorkflow(readFileSync(join(root, 'README.md'), 'utf8'))
const dags = {
  'dags/nightly.py':
    'from airflow.sdk import dag\n\n@dag(schedule="@daily")\ndef nightly(): ...\n\nnightly()\n',
  'dags/sql/load orders.sql': 'select 1\n',
  'dags/größe.py': '# named beyond ASCII\n',
}

let passed = 0
let failed = 0
async function check(what: string, work: () => void | Promise<void>): Promise<void> {
  try {
    await work()
    passed++
    console.log(`ok      ${what}`)
  } catch (error) {
    failed++
    console.log(`FAILED  ${what}\n${error instanceof Error ? error.message : String(error)}`)
  }
}

const act = installAct()
const scratch = mkdtempSync(join(tmpdir(), 'runner-'))
const astro = await startLocalAstro({ rolloutMs: 1000 })
try {
  await deploysAndGoesLive()
  await failsWithAWrongSecret()
} finally {
  await astro.stop()
  rmSync(scratch, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function deploysAndGoesLive(): Promise<void> {
  console.log("\nThe README's workflow with the right key")
  const message = 'Load orders every night'
  const { code, output } = await push('right', message, astro.keySecret)
  const deploy = astro.deployments.deploys(astro.deploymentId).at(-1)
  const version = deploy?.dagTarballVersion ?? ''

  await check('the job is green', () => assert.equal(code, 0))
  await check('the deploy is finalized, with a version and the commit’s message', () => {
    assert.equal(deploy?.status, 'DEPLOYED')
    assert.match(version, /./)
    assert.equal(deploy.description, message)
  })
  await check('the Deployment runs that version', () => {
    const { dagTarballVersion, desiredDagTarballVersion, status } = astro.deployments.get(astro.deploymentId)
    assert.deepEqual(
      { dagTarballVersion, desiredDagTarballVersion, status },
      {
        dagTarballVersion: version,
        desiredDagTarballVersion: version,
        status: 'HEALTHY',
      },
    )
  })
  await check('what was uploaded is the DAG folder', async () => {
    assert.deepEqual(await uploaded(version), dags)
  })
  await check('later steps get the outputs', () => {
    assert.match(output, new RegExp(`set-output:: deploy-id=${deploy?.id}`))
    assert.match(output, new RegExp(`set-output:: dag-version=${version}`))
  })
  await check('the log holds no secret', () => assertNoSecret(output, astro.keySecret))
  if (failed > 0) console.log(output)
}

async function failsWithAWrongSecret(): Promise<void> {
  console.log("\nThe README's workflow with a wrong secret")
  const failedBefore = failed
  const before = astro.deployments.get(astro.deploymentId)
  const deploysBefore = astro.deployments.deploys(astro.deploymentId).length
  const wrongSecret = 'a-secret-that-was-never-issued'
  const { code, output } = await push('wrong', 'Never deployed', wrongSecret)

  await check('the job is red', () => assert.notEqual(code, 0))
  await check('one error annotation names the code', () => {
    const annotations = output.match(/::error .*?::/g)
    assert.equal(annotations?.length, 1)
    assert.match(annotations[0], /ASTRO-AUTH-KEY-REJECTED/)
  })
  await check('no stack trace is shown', () => assert.doesNotMatch(output, /\bat .+:\d+:\d+/))
  await check('the log holds no secret', () => assertNoSecret(output, wrongSecret))
  await check('nothing was deployed', () => {
    assert.equal(astro.deployments.deploys(astro.deploymentId).length, deploysBefore)
    assert.deepEqual(astro.deployments.get(astro.deploymentId), before)
  })
  if (failed > failedBefore) console.log(output)
}

/** A push to a repository with the workflow and the DAGs; `name` is that of a folder for all its files. */
async function push(
  name: string,
  message: string,
  keySecret: string,
): Promise<{ code: number; output: string }> {
  const folder = join(scratch, name)
  const action = { ...foreignAction(workflow), folder: join(folder, 'action') }
  mkdirSync(action.folder, { recursive: true })
  for (const part of ['action.yml', 'dist'])
    cpSync(join(root, part), join(action.folder, part), { recursive: true })

  const files = { '.github/workflows/deploy.yml': workflow, ...dags }
  const repository = createRepository(join(folder, 'repository'), files, {
    message,
    repository: 'example/pipelines',
  })
  return runAct(act, {
    repository: repository.folder,
    event: repository.event,
    secrets: known(namesIn('secrets', workflow), {
      ASTRONOMER_KEY_ID: astro.keyId,
      ASTRONOMER_KEY_SECRET: keySecret,
    }),
    vars: known(namesIn('vars', workflow), { ASTRO_DEPLOYMENT_ID: astro.deploymentId }),
    env: { ASTRO_DOMAIN: astro.origin },
    action,
    scratch: join(folder, 'act'),
  })
}

/** The values that the workflow asks for by name; a name that has none is an error of this test or of the README. */
function known(names: readonly string[], values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const value = values[name]
      if (value === undefined)
        throw new Error(`The README's workflow asks for ${name}, which has no value here.`)
      return [name, value]
    }),
  )
}

/** Contents by path of what was uploaded, as the tar of this machine unpacks it. */
async function uploaded(version: string): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(scratch, 'uploaded-'))
  const archive = await astro.download(astro.deploymentId, version)
  execFileSync('tar', ['-xzf', '-', '-C', folder], { input: archive })
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]))
}

/** Whole, in base64 and URL-encoded. */
function assertNoSecret(output: string, ...secrets: string[]): void {
  const forms = [...secrets, astro.keyId].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64'),
    encodeURIComponent(secret),
  ])
  assert.equal(forms.filter((form) => output.includes(form)).length, 0, 'a secret stands in the log')
}
