import { Worker } from 'node:worker_threads'
import type { StartThread } from './engine.ts'

/** What the files' text and results may take; the linter's own memory is not of it. */
const LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 4, stackSizeMb: 4 }

/**
 * Starts threads of a program, which is told in its `workerData` what to read. They see no environment, and what the linter
 * prints when it breaks goes nowhere.
 */
export function createThreads(program: URL): StartThread {
  return (task) => {
    const options = {
      workerData: task,
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: LIMITS,
    }
    const thread = new Worker(program, options)
    thread.unref()
    return thread
  }
}
