import { setFlagsFromString } from 'node:v8'
import * as core from '@actions/core'
import { createThreads } from './check/threads.ts'
import { systemClock } from './clock.ts'
import { ActionError, asActionError } from './errors.ts'
import { flush } from './flush.ts'
import { createConnections } from './http/connections.ts'
import { PROXY_VARIABLES, readProxies } from './http/proxy.ts'
import { createRequest } from './http/request.ts'
import { createTransport } from './http/transport.ts'
import { createDocker } from './image/docker.ts'
import { main } from './main.ts'
import { createOutputs } from './outputs.ts'
import { createPrograms } from './program.ts'
import { createGit } from './project/git.ts'
import { createGitHome } from './project/git-home.ts'
import { createLog } from './report/log.ts'
import { createSecrets } from './secrets.ts'
import { userAgent } from './user-agent.ts'

/**
 * A run of the action: real dependencies in, `main()` out, and the process ends.
 *
 * @param entry the program, which is also that of its threads
 */
export async function start(entry: URL): Promise<void> {
  // V8 would let the space for new objects grow to 64 MB of mostly dead ones, which a DAG folder of thousands of files then takes
  // on top of what it needs. It keeps the size that loading gave it; from the first line on, loading itself would be slower.
  setFlagsFromString('--semi-space-growth-factor=1')

  const secrets = createSecrets(core.setSecret)
  const log = createLog(secrets.redact)
  const cancellation = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () =>
      cancellation.abort(
        new ActionError({
          code: 'ASTRO-CANCELLED',
          problem: 'The run was cancelled.',
          observed: `The runner sent ${signal}.`,
          fix: 'The last sentence says what has happened on Astro. Run the workflow again to finish it.',
        }),
      ),
    )
  }
  process.on('uncaughtException', (error) => cancellation.abort(asActionError(error)))
  // Nobody reads the log any more; the deploy goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const { signal } = cancellation

  const env = { ...process.env }
  const proxies = readProxies(process.env)
  proxies.secrets.forEach(secrets.hide)
  // Programs need them; libraries would read them by rules of their own.
  for (const name of PROXY_VARIABLES) Reflect.deleteProperty(process.env, name)
  const { agentFor } = createConnections(proxies)

  const programs = createPrograms(signal)
  const gitHome = createGitHome(env)
  await main({
    env,
    clock: systemClock,
    request: createRequest({
      send: createTransport({ agentFor }),
      clock: systemClock,
      random: Math.random,
      userAgent: userAgent(env),
      log,
      signal,
    }),
    agentFor,
    git: createGit(programs.run, env, gitHome),
    docker: createDocker(programs.run, env),
    secrets,
    log,
    outputs: createOutputs(),
    startThread: createThreads(entry),
    signal,
  })
  // Whatever is still open (a tunnel that never answers, a program that never ends) would keep the process.
  programs.killAll()
  await gitHome.close()
  await Promise.all([flush(process.stdout), flush(process.stderr)])
  process.exit()
}
