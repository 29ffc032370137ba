import * as path from 'node:path'
import { ActionError } from '../errors.ts'
import { lastLine } from './builder.ts'
import type { Docker } from './docker.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * What a client with a configuration of our own needs in its environment to reach the engine that the user's configuration
 * names. A context is handed over as a whole, with its keys for TLS; without one, docker looks for these in the folder of the
 * configuration.
 *
 * @param place.config the folder of our configuration
 * @param place.scratch a folder for the export, which whoever made it removes
 * @throws ActionError ASTRO-IMAGE-NO-DOCKER when the context cannot be handed over
 */
export async function engineOfContext(
  docker: Docker,
  env: Environment,
  place: { readonly config: string; readonly scratch: string },
): Promise<Record<string, string>> {
  const certificates = defaultCertificates(env)
  if (env.DOCKER_HOST) return certificates
  const { exitCode, stdout } = await docker([
    'context',
    'inspect',
    '--format',
    '{{.Name}} {{.Endpoints.docker.Host}}',
  ])
  const [name = '', host = ''] = exitCode === 0 ? stdout.trim().split(' ') : []
  if (name === '' || name === 'default')
    return host === '' ? certificates : { DOCKER_HOST: host, ...certificates }

  const file = path.join(place.scratch, 'context.tar')
  const steps = [
    ['context', 'export', name, file],
    ['--config', place.config, 'context', 'import', name, file],
  ]
  for (const step of steps) {
    const result = await docker(step)
    if (result.exitCode !== 0) throw notHandedOver(name, lastLine(result.stderr))
  }
  return { DOCKER_CONTEXT: name }
}

/** Where docker looks for keys when the environment asks for TLS and names no place. */
function defaultCertificates(env: Environment): Record<string, string> {
  if (env.DOCKER_CERT_PATH || !(env.DOCKER_TLS_VERIFY || env.DOCKER_TLS)) return {}
  const home = env.HOME ?? env.USERPROFILE
  const folder = env.DOCKER_CONFIG ?? (home === undefined ? undefined : path.join(home, '.docker'))
  return folder === undefined ? {} : { DOCKER_CERT_PATH: folder }
}

function notHandedOver(name: string, observed: string): ActionError {
  return new ActionError({
    code: 'ASTRO-IMAGE-NO-DOCKER',
    problem: `Could not use the Docker context ${name} to push the image.`,
    observed,
    likelyCause: 'The files of the context are incomplete, or not readable for the user of the runner.',
    fix: `Run \`docker context export ${name}\` on the runner to see the reason, or give the step DOCKER_HOST (and DOCKER_CERT_PATH) by \`env:\`.`,
  })
}
