import { ActionError } from '../errors.ts'
import type { ProgramOptions, RunProgram } from '../program.ts'

export type DockerOptions = Pick<ProgramOptions, 'cwd' | 'input' | 'onLine' | 'whenCancelled'> & {
  /** On top of the step's own environment. */
  readonly env?: Readonly<Record<string, string>>
}

export type DockerResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/**
 * Runs the docker client with these arguments; resolves whatever its exit code is.
 *
 * @throws ActionError ASTRO-IMAGE-NO-DOCKER when there is none; the signal's reason when the run was cancelled
 */
export type Docker = (args: readonly string[], options?: DockerOptions) => Promise<DockerResult>

/** For what says nothing as it goes, such as an inspection: an engine that does not answer must not hold up a deploy. */
const LONGEST_SILENT_MS = 300_000

/**
 * The docker on the PATH. It gets the step's environment without the step's inputs, which its plugins and credential helpers
 * have no business with.
 */
export function createDocker(run: RunProgram, env: Readonly<Record<string, string | undefined>>): Docker {
  const clientEnv = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('INPUT_')))
  return async (args, options = {}) => {
    const result = await run('docker', args, {
      ...options,
      ...(options.onLine ? {} : { limitMs: LONGEST_SILENT_MS }),
      env: { ...clientEnv, ...options.env },
    })
    if (result.kind === 'ended') return result
    if (result.kind === 'not-started') throw noDocker(result.observed)
    throw noDocker(`The docker client did not end within ${LONGEST_SILENT_MS / 60_000} minutes.`)
  }
}

/** Something that needs Docker, and there is none. */
export function noDocker(observed: string): ActionError {
  return new ActionError({
    code: 'ASTRO-IMAGE-NO-DOCKER',
    problem: 'This deploy needs Docker, and there is none that answers.',
    observed,
    likelyCause:
      'The job runs on a runner without Docker (as macOS and most container jobs do), or its engine is not running.',
    fix: 'Run the job on a runner with Docker, such as ubuntu-latest. Images are built and pushed with it, also the one that `image-name` names, and `parse` and `pytest` run in it. `deploy-type: dags-only` without `parse` and `pytest` needs no Docker.',
  })
}
