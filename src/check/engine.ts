import type { FileResult, SourceFile } from './types.ts'
import type { WorkerMessage, WorkerTask } from './worker.ts'

/** A thread of its own, as far as it is used here. */
export type Thread = {
  on(event: 'message', listener: (message: WorkerMessage) => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  on(event: 'exit', listener: (code: number) => void): unknown
  terminate(): Promise<unknown>
  unref(): void
}

/** Starts the thread that `worker.ts` describes. */
export type StartThread = (task: WorkerTask) => Thread

/** Room for a machine that does much else at the same time; a thousand files take a second. */
const LIMIT_MS = 60_000
/** A file that ends the thread is passed over, and the rest gets a new one. */
const MOST_THREADS = 5

/**
 * What is in the files, in any order. Never rejects: a file that the linter cannot bear, or that it never comes back from, is
 * one that was skipped.
 */
export async function readFiles(
  startThread: StartThread,
  files: readonly SourceFile[],
  options: { readonly signal: AbortSignal; readonly limitMs?: number },
): Promise<readonly FileResult[]> {
  const results = new Map<string, FileResult>()
  const skip = (file: SourceFile | undefined, why: string): void => {
    if (file) results.set(file.path, { is: 'skipped', path: file.path, why })
  }
  const until = performance.now() + (options.limitMs ?? LIMIT_MS)
  let left = files
  let why = 'the linter ended before it'
  for (let threads = 0; threads < MOST_THREADS && left.length > 0 && !options.signal.aborted; threads++) {
    const end = await runThread(
      startThread,
      left,
      { ...options, limitMs: until - performance.now() },
      (result) => results.set(result.path, result),
    )
    if (end.at !== undefined) skip(left[end.at], `the linter ended at it (${end.why})`)
    left = left.filter(({ path }) => !results.has(path))
    why = end.why
    if (end.isFinal) break
  }
  for (const file of left) skip(file, why)
  return [...results.values()]
}

type End = {
  /** The file that it was at, when it did not end by itself. */
  readonly at: number | undefined
  readonly why: string
  readonly isFinal: boolean
}

function runThread(
  startThread: StartThread,
  files: readonly SourceFile[],
  { signal, limitMs }: { readonly signal: AbortSignal; readonly limitMs: number },
  onResult: (result: FileResult) => void,
): Promise<End> {
  return new Promise((resolve) => {
    const at = new SharedArrayBuffer(4)
    const current = new Int32Array(at)
    Atomics.store(current, 0, -1)
    let thread: Thread
    try {
      thread = startThread({ files, at })
    } catch (error) {
      resolve({ at: undefined, why: describe(error), isFinal: true })
      return
    }
    let isOver = false
    const over = (end: End): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      void thread.terminate().then(
        () => resolve(end),
        () => resolve(end),
      )
    }
    const died = (why: string): void => {
      const index = Atomics.load(current, 0)
      // One that ends before its first file would do so again.
      over({ at: index < 0 ? undefined : index, why, isFinal: index < 0 })
    }
    const onAbort = (): void => over({ at: undefined, why: 'the run was cancelled', isFinal: true })
    const timer = setTimeout(() => {
      const index = Atomics.load(current, 0)
      over({ at: index < 0 ? undefined : index, why: 'it took too long', isFinal: true })
    }, limitMs)
    timer.unref()
    signal.addEventListener('abort', onAbort, { once: true })
    thread.on('message', ({ results, state }) => {
      results.forEach(onResult)
      if (state !== 'goes-on')
        over({ at: undefined, why: 'the linter ended before it', isFinal: state === 'done' })
    })
    thread.on('error', (error) => died(describe(error)))
    thread.on('exit', (code) => died(`code ${code}`))
  })
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error))
