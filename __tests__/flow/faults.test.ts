import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Transport } from '../../src/http/transport.ts'
import { findLeaks } from '../bundle/leaks.ts'
import { codeOf } from '../bundle/rules.ts'
import type { FaultRule, LocalAstro } from '../local-astro/start.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import { makeFastClock } from '../make/fast-clock.ts'
import { makeFolder } from '../make/folder.ts'
import { falseAftermath, remember } from './aftermath.ts'
import type { FaultName, FlowStep } from './matrix.ts'
import { expectedEnd, FAULTS, STEPS } from './matrix.ts'
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

const REQUESTS: Record<Exclude<FlowStep, 'upload'>, readonly [method: string, path: RegExp]> = {
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
 * of no others, for a busy machine may take its time.
 */
function impatient(step: FlowStep, often: 'once' | 'for ever', send: Transport): Transport {
  let hanging = often === 'once' ? 1 : Infinity
  if (step === 'upload') {
    const timeout = AbortSignal.timeout.bind(AbortSignal)
    const limit = (ms: number): AbortSignal => timeout(hanging-- > 0 ? PATIENCE_MS : ms)
    jest.spyOn(AbortSignal, 'timeout').mockImplementation(limit)
    return send
  }
  const [method, path] = REQUESTS[step]
  return (wire) => {
    const isHanging = wire.method === method && path.test(wire.url.pathname) && hanging-- > 0
    return send(isHanging ? { ...wire, timeoutMs: PATIENCE_MS } : wire)
  }
}

/** Calls this when the deploy is finalized: what is read from then on are polls. */
function onFinalize(then: () => void, before: Transport, after: Transport): Transport {
  let isFinalized = false
  return (wire) => {
    if (!isFinalized && wire.url.pathname.endsWith('/finalize')) {
      isFinalized = true
      then()
    }
    return isFinalized ? after(wire) : before(wire)
  }
}

describe.each(STEPS)('at the step %s', (step) => {
  describe.each(Object.keys(FAULTS) as FaultName[])('the fault: %s', (name) => {
    test.each(['once', 'for ever'] as const)('%s', async (often) => {
      const { id: deploymentId } = astro.deployments.create()
      const { keyId, keySecret } = astro.keys.create(deploymentId)
      const [olderSecrets, olderRequests] = [astro.secrets.size - 2, astro.requests.length]
      const rule: FaultRule = {
        ...FAULTS[name],
        step: step === 'poll' ? 'deployment' : step,
        ...(often === 'once' ? { times: 1 } : {}),
      }
      const wrap = (send: Transport): Transport => {
        const inner = name.startsWith('hang') ? impatient(step, often, send) : send
        return step === 'poll' ? onFinalize(() => astro.faults.add(rule), send, inner) : inner
      }
      if (step !== 'poll') astro.faults.add(rule)
      const expected = expectedEnd(step, name, often)
      const before = remember(astro, deploymentId)
      const result = await runFlow({
        inputs: {
          'key-id': keyId,
          'key-secret': keySecret,
          domain: astro.origin,
          'wait-time': expected === 'ASTRO-ROLLOUT-TIMEOUT' ? '30s' : '10m',
        },
        workspace: makeFolder({ 'dags/example.py': 'from airflow.sdk import DAG\nDAG("example")\n' }),
        clock,
        wrap,
      })

      const [message = 'live', ...more] = result.errors
      expect([codeOf(message) ?? message, result.exitCode]).toEqual([expected, expected === 'live' ? 0 : 1])
      expect(more).toEqual([])
      expect(findLeaks({ stdout: result.stdout }, [...astro.secrets].slice(olderSecrets))).toEqual([])
      expect(astro.requests.slice(olderRequests).some(({ fault }) => fault === rule.fault)).toBe(true)
      if (expected === 'live') {
        const version = result.outputs.get('dag-version')
        expect(version).toBeDefined()
        expect(astro.deployments.get(deploymentId)).toMatchObject({ status: 'HEALTHY', dagTarballVersion: version, desiredDagTarballVersion: version }) // prettier-ignore
        const taken = astro.deployments.deploys(deploymentId).slice(1).filter(({ status }) => status === 'DEPLOYED') // prettier-ignore
        expect(taken).toMatchObject([{ id: result.outputs.get('deploy-id'), dagTarballVersion: version }])
      } else {
        expect(falseAftermath(message, astro, deploymentId, before)).toBeUndefined()
      }
    })
  })
})
