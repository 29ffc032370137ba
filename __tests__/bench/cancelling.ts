import * as path from 'node:path'
import { runStep } from '../bundle/run-step.ts'
import type { Step } from '../local-astro/start.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import type { Measurement } from './measurement.ts'

const EXAMPLE = path.resolve(import.meta.dirname, '../../example')
const PHASES: readonly Step[] = [
  'auth-config',
  'deployment',
  'create-deploy',
  'upload',
  'finalize',
  'airflow',
]
const MOST_MS = 2_000

/** From the runner's signal to the last word of a step whose request is never answered, the longest of several phases. */
export async function measureCancelling(): Promise<Measurement> {
  const words: (readonly [phase: Step, ms: number])[] = []
  for (const phase of PHASES) words.push([phase, await timeLastWord(phase)])
  const [phase, worst] = words.reduce((a, b) => (b[1] > a[1] ? b : a))
  return {
    what: "from the runner's signal to the annotation of a cancelled step, the longest of several phases",
    measured: `${worst.toFixed(0)} ms`,
    beside: `at the step ${phase}, of ${PHASES.length}`,
    budget: `at most ${MOST_MS} ms`,
    within: worst <= MOST_MS,
  }
}

async function timeLastWord(phase: Step): Promise<number> {
  const astro = await startLocalAstro()
  try {
    await astro.ready()
    astro.faults.add({ step: phase, fault: 'hang' })
    let cancelledAt = NaN
    let lastWordAt: number | undefined
    await runStep({
      workspace: EXAMPLE,
      inputs: {
        'key-id': astro.keyId,
        'key-secret': astro.keySecret,
        'deployment-id': astro.deploymentId,
        domain: astro.origin,
      },
      onStart(kill) {
        const watching = setInterval(() => {
          if (!astro.requests.some(({ fault }) => fault !== undefined)) return
          clearInterval(watching)
          cancelledAt = performance.now()
          kill('SIGINT')
        }, 5)
      },
      onOutput(stdout) {
        if (stdout.includes('\n::error')) lastWordAt ??= performance.now()
      },
    })
    if (lastWordAt === undefined) throw new Error(`a step that was cancelled at ${phase} had no last word`)
    return lastWordAt - cancelledAt
  } finally {
    await astro.stop()
  }
}
