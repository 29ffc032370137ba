import { spawnSync } from 'node:child_process'

const COMMAND = process.platform === 'win32' ? 'python' : 'python3'

/** Runs a program in Python and gives what it printed, read as JSON. Throws what Python wrote when it failed. */
export function runPython(
  program: string,
  options: { args?: string[]; input?: Buffer; env?: NodeJS.ProcessEnv } = {},
): unknown {
  const { status, stdout, stderr, error } = spawnSync(COMMAND, ['-c', program, ...(options.args ?? [])], {
    input: options.input ?? Buffer.alloc(0),
    encoding: 'buffer',
    env: { ...process.env, PYTHONIOENCODING: 'utf-8', ...options.env },
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error) throw error
  if (status !== 0) throw new Error(stderr.toString())
  return JSON.parse(stdout.toString())
}
