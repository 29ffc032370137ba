import { setFlagsFromString } from 'node:v8'
import * as core from '@actions/core'
import { systemClock } from './clock.ts'
import { ActionError } from './errors.ts'
import { createRequest } from './http/request.ts'
import { createTransport } from './http/transport.ts'
import { createDocker } from './image/docker.ts'
import { main } from './main.ts'
import { createOutputs } from './outputs.ts'
import { systemGit } from './project/git.ts'
import { createLog } from './report/log.ts'
import { createSecrets } from './secrets.ts'
import { userAgent } from './user-agent.ts'

// V8 would let the space for new objects grow to 64 MB of mostly dead ones, which a DAG folder of thousands of files then takes
// on top of what it needs. It keeps the size that loading gave it; from the first line on, loading itself would be slower.
setFlagsFromString('--semi-space-growth-factor=1')

const secrets = createSecrets(core.setSecret)
const log = createLog(secrets.redact)
const cancellation = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () =>
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
const { signal } = cancellation

const transport = createTransport()
await main({
  env: process.env,
  clock: systemClock,
  request: createRequest({
    send: transport.send,
    clock: systemClock,
    random: Math.random,
    userAgent: userAgent(process.env),
    log,
    signal,
  }),
  git: systemGit,
  docker: createDocker(process.env, signal),
  secrets,
  log,
  outputs: createOutputs(),
  signal,
})
// What still goes on beside the story (a list that nobody waits for any more, its retries) would keep the process.
cancellation.abort(new Error('The run is over.'))
transport.close()
