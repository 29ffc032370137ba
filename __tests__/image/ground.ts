import { execFile, execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals'
import { brokenRules } from '../bundle/rules.ts'
import type { Step, StepResult } from '../bundle/run-step.ts'
import { runStep } from '../bundle/run-step.ts'
import type { LocalAstro, LocalAstroOptions } from '../local-astro/start.ts'
import { holdAzurite, startLocalAstro } from '../local-astro/start.ts'
import type { TestRepository } from '../make/repository.ts'
import { makeRepository } from '../make/repository.ts'

export const BUILDERS = ['buildx', 'plain BuildKit'] as const
export type BuilderName = (typeof BUILDERS)[number]

export type ImageGround = {
  astro: LocalAstro
  repository: TestRepository
  /** Another local Astro in place of the one at hand. */
  restart(options: LocalAstroOptions): Promise<void>
  /** The docker client that the step uses. */
  docker(...args: string[]): string
  /** Commits all files and runs the step on that commit; fails the test when it broke a rule that holds for all steps. */
  deploy(
    inputs?: Readonly<Record<string, string>>,
    given?: Partial<Omit<Step, 'inputs' | 'workspace'>> & { readonly secrets?: readonly string[] },
  ): Promise<StepResult>
  /** Arguments of every docker command of the last step, one command a line. */
  commands(): Promise<string>
  /** Files of a pushed image, by path. */
  filesOf(image: string): Promise<string[]>
}

export const PROJECT: Readonly<Record<string, string>> = {
  Dockerfile: 'FROM local/runtime:3.1-2\nCOPY . /usr/local/airflow/\n',
  '.dockerignore': '.git\ndags/\n',
  'dags/example.py': 'from airflow.sdk import dag\n',
  'include/größe.sql': 'select 1\n',
}

/** A ground for each test of the file: a local Astro with a real registry, and a repository with an Astro project. */
export function useImageGround(builder: BuilderName, options: LocalAstroOptions = {}): ImageGround {
  const name = builder === 'buildx' ? 'IMAGE_SUITE_BUILDX' : 'IMAGE_SUITE_PLAIN'
  const environment = JSON.parse(process.env[name] ?? '{}') as Record<string, string>
  const env = { ...process.env, ...environment }
  const settings = { registry: true, rolloutMs: 1_600, ...options }
  const ground = {} as ImageGround
  let release: () => Promise<void>
  let shim: string
  const docker = (...args: string[]): string => execFileSync('docker', args, { env, encoding: 'utf8' }).trim()
  const stop = async (): Promise<void> => {
    await ground.astro.stop()
    expect(ground.astro.violations).toEqual([])
  }
  /** Containers, and images by name: nothing that a step makes stays. */
  const made = (): string[] => [
    ...docker('container', 'ls', '--all', '--format', '{{.Names}}').split('\n'),
    ...docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}').split('\n').toSorted(),
  ]

  Object.assign(ground, {
    docker,
    async restart(other) {
      await stop()
      ground.astro = await startLocalAstro({ ...settings, ...other })
    },
    async deploy(inputs = {}, { secrets = [], env: given = {}, ...step } = {}) {
      const { astro, repository } = ground
      const sha = await repository.commit()
      await rm(path.join(shim, 'commands'), { force: true })
      const before = made()
      const config = await readFile(path.join(environment.DOCKER_CONFIG ?? '', 'config.json'), 'utf8').catch(
        () => 'none',
      )
      const result = await runStep({
        workspace: repository.folder,
        inputs: {
          domain: astro.origin,
          // The local Airflow parses no image; what it says is shown elsewhere.
          verify: 'false',
          'key-id': astro.keyId,
          'key-secret': astro.keySecret,
          'deployment-id': astro.deploymentId,
          ...inputs,
        },
        env: { ...environment, PATH: `${shim}:${environment.PATH ?? ''}`, GITHUB_SHA: sha, ...given },
        ...step,
      })
      const annotated = result.errors.length > 1 && result.exitCode === 1 ? ['errors in place of one'] : []
      const broken = brokenRules(result, [...astro.secrets, ...secrets])
      expect(broken.filter((rule) => !annotated.some((allowed) => rule.includes(allowed)))).toEqual([])
      expect(made()).toEqual(before)
      expect(
        await readFile(path.join(environment.DOCKER_CONFIG ?? '', 'config.json'), 'utf8').catch(() => 'none'),
      ).toBe(config)
      const commands = await ground.commands()
      for (const secret of [...astro.secrets, ...secrets]) expect(commands).not.toContain(secret)
      return result
    },
    commands: () => readFile(path.join(shim, 'commands'), 'utf8').catch(() => ''),
    /** The registry is served by this very process, so nothing here may block it. */
    async filesOf(image) {
      const config = await mkdtemp(path.join(tmpdir(), 'docker-config-'))
      const host = image.split('/')[0] ?? ''
      const auth = Buffer.from(`cli:${ground.astro.tokens.workspace}`).toString('base64')
      await writeFile(path.join(config, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
      const run = promisify(execFile)
      try {
        await run('docker', ['--config', config, 'pull', '--quiet', image], { env })
        const container = docker('create', image, 'nothing')
        const tar = path.join(config, 'image.tar')
        docker('export', '--output', tar, container)
        docker('rm', container)
        docker('rmi', image)
        const { stdout } = await run('tar', ['--list', '--quoting-style=literal', '--file', tar], {
          maxBuffer: 2 ** 28,
        })
        return stdout.split('\n').filter((line) => line !== '' && !line.endsWith('/'))
      } finally {
        await rm(config, { recursive: true, force: true })
      }
    },
  } satisfies Partial<ImageGround>)

  beforeAll(async () => {
    release = await holdAzurite()
    shim = await mkdtemp(path.join(tmpdir(), 'shim-'))
    await mkdir(shim, { recursive: true })
    const real = execFileSync('sh', ['-c', 'command -v docker'], { env, encoding: 'utf8' }).trim()
    const script = `#!/bin/sh\nprintf '%s\\n' "$*" >>"${path.join(shim, 'commands')}"\nexec ${real} "$@"\n`
    await writeFile(path.join(shim, 'docker'), script)
    await chmod(path.join(shim, 'docker'), 0o755)
  })
  afterAll(async () => {
    await release()
    await rm(shim, { recursive: true, force: true })
  })
  beforeEach(async () => {
    ground.repository = await makeRepository()
    await ground.repository.write(PROJECT)
    ground.astro = await startLocalAstro(settings)
  })
  afterEach(async () => {
    await ground.repository.remove()
    await stop()
  })
  return ground
}
