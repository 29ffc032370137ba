import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Docker, DockerOptions } from '../../src/image/docker.ts'
import { createDocker } from '../../src/image/docker.ts'
import { createPrograms } from '../../src/program.ts'
import { failureOf } from '../make/failure.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'client-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A shell script in place of the docker client. */
async function client(script: string, env: Record<string, string> = {}) {
  await writeFile(path.join(folder, 'docker'), `#!/bin/sh\n${script}\n`)
  await chmod(path.join(folder, 'docker'), 0o755)
  const run = new AbortController()
  const docker = createDocker(createPrograms(run.signal).run, {
    ...env,
    PATH: `${folder}:${process.env.PATH ?? ''}`,
  })
  return { docker, cancel: () => run.abort(new Error('cancelled')) }
}

/** Runs the client and cancels when it says that it is ready; gives all that it said. */
async function cancelled(
  { docker, cancel }: { docker: Docker; cancel: () => void },
  whenCancelled?: DockerOptions['whenCancelled'],
): Promise<string[]> {
  const lines: string[] = []
  const running = docker(['start'], {
    onLine(line) {
      lines.push(line)
      if (line.startsWith('ready')) cancel()
    },
    ...(whenCancelled && { whenCancelled }),
  })
  await expect(running).rejects.toThrow('cancelled')
  return lines
}

const isAlive = (pid: string): boolean => {
  try {
    return process.kill(Number(pid), 0)
  } catch {
    return false
  }
}

test('a client gets the environment of the step without its inputs', async () => {
  const { docker } = await client('env', { 'INPUT_KEY-SECRET': 's', INPUT_DOMAIN: 'd', OTHER: 'o' })
  const { stdout } = await docker([], { env: { MORE: 'm' } })
  expect(stdout).toContain('OTHER=o\n')
  expect(stdout).toContain('MORE=m\n')
  expect(stdout).not.toContain('INPUT_')
})

test('without a docker, the error says what needs one and what does not', async () => {
  const docker = createDocker(createPrograms(new AbortController().signal).run, { PATH: folder })
  const { code, message } = await failureOf(() => docker(['version']))
  expect(code).toBe('ASTRO-IMAGE-NO-DOCKER')
  for (const word of ['`image-name`', '`parse`', '`pytest`', '`deploy-type: dags-only`']) {
    expect(message).toContain(word)
  }
})

if (process.platform !== 'win32') {
  test('a client that is cancelled is interrupted', async () => {
    const at = path.join(folder, 'said')
    await cancelled(
      await client(`trap 'echo interrupted >"${at}"; exit 1' INT\necho ready\nwhile :; do sleep 0.1; done`),
    )
    expect(await readFile(at, 'utf8')).toBe('interrupted\n')
  })

  test.each([undefined, 'kill', 'finish'] as const)(
    'a client that ignores interrupts ends, with what it started (%s)',
    async (whenCancelled) => {
      const script = `trap '' INT\nsleep 600 &\necho "$! $$"\necho ready\nwait`
      const lines = await cancelled(await client(script), whenCancelled)
      for (const pid of (lines[0] ?? '').split(' ')) {
        while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    30_000,
  )

  test('a client that may finish is not interrupted', async () => {
    const at = path.join(folder, 'said')
    await cancelled(await client(`trap 'exit 1' INT\necho ready\nsleep 0.2\necho done >"${at}"`), 'finish')
    expect(await readFile(at, 'utf8')).toBe('done\n')
  })
}

test('after a cancellation only what tidies up runs', async () => {
  const { docker, cancel } = await client('echo "$1"')
  cancel()
  await expect(docker(['build'])).rejects.toThrow('cancelled')
  expect(await docker(['rm'], { whenCancelled: 'run' })).toMatchObject({ exitCode: 0, stdout: 'rm\n' })
})

test('an engine that does not answer is told, and has a limit for what says nothing as it goes', async () => {
  const limits: (number | undefined)[] = []
  const docker = createDocker((_, __, { limitMs }) => {
    limits.push(limitMs)
    return Promise.resolve({ kind: 'timed-out' })
  }, {})
  const error = await failureOf(() => docker(['version']))
  expect([error.code, error.observed]).toEqual([
    'ASTRO-IMAGE-NO-DOCKER',
    'The docker client did not end within 5 minutes.',
  ])
  await docker(['build'], { onLine: () => undefined }).catch(() => undefined)
  expect(limits).toEqual([300_000, undefined])
})
