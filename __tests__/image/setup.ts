import { execFileSync } from 'node:child_process'
import { buildAirflowBase } from './airflow-base.ts'
import { AIRFLOW_BASE, BASES, RUNTIME } from './bases.ts'
import { buildBuildx } from './buildx.ts'
import { missingForEngine, startEngine } from './engine.ts'
import type { Engine } from './engine.ts'

declare global {
  var imageSuiteEngine: Engine | undefined
}

/** Starts the engine for all test files of the suite, with base images in it. */
export default async function setup(): Promise<void> {
  const missing = missingForEngine()
  if (missing.length > 0) {
    throw new Error(
      `The image suite needs: ${missing.join(', ')}. Debian: apt-get install docker.io docker-registry iproute2 mmdebstrap, as root.`,
    )
  }
  const buildx = buildBuildx()
  const airflow = buildAirflowBase()
  const engine = await startEngine(buildx)
  globalThis.imageSuiteEngine = engine
  process.env.IMAGE_SUITE_PLAIN = JSON.stringify(engine.environment())
  process.env.IMAGE_SUITE_BUILDX = JSON.stringify(engine.environment({ buildx: true }))

  const env = { ...process.env, ...engine.environment() }
  const load = (tar: string | Buffer, name: string, changes: readonly string[]): void => {
    const args = ['import', ...changes.flatMap((change) => ['--change', change])]
    const input = typeof tar === 'string' ? [tar] : ['-']
    execFileSync('docker', [...args, ...input, name], {
      env,
      stdio: ['pipe', 'ignore', 'inherit'],
      ...(typeof tar === 'string' ? {} : { input: tar }),
    })
  }
  const empty = execFileSync('tar', ['--create', '--file', '-', '--files-from', '/dev/null'])
  for (const [name, version] of Object.entries(BASES)) {
    load(empty, name, version === undefined ? [] : [`LABEL ${RUNTIME}=${version}`])
  }
  load(airflow, AIRFLOW_BASE.name, AIRFLOW_BASE.changes)
}
