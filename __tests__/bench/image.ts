import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { runStep } from '../bundle/run-step.ts'
import { buildBuildx } from '../image/buildx.ts'
import { startEngine } from '../image/engine.ts'
import { holdAzurite, startLocalAstro } from '../local-astro/start.ts'
import { makeRepository } from '../make/repository.ts'
import type { Measurement } from './measurement.ts'
import { median } from './measurement.ts'

const RUNS = 5
const BUDGET_MS = 1_500
const LABEL = 'io.astronomer.docker.runtime.version=3.1-2'

/**
 * An `image-only` deploy that is not waited for, beside `docker buildx build` and `docker push` alone, in turns, each on a
 * tree that was never built before. Needs root, Docker's engine and docker-registry.
 */
export async function measureImage(): Promise<Measurement> {
  const engine = await startEngine(buildBuildx())
  const release = await holdAzurite()
  const astro = await startLocalAstro({ registry: true, rolloutMs: 0 })
  const repository = await makeRepository()
  const config = await mkdtemp(path.join(tmpdir(), 'bench-docker-'))
  try {
    const environment = engine.environment({ buildx: true })
    const env = { ...process.env, ...environment }
    const empty = execFileSync('tar', ['--create', '--file', '-', '--files-from', '/dev/null'])
    execFileSync('docker', ['import', '--change', `LABEL ${LABEL}`, '-', 'local/runtime:1'], {
      env,
      input: empty,
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    await repository.write({
      Dockerfile: 'FROM local/runtime:1\nCOPY . /project/\n',
      'dags/a.py': 'import airflow\n',
    })
    // The registry is served by this very process, so nothing here may block it.
    const docker = (...args: string[]): Promise<unknown> => promisify(execFile)('docker', args, { env })
    const { imageRepository } = astro.deployments.get(astro.deploymentId)
    const login = `printf %s "$TOKEN" | docker --config "$CONFIG" login --username cli --password-stdin "$HOST"`
    await promisify(execFile)('sh', ['-c', login], {
      env: { ...env, TOKEN: astro.tokens.deployment, CONFIG: config, HOST: imageRepository.split('/')[0] },
    })

    const alone = async (turn: number): Promise<void> => {
      const name = `${imageRepository}:alone-${turn}`
      await docker('buildx', 'build', '--load', '--platform', 'linux/amd64', '--tag', name, repository.folder)
      await docker('--config', config, 'push', name)
    }
    const ours = async (): Promise<void> => {
      const { exitCode, errors } = await runStep({
        workspace: repository.folder,
        inputs: {
          domain: astro.origin,
          'api-token': astro.tokens.deployment,
          'deployment-id': astro.deploymentId,
          'deploy-type': 'image-only',
          wait: 'false',
        },
        env: environment,
      })
      if (exitCode !== 0) throw new Error(errors.join('\n'))
    }
    const timed = async (name: string, work: () => Promise<void>): Promise<number> => {
      await repository.commit({ 'turn.txt': name })
      const startedAt = performance.now()
      await work()
      return performance.now() - startedAt
    }

    await timed('first', () => alone(-1))
    const pairs: { readonly alone: number; readonly ours: number }[] = []
    for (let turn = 0; turn < RUNS; turn++) {
      pairs.push({
        alone: await timed(`alone ${turn}`, () => alone(turn)),
        ours: await timed(`ours ${turn}`, ours),
      })
    }
    const [without, whole] = [median(pairs.map((pair) => pair.alone)), median(pairs.map((pair) => pair.ours))]
    return {
      what: 'image deploy over build and push alone',
      measured: `${Math.round(whole - without)} ms (${Math.round(whole)} ms in all)`,
      beside: `docker buildx build + docker push: ${Math.round(without)} ms`,
      budget: `at most ${BUDGET_MS} ms more`,
      within: whole - without <= BUDGET_MS,
    }
  } finally {
    await rm(config, { recursive: true, force: true })
    await repository.remove()
    await astro.stop()
    await release()
    await engine.stop()
  }
}
