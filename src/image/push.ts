import { mkdir, writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import type { Clock } from '../clock.ts'
import { ActionError } from '../errors.ts'
import { tryRepeatedly } from '../http/attempts.ts'
import { lastLine } from './builder.ts'
import type { Docker, DockerResult } from './docker.ts'
import { engineOfContext } from './engine-context.ts'

export type RegistryDependencies = {
  readonly docker: Docker
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly random?: () => number
  readonly log: { readonly info: (line: string) => void }
  readonly signal: AbortSignal
  /** A token of Astro that is good now. */
  readonly accessToken: () => Promise<string>
}

/** A signed-in way to Astro's registry. */
export type Registry = {
  /** Pushes a local image to `repository:tag`; returns the digest that the registry has for it. */
  push(image: string, repository: string, tag: string): Promise<string>
}

/** What a push tells of a layer every second. */
const COUNTDOWN = /: (?:Preparing|Waiting|Retrying in \d+ seconds?)$/
const USER = 'cli'
const LONGEST_TROUBLE_MS = 5 * 60_000

/**
 * Signs in to the registry that holds a repository, in a Docker configuration of this run's own: the user's is neither read
 * nor changed, and no credential helper keeps the token. The password is the access token (section 3.3 of the control
 * plane's contract); it goes to standard input.
 *
 * @param folder an empty folder for the configuration; whoever made it removes it
 * @throws ActionError ASTRO-REGISTRY-…
 */
export async function openRegistry(
  deps: RegistryDependencies,
  folder: string,
  repository: string,
): Promise<Registry> {
  const host = repository.split('/')[0] ?? ''
  const config = path.join(folder, 'docker')
  await mkdir(config, { mode: 0o700 })
  // With an entry for a registry, docker does not go looking for a credential helper of the system.
  await writeFile(path.join(config, 'config.json'), JSON.stringify({ auths: { [host]: {} } }), {
    mode: 0o600,
  })
  const engine = await engineOfContext(deps.docker, deps.env, { config, scratch: folder })
  const docker: Docker = (args, options) =>
    deps.docker(['--config', config, ...args], { ...options, env: { ...engine, ...options?.env } })

  const login = async (): Promise<DockerResult> =>
    docker(['login', '--username', USER, '--password-stdin', host], { input: await deps.accessToken() })
  await repeatedly(deps, `sign in to ${host}`, host, login)

  return {
    async push(image, repo, tag) {
      const target = `${repo}:${tag}`
      try {
        const tagged = await docker(['tag', image, target], { whenCancelled: 'finish' })
        if (tagged.exitCode !== 0) throw registryError(host, `name the image ${target}`, tagged)
        const onLine = (line: string): void => {
          if (!COUNTDOWN.test(line)) deps.log.info(line)
        }
        let isTokenNew = false
        const { stdout } = await repeatedly(deps, `push the image to ${target}`, host, async () => {
          const pushed = await docker(['push', target], { onLine })
          if (pushed.exitCode === 0 || isTokenNew || !UNAUTHORIZED.test(pushed.stderr)) return pushed
          isTokenNew = true
          deps.log.info('The registry no longer takes the sign-in; signing in with a new token.')
          const signedIn = await login()
          return signedIn.exitCode === 0 ? docker(['push', target], { onLine }) : signedIn
        })
        return /digest: (sha256:[0-9a-f]{64})/.exec(stdout)?.[1] ?? 'unknown'
      } finally {
        await docker(['image', 'rm', target], { whenCancelled: 'run' }).catch(() => undefined)
      }
    },
  }
}

/**
 * Registries fail in passing; only an answer that says "not you", and what no wait makes better, are final. An attempt may take
 * long before it fails, since docker tries by itself too, so the time from the first failure on is limited as well.
 */
function repeatedly(
  deps: RegistryDependencies,
  what: string,
  host: string,
  run: () => Promise<DockerResult>,
): Promise<DockerResult> {
  const random = deps.random ?? Math.random
  let lastChance = Infinity
  return tryRepeatedly({ ...deps, random }, what, async () => {
    const result = await run()
    if (result.exitCode === 0) return { kind: 'final', result }
    const now = deps.clock.now()
    if (isFinal(result) || now > lastChance) throw registryError(host, what, result)
    lastChance = Math.min(lastChance, now + LONGEST_TROUBLE_MS)
    const giveUp = (): never => {
      throw registryError(host, what, result)
    }
    return { kind: 'failed', seen: lastLine(result.stderr), giveUp }
  })
}

const UNAUTHORIZED =
  /\b401\b|unauthorized|authentication required|no basic auth credentials|incorrect username/i
const FORBIDDEN = /\b403\b|forbidden|denied/i

/** Certificates, space, and names that the registry will never take. */
const PERMANENT =
  /\bx509\b|certificate signed by unknown authority|no space left on device|disk quota exceeded|server gave HTTP response to HTTPS client|invalid reference format|(?:image|tag) does not exist/i

const isFinal = ({ stderr }: DockerResult): boolean =>
  [UNAUTHORIZED, FORBIDDEN, PERMANENT].some((pattern) => pattern.test(stderr))

function registryError(host: string, what: string, { exitCode, stderr }: DockerResult): ActionError {
  const problem = `Could not ${what}.`
  const observed = `docker ended with exit code ${exitCode}: ${lastLine(stderr)}`
  if (UNAUTHORIZED.test(stderr)) {
    return new ActionError({
      code: 'ASTRO-REGISTRY-UNAUTHORIZED',
      problem,
      observed,
      likelyCause: `The registry ${host} does not take the access token: it has expired, was revoked, or a proxy answered.`,
      fix: 'Run again; if it happens again, create a new API token and store it as the secret that this workflow reads.',
    })
  }
  if (FORBIDDEN.test(stderr)) {
    return new ActionError({
      code: 'ASTRO-REGISTRY-FORBIDDEN',
      problem,
      observed,
      likelyCause:
        'The credential may not push images for this Deployment: its role is too small, or it is of another Deployment.',
      fix: 'Use an API token of this Deployment with the Deployment Admin role, or of its Workspace with the Workspace Operator role.',
    })
  }
  return new ActionError({
    code: 'ASTRO-REGISTRY-FAILED',
    problem,
    observed,
    likelyCause: PERMANENT.test(stderr)
      ? 'The engine of this runner cannot push anything there: it does not trust the certificate (of a proxy, for example), or is out of space.'
      : `The registry ${host} has a problem of its own, or the network between this runner and it.`,
    fix: `Run again. If it happens again, allow connections from the runner to ${host}, and look at the Astro status page.`,
  })
}
