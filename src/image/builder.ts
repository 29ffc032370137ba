import { ActionError } from '../errors.ts'
import type { Docker } from './docker.ts'
import { noDocker } from './docker.ts'

/** Which command builds: the buildx plugin, or the client's own with the engine's BuildKit. */
export type Builder = 'buildx' | 'buildkit'

/** From this major version on, the client builds with BuildKit through buildx only. */
const CLIENT_WITHOUT_BUILDKIT = 23

/**
 * Looks for an engine that answers and for a way to build with BuildKit.
 *
 * @throws ActionError ASTRO-IMAGE-NO-DOCKER, ASTRO-IMAGE-NO-BUILDKIT
 */
export async function findBuilder(docker: Docker): Promise<Builder> {
  const [client, buildx] = await Promise.all([requireEngine(docker), docker(['buildx', 'version'])])
  if (buildx.exitCode === 0) return 'buildx'
  if (Number.parseInt(client, 10) < CLIENT_WITHOUT_BUILDKIT) return 'buildkit'
  throw new ActionError({
    code: 'ASTRO-IMAGE-NO-BUILDKIT',
    problem: 'This Docker cannot build with BuildKit.',
    observed: `The client ${client} needs the plugin buildx for that, and \`docker buildx version\` failed: ${lastLine(buildx.stderr)}`,
    fix: 'Install buildx (Docker’s package docker-buildx-plugin), or build the image in an earlier step and pass `image-name`.',
  })
}

/**
 * Asks the engine whether it answers, which is all that a prebuilt image needs. Returns the version of the client.
 *
 * @throws ActionError ASTRO-IMAGE-NO-DOCKER
 */
export async function requireEngine(docker: Docker): Promise<string> {
  const version = await docker(['version', '--format', '{{.Client.Version}} {{.Server.Version}}'])
  if (version.exitCode !== 0) throw noDocker(lastLine(version.stderr))
  return version.stdout.trim().split(' ')[0] ?? ''
}

/** The last line that says something. */
export function lastLine(text: string): string {
  return (
    text
      .split('\n')
      .map((line) => line.trim())
      .findLast((line) => line !== '') ?? 'it said nothing'
  )
}
