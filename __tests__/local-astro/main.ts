/** `npm run local-astro -- --port 8888 --rollout 3s`: a local Astro for any client, until Ctrl-C. */
import { parseArgs } from 'node:util'
import { fixtureNames } from './fixtures.ts'
import { startLocalAstro } from './start.ts'
import type { LocalAstro } from './start.ts'

const usage = `Usage: npm run local-astro -- [options]
  --port PORT      where to listen (default: a free port; clients with ASTRO_DOMAIN=localhost want 8888)
  --host HOST      address to listen on (default 127.0.0.1)
  --rollout TIME   from finalize to live: 500ms, 3s, 1m (default 3s)
  --latency TIME   added to each answer (default 0)
  --quiet          no line for each request
`

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000 }

function milliseconds(option: string, text: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? []
  if (amount === undefined) throw new Error(`--${option} is not a time such as 500ms, 3s or 1m: ${text}`)
  return Number(amount) * (unitMs[unit] ?? 1000)
}

function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`--port is not a port: ${text}`)
  return port
}

/** What a client sets to talk to this one: the domain that the Astro CLI knows, or the origin. */
function domainOf(origin: string): string {
  return new URL(origin).port === '8888' ? 'localhost' : origin
}

function introduction(astro: LocalAstro): string {
  const others = astro.deployments
    .ids()
    .filter((id) => id !== astro.deploymentId)
    .map((id) => `  ${id}  ${astro.deployments.get(id).name}`)
  return `Local Astro at ${astro.origin}

Organization  ${astro.organizationId}
Workspace     ${astro.workspaceId}
Deployment    ${astro.deploymentId}  ${astro.deploymentName}

Key ID        ${astro.keyId}
Key secret    ${astro.keySecret}

Tokens
  deployment    ${astro.tokens.deployment}
  workspace     ${astro.tokens.workspace}
  organization  ${astro.tokens.organization}
  user          ${astro.tokens.user}
  expired       ${astro.tokens.expired}

Other Deployments of the Workspace
${others.join('\n')}

To use it with the key, paste:
  export ASTRO_DOMAIN=${domainOf(astro.origin)}
  export ASTRONOMER_KEY_ID=${astro.keyId}
  export ASTRONOMER_KEY_SECRET=${astro.keySecret}

To use it with a token, paste:
  export ASTRO_DOMAIN=${domainOf(astro.origin)}
  export ASTRO_API_TOKEN=${astro.tokens.workspace}

Ctrl-C ends it.

`
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      rollout: { type: 'string', default: '3s' },
      latency: { type: 'string', default: '0' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return void process.stdout.write(usage)
  const astro = await startLocalAstro({
    port: portNumber(values.port),
    host: values.host,
    rolloutMs: milliseconds('rollout', values.rollout),
    latencyMs: milliseconds('latency', values.latency),
    ...(values.quiet ? {} : { log: (line) => void process.stdout.write(`${line}\n`) }),
  })
  const end = (): void => {
    astro.stop().then(
      () => process.exit(),
      () => process.exit(1),
    )
  }
  // Whoever read the log may have gone; the clients have not.
  process.stdout.on('error', () => undefined)
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  for (const fixture of fixtureNames) if (fixture !== 'etl') astro.deployments.create({ fixture })
  await astro.ready()
  process.stdout.write(introduction(astro))
}

main().catch((error: unknown) => {
  const refused = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  const message = refused ? 'The port is in use: choose another with --port.' : String(error)
  process.stderr.write(`${message}\n\n${usage}`)
  process.exitCode = 1
})
