import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, jest } from '@jest/globals'
import type { Clock } from '../../src/clock.ts'
import { createConnections } from '../../src/http/connections.ts'
import { createRequest } from '../../src/http/request.ts'
import type { Transport } from '../../src/http/transport.ts'
import { createThreads } from '../../src/check/threads.ts'
import { createTransport } from '../../src/http/transport.ts'
import { createDocker } from '../../src/image/docker.ts'
import { createPrograms } from '../../src/program.ts'
import { main } from '../../src/main.ts'
import { createOutputs } from '../../src/outputs.ts'
import type { Git, GitResult } from '../../src/project/git.ts'
import { createLog } from '../../src/report/log.ts'
import { createSecrets } from '../../src/secrets.ts'
import { withoutCheck } from '../bundle/without-check.ts'
import { annotations, RUNNER_ENVIRONMENT } from '../bundle/run-step.ts'

export type Flow = {
  readonly inputs: Readonly<Record<string, string>>
  readonly workspace: string
  readonly clock: Clock
  /** Stands around the real transport. */
  readonly wrap?: (send: Transport) => Transport
  /** None unless given. */
  readonly git?: Git
}

export type FlowResult = {
  readonly exitCode: number
  /** Everything that was written, by where: log, outputs and job summary. */
  readonly texts: { readonly stdout: string; readonly outputs: string; readonly summary: string }
  readonly outputs: ReadonlyMap<string, string>
  readonly errors: readonly string[]
}

/** One for all runs of a file of tests: the toolkit keeps to the first that it was told. */
const folder = await mkdtemp(path.join(tmpdir(), 'summary-'))
const summaryFile = path.join(folder, 'summary.md')
afterAll(() => rm(folder, { recursive: true, force: true }))

export const NO_CLONE: GitResult = { is: 'no-clone', said: '' }

/**
 * The whole of `main()` in this process: real transport, retries, archive and upload, on a clock of one's own. One at a
 * time, for the inputs of an action are the environment of its process.
 */
export async function runFlow({
  inputs,
  workspace,
  clock,
  wrap = (send) => send,
  git = () => Promise.resolve(NO_CLONE),
}: Flow): Promise<FlowResult> {
  const env = {
    ...RUNNER_ENVIRONMENT,
    GITHUB_WORKSPACE: workspace,
    GITHUB_STEP_SUMMARY: summaryFile,
    ...Object.fromEntries(
      Object.entries({ ...withoutCheck(inputs), ...inputs }).map(([name, value]) => [
        `INPUT_${name.toUpperCase()}`,
        value,
      ]),
    ),
  }
  await writeFile(summaryFile, '')
  const before = { ...process.env }
  Object.assign(process.env, env)
  let stdout = ''
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  const connections = createConnections({ proxyFor: () => undefined })
  const { agentFor } = connections
  const over = new AbortController()
  const secrets = createSecrets((value) => process.stdout.write(`::add-mask::${value}\n`))
  let written = ''
  const outputs = createOutputs((name, value) => (written += `${name}=${value}\n`))
  try {
    const log = createLog(secrets.redact)
    const { signal } = over
    const request = createRequest({
      send: wrap(createTransport(connections)),
      clock,
      random: Math.random,
      userAgent: 'test/1',
      log,
      signal,
    })
    const docker = createDocker(createPrograms(signal).run, { PATH: '' })
    const startThread = createThreads(new URL('../../src/index.ts', import.meta.url))
    const deps = { env, clock, request, agentFor, git, docker, startThread }
    await main({ ...deps, secrets, log, outputs, signal })
    return {
      exitCode: Number(process.exitCode ?? 0),
      texts: { stdout, outputs: written, summary: await readFile(summaryFile, 'utf8') },
      outputs: outputs.all(),
      errors: annotations(stdout, 'error'),
    }
  } finally {
    over.abort()
    connections.close()
    write.mockRestore()
    process.exitCode = undefined
    for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name)
    Object.assign(process.env, before)
  }
}
