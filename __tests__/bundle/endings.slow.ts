import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import { falseAftermath } from '../flow/aftermath.ts'
import type { LocalAstro } from '../local-astro/start.ts'
import { ASTRO_HOST, startCorporateNetwork } from './corporate-network.ts'
import { startFarHost } from '../make/far-host.ts'
import { goodDag } from './dag-ground.ts'
import { useGround } from './ground.ts'
import { codeOf } from './rules.ts'
import type { Scene } from './side-by-side.ts'
import { LAST_WORD_WITHIN_MS, playSideBySide } from './side-by-side.ts'
import { writeTree } from './tree.ts'

const GOOD = { 'dags/example.py': goodDag('example') }
const MARKER = path.join(tmpdir(), `a-program-runs-${process.pid}`)

/** A program that says that it runs, and does not end for two minutes, whatever it is told. */
const HANGING = `touch '${MARKER}'; trap '' INT TERM; sleep 120 & wait; sleep 120`

const asked =
  (step: string, method: string, pathname: RegExp) =>
  ({ requests }: LocalAstro): boolean =>
    requests.some(
      (request) => request.step === step && request.method === method && pathname.test(request.path),
    )

const cancelledWhen = (when: (astro: LocalAstro) => boolean, scene: Scene): Scene => ({
  files: GOOD,
  ...scene,
  cancel: { signal: 'SIGINT', when },
})
const hangs = (step: 'rollback' | 'update-deployment'): Scene => ({
  arrange: ({ faults }) => void faults.add({ step, fault: 'hang' }),
})
const isMet = ({ requests }: LocalAstro): boolean => requests.some(({ fault }) => fault !== undefined)

const SCENES = {
  'waits for git': cancelledWhen(() => existsSync(MARKER), { programs: { git: HANGING } }),
  'waits for Airflow': cancelledWhen(
    ({ requests }) => {
      const finalized = requests.findIndex(({ step }) => step === 'finalize')
      return finalized >= 0 && requests.slice(finalized).some(({ step }) => step === 'airflow')
    },
    { arrange: ({ airflow, deploymentId }) => airflow.standIn(deploymentId).stopParsing(300_000) },
  ),
  'waits for a smoke test': cancelledWhen(asked('airflow', 'POST', /dagRuns$/), {
    astro: { airflow: { runMs: 3_600_000 } },
    inputs: { 'run-dag': 'example', 'run-dag-unpause': 'true' },
  }),
  'asks for a rollback': cancelledWhen(isMet, {
    ...hangs('rollback'),
    earlier: [GOOD, { 'dags/example.py': goodDag('example'), 'dags/other.py': goodDag('other') }],
    inputs: { action: 'rollback' },
  }),
  'writes variables': cancelledWhen(isMet, {
    ...hangs('update-deployment'),
    inputs: { action: 'update-environment-variables', 'environment-variables': 'A=1' },
  }),
} satisfies Record<string, Scene>

const play = playSideBySide(SCENES)

test.each(Object.keys(SCENES) as (keyof typeof SCENES)[])(
  'cancelled while it %s, it has a last word',
  async (name) => {
    const { astro, result, before, lastWordMs, endingMs } = await play(name)
    const [message = ''] = result.errors
    expect([result.exitCode, codeOf(message)]).toEqual([1, 'ASTRO-CANCELLED'])
    if (name === 'writes variables') expect(message).toContain('the old list or the new one, whole')
    else expect(falseAftermath(message, astro, astro.deploymentId, before)).toBeUndefined()
    expect(result.summary).toContain('The run was cancelled')
    expect(lastWordMs).toBeLessThan(LAST_WORD_WITHIN_MS)
    expect(endingMs).toBeLessThan(20_000)
  },
)

describe('a step ends when its work is done', () => {
  const ground = useGround({ uploads: true })
  const undo: (() => unknown)[] = []
  afterEach(async () => {
    for (const step of undo.splice(0).toReversed()) await step()
  })

  async function behindProxy(isSilent: (nth: number) => boolean) {
    const network = await startCorporateNetwork(() => ground.astro.origin, {
      manner: (_, nth) => ({ kind: isSilent(nth) ? 'silent' : 'open' }),
    })
    undo.push(network.stop)
    const startedAt = performance.now()
    const env = { https_proxy: network.proxy, NODE_EXTRA_CA_CERTS: network.authority }
    const result = await ground.deploy({ domain: network.domain }, { env })
    return { ...result, seconds: (performance.now() - startedAt) / 1000 }
  }

  test('though a proxy never answers its third CONNECT', async () => {
    const { exitCode, errors, seconds } = await behindProxy((nth) => nth === 3)
    expect([exitCode, errors]).toEqual([0, []])
    expect(seconds).toBeLessThan(35)
  })

  test('though a proxy answers no CONNECT at all', async () => {
    const { exitCode, errors, seconds } = await behindProxy(() => true)
    expect([exitCode, codeOf(errors[0] ?? '')]).toEqual([1, 'ASTRO-AUTH-UNREACHABLE'])
    expect(errors[0]).toContain('no connection within 10 s')
    expect(seconds).toBeLessThan(95)
  })

  test('behind a name that has several addresses, the ones of IPv6 without a route, the others a second away', async () => {
    const network = await startCorporateNetwork(() => ground.astro.origin)
    const far = await startFarHost(Number(new URL(network.domain).port))
    undo.push(network.stop, far.stop)
    const lookup = new URL('../make/far-lookup.ts', import.meta.url).href
    const env = { NODE_OPTIONS: `--import=${lookup}`, NODE_EXTRA_CA_CERTS: network.authority }
    const { exitCode, stdout } = await ground.deploy({ domain: `https://${ASTRO_HOST}:${far.port}` }, { env })
    expect(exitCode).toBe(0)
    expect(stdout).not.toContain('Attempt 2')
  })

  test('though git hangs', async () => {
    const programs = path.join(ground.workspace, '..', `programs-${process.pid}`)
    await mkdir(programs, { recursive: true })
    undo.push(() => rm(programs, { recursive: true }))
    await writeFile(path.join(programs, 'git'), `#!/bin/sh\n${HANGING}\n`, { mode: 0o755 })
    const startedAt = performance.now()
    const env = { PATH: `${programs}:${process.env.PATH ?? ''}` }
    const { exitCode, errors } = await ground.deploy({}, { env })
    expect([exitCode, errors]).toEqual([0, []])
    expect(performance.now() - startedAt).toBeLessThan(40_000)
  })

  test('and all that it said has arrived, though nobody reads its log for a while', async () => {
    const variables = Array.from({ length: 4_000 }, (_, nth) => `SOME_VARIABLE_WITH_A_LONG_NAME_${nth}=x`)
    const { astro, workspace } = ground
    const inputs = {
      domain: astro.origin,
      'key-id': astro.keyId,
      'key-secret': astro.keySecret,
      'dry-run': 'true',
      'environment-file': 'many.env',
    }
    await writeTree(workspace, { 'many.env': variables.join('\n') })
    const child = spawn(process.execPath, [path.resolve(import.meta.dirname, '../../dist/index.js')], {
      cwd: workspace,
      env: {
        PATH: process.env.PATH,
        GITHUB_WORKSPACE: workspace,
        ...Object.fromEntries(
          Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
        ),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'close')
    await sleep(5_000)
    let log = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text))
    expect(await ended).toEqual([0, null])
    expect(log.length).toBeGreaterThan(150_000)
    expect(log).toContain('SOME_VARIABLE_WITH_A_LONG_NAME_3999')
    expect(log.trimEnd().split('\n').at(-1)).toContain('Nothing was deployed')
  })
})
