import { readFile, writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import { ActionError, describeError } from '../errors.ts'
import type { BuildArg, BuildSecret } from '../inputs/build.ts'
import { withoutCredentialFiles } from '../project/left-behind.ts'
import { passArg } from './build-arg.ts'
import { passSecret } from './build-secret.ts'
import type { Builder } from './builder.ts'
import type { Docker } from './docker.ts'
import { ignoreFileFor, readDockerfile } from './dockerfile.ts'

export type BuildDependencies = {
  readonly docker: Docker
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: { readonly info: (line: string) => void }
  /** Hides a value from every log from now on. */
  readonly hide: (value: string) => void
}

export type BuildRequest = {
  readonly builder: Builder
  /** The project, absolute: the build context. Nothing is written there. */
  readonly folder: string
  /** An empty folder for generated files. */
  readonly scratch: string
  /** What the image is called locally. */
  readonly tag: string
  readonly dagsPath: string
  /** Whether the image has to bring the DAGs. */
  readonly dagsInImage: boolean
  /** The project's ignore file, if any. */
  readonly dockerIgnore: string | undefined
  readonly args: readonly BuildArg[]
  readonly secrets: readonly BuildSecret[]
  readonly labels: Readonly<Record<string, string>>
}

/** How much of a failed build's output is repeated in the error. */
const LINES_SHOWN = 12

/**
 * Builds the project's image for linux/amd64. The Dockerfile is read from a copy outside of the project, because the ignore
 * file that BuildKit reads is the one beside it, and the project's own must not be touched.
 *
 * @throws ActionError ASTRO-IMAGE-NO-DOCKERFILE, ASTRO-IMAGE-BUILD-SECRET, ASTRO-IMAGE-BUILD
 */
export async function buildImage(deps: BuildDependencies, request: BuildRequest): Promise<void> {
  const dockerfile = await readProjectDockerfile(request.folder)
  const copy = path.join(request.scratch, 'Dockerfile')
  await writeFile(copy, dockerfile)
  const ignoreFile = ignoreFileFor(request.dockerIgnore, request.dagsPath, request.dagsInImage)
  await writeFile(`${copy}.dockerignore`, withoutCredentialFiles(ignoreFile))
  const where = { ...deps, folder: request.folder }
  const secrets = await Promise.all(request.secrets.map((secret, index) => passSecret(secret, index, where)))
  const args = request.args.map((arg) => passArg(arg, deps.env))

  const lines: string[] = []
  const result = await deps.docker(
    [
      ...(request.builder === 'buildx' ? ['buildx', 'build', '--load'] : ['build']),
      ...['--platform', 'linux/amd64', '--progress', 'plain', '--file', copy, '--tag', request.tag],
      ...(readDockerfile(dockerfile).pull ? ['--pull'] : []),
      ...Object.entries(request.labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
      ...args.flatMap(({ argument }) => ['--build-arg', argument]),
      ...secrets.flatMap(({ specification }) => ['--secret', specification]),
      request.folder,
    ],
    {
      cwd: request.folder,
      env: {
        DOCKER_BUILDKIT: '1',
        BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
        ...Object.fromEntries([...args, ...secrets].flatMap(({ variable }) => (variable ? [variable] : []))),
      },
      onLine(line) {
        lines.push(line)
        deps.log.info(line)
      },
    },
  )
  if (result.exitCode !== 0) throw buildFailed(result.exitCode, lines)
}

/** @throws ActionError ASTRO-IMAGE-NO-DOCKERFILE */
export async function readProjectDockerfile(folder: string): Promise<string> {
  try {
    return await readFile(path.join(folder, 'Dockerfile'), 'utf8')
  } catch (error) {
    throw new ActionError({
      code: 'ASTRO-IMAGE-NO-DOCKERFILE',
      problem: 'This deploy ships an image, and the project has no Dockerfile to build it from.',
      observed: `${path.join(folder, 'Dockerfile')}: ${describeError(error)}`,
      likelyCause: '`root-folder` does not name the Astro project, or the project has DAGs only.',
      fix: 'Correct `root-folder`, pass a prebuilt image as `image-name`, or use `deploy-type: dags-only`.',
    })
  }
}

function buildFailed(exitCode: number, lines: readonly string[]): ActionError {
  const said = lines.filter((line) => line.trim() !== '').slice(-LINES_SHOWN)
  return new ActionError({
    code: 'ASTRO-IMAGE-BUILD',
    problem: 'The image could not be built.',
    observed: `docker ended with exit code ${exitCode}:\n${said.join('\n')}`,
    ...(lines.some((line) => /exec format error/i.test(line)) && {
      likelyCause:
        'The runner has another processor (such as arm64) than the image, which is built for linux/amd64, and cannot emulate it.',
    }),
    fix: 'The whole output of the build is in the log above. `docker build .` in the project shows the same on your machine.',
  })
}
