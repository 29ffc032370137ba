import { execFile } from 'node:child_process'
import { once } from 'node:events'
import * as path from 'node:path'
import { runStep } from '../bundle/run-step.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import { renderLog } from './runner-view.ts'

const EXAMPLE = path.resolve(import.meta.dirname, '../../example')
const ROLLOUT_MS = 2_000
const PLAIN = { REPORT_REGION: 'eu' }
const SECRET = { WAREHOUSE_PASSWORD: 'demo-password-that-no-log-shows' }

const dotenv = (variables: Record<string, string>): string =>
  Object.entries(variables)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')

/** The main job, from a key pair to live DAGs, against the local Astro: what a workflow's user would see. */
async function demo(): Promise<number> {
  const say = (text = ''): void => console.log(text)
  say('Starting a local Astro on loopback …')
  const astro = await startLocalAstro({ rolloutMs: ROLLOUT_MS })
  try {
    await astro.ready()
    say(`It is at ${astro.origin} with the Deployment ${astro.deploymentName} and an API key for it.\n`)
    say('The step of the workflow:\n')
    say(
      [
        '  - uses: ./',
        '    with:',
        '      key-id: ${{ secrets.ASTRONOMER_KEY_ID }}',
        '      key-secret: ${{ secrets.ASTRONOMER_KEY_SECRET }}',
        `      domain: ${astro.origin}`,
        '      environment-variables: |',
        '        REPORT_REGION=eu',
        '      secret-environment-variables: |',
        '        WAREHOUSE_PASSWORD=${{ secrets.WAREHOUSE_PASSWORD }}',
      ].join('\n'),
    )
    const inputs = {
      'key-id': astro.keyId,
      'key-secret': astro.keySecret,
      domain: astro.origin,
      'environment-variables': dotenv(PLAIN),
      'secret-environment-variables': dotenv(SECRET),
    }
    const result = await runStep({ inputs, workspace: EXAMPLE })

    say(`\n──── log ────\n\n${renderLog(result.stdout)}`)
    if (result.stderr) say(result.stderr)
    say('\n──── outputs ────\n')
    for (const [name, value] of Object.entries(result.outputs)) say(`${name}: ${value}`)
    say(`\n──── summary ────\n\n${result.summary}`)

    const running = astro.deployments.get(astro.deploymentId).dagTarballVersion
    say('──── what Astro has ────\n')
    say(`The Deployment ${astro.deploymentName} runs the DAG version ${running ?? 'none'}:`)
    if (running !== undefined) say(await listArchive(await astro.download(astro.deploymentId, running)))
    const { environmentVariables } = astro.deployments.get(astro.deploymentId)
    say('Its environment variables:')
    for (const { key, isSecret } of environmentVariables) say(`  ${key}${isSecret ? ' (secret)' : ''}`)
    const stored = astro.deployments.variables(astro.deploymentId)
    const isSet = Object.entries({ ...PLAIN, ...SECRET }).every(([key, value]) => stored[key] === value)
    const live = result.exitCode === 0 && running === result.outputs['dag-version'] && isSet
    say(live ? '\nLive: what the step shipped is what runs.' : '\nNot live. The log above says why.')
    return live ? 0 : 1
  } finally {
    await astro.stop()
  }
}

async function listArchive(archive: Buffer): Promise<string> {
  const tar = execFile('tar', ['tzvf', '-'])
  let listing = ''
  tar.stdout?.on('data', (text: string) => (listing += text))
  tar.stdin?.end(archive)
  await once(tar, 'close')
  return listing
}

process.exitCode = await demo()
