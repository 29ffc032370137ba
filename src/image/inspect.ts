import { ActionError } from '../errors.ts'
import { lastLine } from './builder.ts'
import type { Docker } from './docker.ts'

export type LocalImage = {
  /** Of its configuration: `sha256:…`. */
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
  readonly platform: string
}

type Inspected = {
  Id: string
  Os: string
  Architecture: string
  Config?: { Labels?: Record<string, string> | null }
}

/**
 * Reads an image of the local engine.
 *
 * @throws ActionError ASTRO-IMAGE-NOT-FOUND, ASTRO-IMAGE-PLATFORM when it is not for linux/amd64
 */
export async function inspectImage(docker: Docker, name: string): Promise<LocalImage> {
  const { exitCode, stdout, stderr } = await docker(['image', 'inspect', '--format', '{{json .}}', name])
  if (exitCode !== 0) {
    throw new ActionError({
      code: 'ASTRO-IMAGE-NOT-FOUND',
      problem: `The image ${name} is not on this machine.`,
      observed: lastLine(stderr),
      likelyCause:
        'It has another name or tag, was built in another job, or was pushed but not kept (buildx needs `--load`).',
      fix: 'Build it (or `docker pull` it) in a step of this job, and pass that very name as `image-name`.',
    })
  }
  const { Id, Os, Architecture, Config } = JSON.parse(stdout) as Inspected
  const platform = `${Os}/${Architecture}`
  if (platform !== 'linux/amd64') {
    throw new ActionError({
      code: 'ASTRO-IMAGE-PLATFORM',
      problem: `The image ${name} is for another platform than Astro's.`,
      observed: `It is for ${platform}; Astro runs linux/amd64.`,
      fix: 'Build it with `--platform linux/amd64`.',
    })
  }
  return { id: Id, labels: Config?.Labels ?? {}, platform }
}
