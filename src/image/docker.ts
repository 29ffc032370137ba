import type { ChildProcess } from 'node:child_process'
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
  /** What becomes of the client when the run is cancelled; without it, it is interrupted. */
  readonly whenCancelled?: WhenCancelled
}

/**
 * - `run`: for tidying up: it runs, also when the run was cancelled before.
 * - `finish`: it may end by itself, so that the engine does not make a thing that nobody knows of.
 * - `kill`: it hands an interrupt on to the container instead of ending.
 */
export type WhenCancelled = 'run' | 'finish' | 'kill'

export type DockerResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/**
 * Runs the docker client with these arguments, without a shell; resolves whatever its exit code is.
 *
 * @throws ActionError ASTRO-IMAGE-NO-DOCKER when there is none; the signal's reason when the run was cancelled
 */
export type Docker = (args: readonly string[], options?: DockerOptions) => Promise<DockerResult>

/** A runner that cancels kills after ten seconds, and what was made has to be removed in that time too. */
const GRACE_MS = 2_000
const CAN_LEAD_A_GROUP = process.platform !== 'win32'

/**
 * The docker on the PATH. It gets the step's environment without the step's inputs, which its plugins and credential helpers
 * have no business with. When the signal aborts, a client that runs is interrupted, and killed if it does not end soon.
 */
export function createDocker(env: Readonly<Record<string, string | undefined>>, signal: AbortSignal): Docker {
  const clientEnv = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('INPUT_')))
  return (args, options = {}) =>
    new Promise((resolve, reject) => {
      const isCancellable = options.whenCancelled !== 'run'
      if (isCancellable) signal.throwIfAborted()
      const child = spawn('docker', [...args], {
        env: { ...clientEnv, ...options.env },
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: CAN_LEAD_A_GROUP,
        windowsHide: true,
      })
      let killing: NodeJS.Timeout | undefined
      const cancel = (): void => {
        if (options.whenCancelled === 'kill') end(child, 'SIGKILL')
        else if (options.whenCancelled !== 'finish') end(child, 'SIGINT')
        killing = setTimeout(end, GRACE_MS, child, 'SIGKILL')
      }
      if (isCancellable) signal.addEventListener('abort', cancel, { once: true })
      const settle = (): void => {
        signal.removeEventListener('abort', cancel)
        clearTimeout(killing)
      }

      const collected = { stdout: '', stderr: '' }
      for (const name of ['stdout', 'stderr'] as const) {
        const lines = new PassThrough()
        child[name].setEncoding('utf8').on('data', (text: string) => (collected[name] += text))
        if (options.onLine) createInterface({ input: child[name].pipe(lines) }).on('line', options.onLine)
      }
      child.stdin.on('error', () => undefined)
      child.stdin.end(options.input ?? '')
      child.once('error', (error) => {
        settle()
        reject(noDocker(describeError(error)))
      })
      // Whatever else still holds the outputs of a cancelled client is not waited for.
      child.once('exit', () => {
        if (!isCancellable || !signal.aborted) return
        settle()
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
        reject(signal.reason as Error)
      })
      child.once('close', (exitCode) => {
        settle()
        if (signal.aborted && isCancellable) reject(signal.reason as Error)
        else resolve({ exitCode: exitCode ?? -1, ...collected })
      })
    })
}

/** Signals the client and its plugins, which are in one group. */
function end(child: ChildProcess, signal: 'SIGINT' | 'SIGKILL'): void {
  if (child.pid === undefined) return
  try {
    if (CAN_LEAD_A_GROUP) process.kill(-child.pid, signal)
    else child.kill(signal)
  } catch {
    // It has ended by itself.
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
