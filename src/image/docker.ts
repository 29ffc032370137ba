import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { ActionError, describeError } from '../errors.ts'

export type DockerOptions = {
  /** Goes to standard input, which then ends. */
  readonly input?: string
  /** On top of the step's own environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Takes each line of either output as it comes, without its end. */
  readonly onLine?: (line: string) => void
  /** For tidying up: runs although the run was cancelled. */
  readonly whenCancelled?: boolean
}

export type DockerResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/**
 * Runs the docker client with these arguments, without a shell; resolves whatever its exit code is.
 *
 * @throws ActionError ASTRO-IMAGE-NO-DOCKER when there is none; the signal's reason when the run was cancelled
 */
export type Docker = (args: readonly string[], options?: DockerOptions) => Promise<DockerResult>

/** The docker on the PATH. When the signal aborts, a client that runs is interrupted. */
export function createDocker(env: Readonly<Record<string, string | undefined>>, signal: AbortSignal): Docker {
  return (args, options = {}) =>
    new Promise((resolve, reject) => {
      if (!options.whenCancelled) signal.throwIfAborted()
      const child = spawn('docker', [...args], {
        env: { ...env, ...options.env },
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        stdio: ['pipe', 'pipe', 'pipe'],
        windowsHide: true,
      })
      const interrupt = (): void => void child.kill('SIGINT')
      if (!options.whenCancelled) signal.addEventListener('abort', interrupt, { once: true })

      const collected = { stdout: '', stderr: '' }
      for (const name of ['stdout', 'stderr'] as const) {
        const lines = new PassThrough()
        child[name].setEncoding('utf8').on('data', (text: string) => (collected[name] += text))
        if (options.onLine) createInterface({ input: child[name].pipe(lines) }).on('line', options.onLine)
      }
      child.stdin.on('error', () => undefined)
      child.stdin.end(options.input ?? '')
      child.once('error', (error) => {
        signal.removeEventListener('abort', interrupt)
        reject(noDocker(describeError(error)))
      })
      child.once('close', (exitCode) => {
        signal.removeEventListener('abort', interrupt)
        if (signal.aborted && !options.whenCancelled) reject(signal.reason as Error)
        else resolve({ exitCode: exitCode ?? -1, ...collected })
      })
    })
}

/** What an image deploy needs is not there. */
export function noDocker(observed: string): ActionError {
  return new ActionError({
    code: 'ASTRO-IMAGE-NO-DOCKER',
    problem: 'This deploy ships an image, and there is no Docker that could build and push it.',
    observed,
    likelyCause:
      'The job runs on a runner without Docker (as macOS and most container jobs do), or its engine is not running.',
    fix: 'Run the job on a runner with Docker, such as ubuntu-latest. `deploy-type: dags-only` needs no Docker.',
  })
}
