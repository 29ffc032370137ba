import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { describeError } from './errors.ts'

export type ProgramOptions = {
  /** All that it has in its environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Goes to standard input, which then ends. */
  readonly input?: string
  /** Takes each line of either output as it comes, without its end. */
  readonly onLine?: (line: string) => void
  /** Milliseconds after which it is killed; by default it may take as long as it likes. */
  readonly limitMs?: number
  /** What becomes of the program when the run is cancelled; without it, it is interrupted. */
  readonly whenCancelled?: WhenCancelled
}

/**
 * - `run`: for tidying up: it runs, also when the run was cancelled before.
 * - `finish`: it may end by itself within the grace period, so that it does not leave half a thing behind.
 * - `kill`: it would hand an interrupt on instead of ending, or does not need to end well.
 */
export type WhenCancelled = 'run' | 'finish' | 'kill'

export type ProgramResult =
  | {
      readonly kind: 'ended'
      /** -1 when a signal ended it. */
      readonly exitCode: number
      readonly stdout: string
      readonly stderr: string
    }
  | { readonly kind: 'not-started'; readonly observed: string }
  | { readonly kind: 'timed-out' }

/** Runs a program without a shell. Rejects with the signal's reason when the run is cancelled, and with nothing else. */
export type RunProgram = (
  command: string,
  args: readonly string[],
  options: ProgramOptions,
) => Promise<ProgramResult>

export type Programs = {
  readonly run: RunProgram
  /** Kills every program that still runs. */
  readonly killAll: () => void
}

/** How long an interrupted program may take to end. A runner that cancels kills after ten seconds. */
const GRACE_MS = 1_000
const CAN_LEAD_A_GROUP = process.platform !== 'win32'

/**
 * Runs programs and keeps track of them, so that each has an end: its own, its limit, the run's cancellation, or `killAll`. A
 * program leads a process group and ends with all that it started.
 */
export function createPrograms(signal: AbortSignal): Programs {
  const running = new Set<ChildProcess>()

  const run: RunProgram = (command, args, options) =>
    new Promise((resolve, reject) => {
      const isCancellable = options.whenCancelled !== 'run'
      if (isCancellable) signal.throwIfAborted()
      const started = start(command, args, options)
      if ('observed' in started) {
        resolve({ kind: 'not-started', ...started })
        return
      }
      const child = started
      running.add(child)
      const output = collect(child, options.onLine)
      child.stdin.on('error', () => undefined)
      child.stdin.end(options.input ?? '')

      let killing: NodeJS.Timeout | undefined
      const cancel = (): void => {
        if (options.whenCancelled === 'kill') end(child, 'SIGKILL')
        else if (options.whenCancelled !== 'finish') end(child, 'SIGINT')
        killing = setTimeout(() => end(child, 'SIGKILL'), GRACE_MS)
      }
      if (isCancellable) signal.addEventListener('abort', cancel, { once: true })
      const limit =
        options.limitMs === undefined
          ? undefined
          : setTimeout(() => {
              end(child, 'SIGKILL')
              settle(() => resolve({ kind: 'timed-out' }))
            }, options.limitMs)

      /** Whatever else still holds the outputs of the program is not waited for. */
      function settle(how: () => void): void {
        signal.removeEventListener('abort', cancel)
        clearTimeout(limit)
        clearTimeout(killing)
        running.delete(child)
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
        how()
      }
      const isCancelled = (): boolean => signal.aborted && isCancellable

      child.once('error', (error) =>
        settle(() => resolve({ kind: 'not-started', observed: describeError(error) })),
      )
      child.once('exit', () => {
        if (!isCancelled()) return
        end(child, 'SIGKILL')
        settle(() => reject(signal.reason as Error))
      })
      child.once('close', (exitCode) => {
        if (isCancelled()) settle(() => reject(signal.reason as Error))
        else settle(() => resolve({ kind: 'ended', exitCode: exitCode ?? -1, ...output }))
      })
    })

  return {
    run,
    killAll() {
      for (const child of running) end(child, 'SIGKILL')
    },
  }
}

/** Node throws some of the system's refusals (a folder that is a file, too long a command line) and emits the others. */
function start(command: string, args: readonly string[], { env, cwd }: ProgramOptions) {
  try {
    return spawn(command, [...args], {
      env,
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: CAN_LEAD_A_GROUP,
      windowsHide: true,
    })
  } catch (error) {
    return { observed: describeError(error) }
  }
}

function collect(
  child: ChildProcess,
  onLine: ((line: string) => void) | undefined,
): { stdout: string; stderr: string } {
  const collected = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => (collected[name] += text))
    if (onLine && child[name]) {
      createInterface({ input: child[name].pipe(new PassThrough()) }).on('line', onLine)
    }
  }
  return collected
}

/** Signals the program and all that it started. */
function end(child: ChildProcess, signal: 'SIGINT' | 'SIGKILL'): void {
  if (child.pid === undefined) return
  try {
    if (CAN_LEAD_A_GROUP) process.kill(-child.pid, signal)
    else child.kill(signal)
  } catch {
    // It has ended by itself.
  }
}
