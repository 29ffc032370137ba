import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Transport } from '../../src/http/transport.ts'
import { findLeaks } from '../bundle/leaks.ts'
import type { LocalAstro } from '../local-astro/start.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import { makeFastClock } from '../make/fast-clock.ts'
import { makeFolder } from '../make/folder.ts'
import { remember } from './aftermath.ts'
import { expectEnding } from './ending.ts'
import type { AstroStep, FaultCase, FaultName } from './matrix.ts'
import { ASTRO_STEPS, expectedEnd, FAULTS, ruleOf } from './matrix.ts'
import { runFlow } from './run-flow.ts'

/** Waiting takes a hundredth of its time; what travels and computes takes as long as ever. */
const SPEED = 100
const PATIENCE_MS = 40

let astro: LocalAstro
const clock = makeFastClock(SPEED)

beforeAll(async () => {
  astro = await startLocalAstro({ now: clock.now, rolloutMs: 600 })
  await astro.ready()
})
afterAll(() => astro.stop())
afterEach(() => {
  jest.restoreAllMocks()
  astro.faults.clear()
  expect(astro.violations).toEqual([])
})

const REQUESTS: Record<Exclude<AstroStep, 'upload'>, readonly [method: string, path: RegExp]> = {
  'auth-config': ['GET', /auth-config$/],
  token: ['POST', /oauth\/token$/],
  organizations: ['GET', /organizations$/],
  'list-deployments': ['GET', /deployments$/],
  deployment: ['GET', /deployments\/\w+$/],
  poll: ['GET', /deployments\/\w+$/],
  'list-deploys': ['GET', /deploys$/],
  'create-deploy': ['POST', /deploys$/],
  finalize: ['POST', /finalize$/],
  'get-deploy': ['GET', /deploys\/\w+$/],
}

/**
 * Nobody waits half a minute for an answer that will not come: the time limit of the requests that hang is a short one, and
 * of no others, for a busy machine may take its time. A poll is what comes after the finalize.
 */
function impatient(step: AstroStep, send: Transport): Transport {
  let hanging = 1
  if (step === 'upload') {
    const timeout = AbortSignal.timeout.bind(AbortSignal)
    const limit = (ms: number): AbortSignal => timeout(hanging-- > 0 ? PATIENCE_MS : ms)
    jest.spyOn(AbortSignal, 'timeout').mockImplementation(limit)
    return send
  }
  const [method, path] = REQUESTS[step]
  let isAwake = step !== 'poll'
  return (wire) => {
    isAwake ||= wire.url.pathname.endsWith('/finalize')
    const isHanging = isAwake && wire.method === method && path.test(wire.url.pathname) && hanging-- > 0
    return send(isHanging ? { ...wire, timeoutMs: PATIENCE_MS } : wire)
  }
}

describe.each(ASTRO_STEPS)('at the step %s', (step) => {
  // What lasts for ever is tried through dist/, by the slow suite.
  test.each(Object.keys(FAULTS) as FaultName[])('the fault, once: %s', async (name) => {
    const { id: deploymentId } = astro.deployments.create()
    const { keyId, keySecret } = astro.keys.create(deploymentId)
    const [olderSecrets, olderRequests] = [astro.secrets.size - 2, astro.requests.length]
    const fault: FaultCase = { step, name, often: 'once' }
    astro.faults.add(ruleOf(fault))
    const before = remember(astro, deploymentId)
    const { outputs, texts, ...result } = await runFlow({
      inputs: {
        'key-id': keyId,
        'key-secret': keySecret,
        domain: astro.origin,
        'wait-time': expectedEnd(fault) === 'ASTRO-ROLLOUT-TIMEOUT' ? '30s' : '10m',
      },
      workspace: makeFolder({ 'dags/example.py': 'from airflow.sdk import DAG\nDAG("example")\n' }),
      clock,
      ...(name.startsWith('hang') ? { wrap: (send) => impatient(step, send) } : {}),
    })

    expect(findLeaks(texts, [...astro.secrets].slice(olderSecrets))).toEqual([])
    expectEnding(fault, {
      ...result,
      outputs: { dagVersion: outputs.get('dag-version'), deployId: outputs.get('deploy-id') },
      astro,
      deploymentId,
      requests: astro.requests.slice(olderRequests),
      before,
    })
  })
})
