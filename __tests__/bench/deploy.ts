import * as path from 'node:path'
import { runStep } from '../bundle/run-step.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import type { LocalAstro } from '../local-astro/start.ts'
import type { Measurement } from './measurement.ts'
import { median } from './measurement.ts'

const EXAMPLE = path.resolve(import.meta.dirname, '../../example')
const RUNS = 5
const LATENCY_MS = 100
const MOST_ROUND_TRIPS = 7
const MOST_TIMES_THE_REQUESTS = 1.3
const MOST_NOTICE_MS = 1_000
const ROLLOUT_MS = 2_500

/** A DAG deploy with a key pair, up to the finalize: how many round trips depend on each other, and what is spent beside. */
export async function measureDeploy(): Promise<readonly Measurement[]> {
  const quick = await timeDeploys(0)
  const slow = await timeDeploys(LATENCY_MS)
  const roundTrips = (slow.wallMs - quick.wallMs) / LATENCY_MS
  const ratio = slow.wallMs / slow.requestsMs
  return [
    {
      what: 'key pair to finalized, in dependent round trips',
      measured: roundTrips.toFixed(1),
      beside: `${LATENCY_MS} ms added to each answer`,
      budget: `at most ${MOST_ROUND_TRIPS}`,
      within: Math.round(roundTrips) <= MOST_ROUND_TRIPS,
    },
    {
      what: 'DAG deploy, instant platform, no waiting: the whole process',
      measured: `${slow.wallMs.toFixed(0)} ms`,
      beside: `its dependent requests: ${slow.requestsMs.toFixed(0)} ms`,
      ratio,
      budget: `at most ${MOST_TIMES_THE_REQUESTS}x`,
      within: ratio <= MOST_TIMES_THE_REQUESTS,
    },
  ]
}

/** How long after the rollout the step ends. */
export async function measureWaiting(): Promise<Measurement> {
  const delays: number[] = []
  for (let run = 0; run < RUNS; run++) {
    await withLocalAstro({ rolloutMs: ROLLOUT_MS + run * 97 }, async (astro) => {
      await deploy(astro, { wait: 'true' })
      const endedAt = Date.now()
      const finalize = astro.requests.find(({ path: requested }) => requested.endsWith('/finalize'))
      if (!finalize) throw new Error('the deploy was not finalized')
      delays.push(endedAt - (finalize.at + (finalize.durationMs ?? 0) + ROLLOUT_MS + run * 97))
    })
  }
  const worst = Math.max(...delays)
  return {
    what: 'from the end of the rollout to the end of the step, the longest of several',
    measured: `${worst.toFixed(0)} ms`,
    beside: `a rollout of ${ROLLOUT_MS / 1000} s`,
    budget: `at most ${MOST_NOTICE_MS} ms`,
    within: worst <= MOST_NOTICE_MS,
  }
}

async function timeDeploys(latencyMs: number): Promise<{ wallMs: number; requestsMs: number }> {
  const walls: number[] = []
  const requests: number[] = []
  await withLocalAstro({ latencyMs }, async (astro) => {
    await deploy(astro, { wait: 'false' })
    for (let run = 0; run < RUNS; run++) {
      astro.requests.length = 0
      const start = performance.now()
      await deploy(astro, { wait: 'false' })
      walls.push(performance.now() - start)
      const beside = astro.requests.filter(
        ({ method, path: requested }) => method === 'GET' && requested.endsWith('/deploys'),
      )
      requests.push(sum(astro.requests) - sum(beside))
    }
  })
  return { wallMs: median(walls), requestsMs: median(requests) }
}

const sum = (requests: readonly { readonly durationMs?: number }[]): number =>
  requests.reduce((total, { durationMs }) => total + (durationMs ?? 0), 0)

async function deploy(astro: LocalAstro, inputs: Record<string, string>): Promise<void> {
  const { exitCode, stdout } = await runStep({
    workspace: EXAMPLE,
    inputs: {
      'key-id': astro.keyId,
      'key-secret': astro.keySecret,
      'deployment-id': astro.deploymentId,
      'deploy-type': 'dags-only',
      domain: astro.origin,
      ...inputs,
    },
  })
  if (exitCode !== 0) throw new Error(`the deploy failed:\n${stdout}`)
}

async function withLocalAstro(
  options: Parameters<typeof startLocalAstro>[0],
  work: (astro: LocalAstro) => Promise<void>,
): Promise<void> {
  const astro = await startLocalAstro(options)
  try {
    await astro.ready()
    await work(astro)
  } finally {
    await astro.stop()
  }
}
