import { existsSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import type { ProgramOptions } from '../src/program.ts'
import { createPrograms } from '../src/program.ts'
import { makeFolder } from './make/folder.ts'

const env = { PATH: process.env.PATH }

function shell(script: string, options: Partial<ProgramOptions> = {}, signal = new AbortController().signal) {
  return createPrograms(signal).run('sh', ['-c', script], { env, ...options })
}

test('what a program says, and how it ends', async () => {
  const lines: string[] = []
  const result = await shell('cat; echo two >&2; exit 3', {
    input: 'one\n',
    onLine: (line) => lines.push(line),
  })
  expect(result).toEqual({ kind: 'ended', exitCode: 3, stdout: 'one\n', stderr: 'two\n' })
  expect(lines.toSorted()).toEqual(['one', 'two'])
})

test('a program that is not there, a folder that is a file and a command line that is too long are told alike', async () => {
  const { run } = createPrograms(new AbortController().signal)
  const folder = makeFolder({ 'a-file': '' })
  const cwd = path.join(folder, 'a-file')
  const results = [
    await run('no-such-program', [], { env }),
    await run('sh', ['-c', 'true'], { env, cwd }),
    await run('sh', ['x'.repeat(10_000_000)], { env }),
  ]
  expect(results.map(({ kind }) => kind)).toEqual(['not-started', 'not-started', 'not-started'])
})

test('at its limit, it is killed with all that it started', async () => {
  const folder = makeFolder({})
  const script = `(sleep 1; touch '${folder}/late') & sleep 60`
  expect(await shell(script, { limitMs: 100 })).toEqual({ kind: 'timed-out' })
  await sleep(1_200)
  expect(existsSync(path.join(folder, 'late'))).toBe(false)
})

describe('when the run is cancelled', () => {
  const readyThen = async (script: string, whenCancelled: ProgramOptions['whenCancelled']) => {
    const cancelling = new AbortController()
    const startedAt = performance.now()
    const onLine = (line: string): void => {
      if (line === 'ready') cancelling.abort(new Error('cancelled'))
    }
    const options = { onLine, ...(whenCancelled ? { whenCancelled } : {}) }
    const running = shell(`${script}\necho ready\nsleep 60`, options, cancelling.signal)
    const end = await running.then(
      ({ kind }) => kind,
      (error: unknown) => (error as Error).message,
    )
    return { end, ms: performance.now() - startedAt }
  }

  test.each([
    ['interrupted', undefined, 'true', 900],
    ['interrupted, and killed when it does not care', undefined, "trap '' INT", 3_000],
    ['killed', 'kill', "trap '' INT", 900],
  ] as const)('it is %s', async (_, whenCancelled, script, mostMs) => {
    const { end, ms } = await readyThen(script, whenCancelled)
    expect(end).toBe('cancelled')
    expect(ms).toBeLessThan(mostMs + 2_000)
  })

  test('what tidies up runs all the same', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'))
    const folder = makeFolder({})
    writeFileSync(path.join(folder, 'left'), '')
    const result = await shell(`rm '${folder}/left'`, { whenCancelled: 'run' }, signal)
    expect(result).toMatchObject({ kind: 'ended', exitCode: 0 })
    await expect(shell('true', {}, signal)).rejects.toThrow('cancelled')
  })
})

test('nothing runs on once all are killed', async () => {
  const programs = createPrograms(new AbortController().signal)
  const running = programs.run('sh', ['-c', 'echo ready; sleep 60'], {
    env,
    onLine: () => programs.killAll(),
  })
  expect(await running).toMatchObject({ kind: 'ended', exitCode: -1 })
})
