import { readFile, stat, writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import { ActionError, describeError } from '../errors.ts'
import type { BuildArg, BuildSecret } from '../inputs/build.ts'
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
/** Variables that steer the docker client itself; a build argument of such a name cannot travel as one. */
const CLIENT_VARIABLE = /^(?:PATH|HOME|TMPDIR|XDG_\w+|SSH_\w+|(?:DOCKER|BUILDX|BUILDKIT|COMPOSE)_\w+)$/

/**
 * Builds the project's image for linux/amd64. The Dockerfile is read from a copy outside of the project, because the ignore
 * file that BuildKit reads is the one beside it, and the project's own must not be touched. Values of arguments and secrets
 * are passed in the environment or by file, where other users of the machine cannot read them.
 *
 * @throws ActionError ASTRO-IMAGE-NO-DOCKERFILE, ASTRO-IMAGE-BUILD-SECRET, ASTRO-IMAGE-BUILD
 */
export async function buildImage(deps: BuildDependencies, request: BuildRequest): Promise<void> {
  const dockerfile = await readProjectDockerfile(request.folder)
  const copy = path.join(request.scratch, 'Dockerfile')
  await writeFile(copy, dockerfile)
  await writeFile(
    `${copy}.dockerignore`,
    ignoreFileFor(request.dockerIgnore, request.dagsPath, request.dagsInImage),
  )
  const secrets = await Promise.all(request.secrets.map((secret) => readSecret(deps, request.folder, secret)))
  const args = request.args.map((arg) => buildArg(arg, deps.env))

  const lines: string[] = []
  const result = await deps.docker(
    [
      ...(request.builder === 'buildx' ? ['buildx', 'build', '--load'] : ['build']),
      ...['--platform', 'linux/amd64', '--progress', 'plain', '--file', copy, '--tag', request.tag],
      ...(readDockerfile(dockerfile).pull ? ['--pull'] : []),
      ...Object.entries(request.labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
      ...args.flatMap(({ argument }) => ['--build-arg', argument]),
      ...secrets.flatMap((specification) => ['--secret', specification]),
      request.folder,
    ],
    {
      cwd: request.folder,
      env: {
        DOCKER_BUILDKIT: '1',
        BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
        ...Object.fromEntries(args.flatMap(({ variable }) => (variable ? [variable] : []))),
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

type PassedArg = { readonly argument: string; readonly variable?: readonly [string, string] }

function buildArg({ name, value }: BuildArg, env: BuildDependencies['env']): PassedArg {
  if (value === undefined) return { argument: name }
  const taken = CLIENT_VARIABLE.test(name) || (env[name] !== undefined && env[name] !== value)
  return taken ? { argument: `${name}=${value}` } : { argument: name, variable: [name, value] }
}

/** The secret's place as docker takes it. Its value is read only to hide it, should the build print it. */
async function readSecret(
  { env, hide }: BuildDependencies,
  folder: string,
  secret: BuildSecret,
): Promise<string> {
  if ('env' in secret) {
    const value = env[secret.env]
    if (value === undefined) {
      throw secretMissing(secret.id, `The environment of the step has no variable ${secret.env}.`)
    }
    hide(value)
    return `id=${secret.id},env=${secret.env}`
  }
  const file = path.resolve(folder, secret.file)
  try {
    if (!(await stat(file)).isFile()) throw new Error('it is not a file')
    hide(await readFile(file, 'utf8'))
  } catch (error) {
    throw secretMissing(secret.id, `${file}: ${describeError(error)}`)
  }
  return `id=${secret.id},src=${file}`
}

function secretMissing(id: string, observed: string): ActionError {
  return new ActionError({
    code: 'ASTRO-IMAGE-BUILD-SECRET',
    problem: `The build secret ${id} is not there.`,
    observed,
    fix: 'Give the step the variable with `env:`, or write the file in a step before this one. File names are relative to the project.',
  })
}

function buildFailed(exitCode: number, lines: readonly string[]): ActionError {
  const said = lines.filter((line) => line.trim() !== '').slice(-LINES_SHOWN)
  return new ActionError({
    code: 'ASTRO-IMAGE-BUILD',
    problem: 'The image could not be built.',
    observed: `docker ended with exit code ${exitCode}:\n${said.join('\n')}`,
    fix: 'The whole output of the build is in the log above. `docker build .` in the project shows the same on your machine.',
  })
}
