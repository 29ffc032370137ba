import { describe, expect, test } from '@jest/globals'
import type { Scene } from '../bundle/side-by-side.ts'
import { playSideBySide } from '../bundle/side-by-side.ts'
import { expectEnding } from '../flow/ending.ts'
import type { FaultCase, FaultName } from '../flow/matrix.ts'
import { expectedEnd, OFTEN, ruleOf, STEPS } from '../flow/matrix.ts'

const nameOf = ({ step, name, often }: FaultCase): string => `${name} at ${step}, ${often}`

/** Where the budget is what ends the run it is a short one, though long enough for a busy machine to come so far. */
const WAIT_TIMES: Readonly<Record<string, string>> = {
  'ASTRO-ROLLOUT-TIMEOUT': '3s',
  'ASTRO-VERIFY-TIMEOUT': '10s',
}

const sceneOf = (fault: FaultCase): Scene => ({
  inputs: { 'wait-time': WAIT_TIMES[expectedEnd(fault)] ?? '10m' },
  arrange: ({ faults }) => void faults.add(ruleOf(fault)),
})

/**
 * Tests of `dist/`, on the real clock, with real time limits and retries: each of these faults at each step of the flow, once
 * and for ever, `atOnce` of them side by side. What holds for every step, leaks included, is checked as it ends.
 */
export function testFaults(names: readonly FaultName[], atOnce: number): void {
  const cases = STEPS.flatMap((step) =>
    names.flatMap((name) => OFTEN.map((often): FaultCase => ({ step, name, often }))),
  )
  const play = playSideBySide<string>(
    Object.fromEntries(cases.map((fault) => [nameOf(fault), sceneOf(fault)])),
    { atOnce },
  )

  describe.each(STEPS)('at the step %s', (step) => {
    describe.each(names)('the fault: %s', (name) => {
      test.each(OFTEN)('%s', async (often) => {
        const fault: FaultCase = { step, name, often }
        const { astro, result, before } = await play(nameOf(fault))
        const { 'dag-version': dagVersion, 'deploy-id': deployId } = result.outputs
        const { deploymentId, requests } = astro
        expectEnding(fault, {
          ...result,
          outputs: { dagVersion, deployId },
          astro,
          deploymentId,
          requests,
          before,
        })
        expect(astro.violations).toEqual([])
      })
    })
  })
}
