import { expect, test } from '@jest/globals'
import { codeOf } from '../bundle/rules.ts'
import type { Scene } from '../bundle/side-by-side.ts'
import { playSideBySide } from '../bundle/side-by-side.ts'
import { falseAftermath } from '../flow/aftermath.ts'
import type { Step } from '../local-astro/start.ts'

/** Answers that do not come, on the real clock: `__tests__/flow/` shows the same with shorter limits. */

/** How a run ends when the answer to this request never comes. */
const ENDS = {
  'auth-config': 'ASTRO-AUTH-UNREACHABLE',
  token: 'ASTRO-AUTH-UNREACHABLE',
  organizations: 'ASTRO-API-UNREACHABLE',
  'list-deployments': 'ASTRO-API-UNREACHABLE',
  deployment: 'ASTRO-API-UNREACHABLE',
  'list-deploys': 'ASTRO-API-UNREACHABLE',
  'create-deploy': 'ASTRO-API-UNREACHABLE',
  upload: 'ASTRO-UPLOAD-UNREACHABLE',
  finalize: 'ASTRO-API-UNREACHABLE',
  'get-deploy': 'ASTRO-ROLLOUT-TIMEOUT',
} as const satisfies Partial<Record<Step, string>>
const steps = Object.keys(ENDS) as (keyof typeof ENDS)[]

const hanging = (step: Step, often: { times?: number }): Scene => ({
  inputs: { 'wait-time': '100s' },
  arrange: ({ faults }) => void faults.add({ fault: 'hang', step, ...often }),
})
const play = playSideBySide<string>(
  Object.fromEntries(
    steps.flatMap((step) => [
      [`${step} once`, hanging(step, { times: 1 })],
      [`${step} for ever`, hanging(step, {})],
    ]),
  ),
)

test.each(steps)('a request that hangs once does not matter: %s', async (step) => {
  const { astro, result } = await play(`${step} once`)
  expect([result.exitCode, result.errors]).toEqual([0, []])
  expect(astro.deployments.get(astro.deploymentId)).toMatchObject({
    status: 'HEALTHY',
    dagTarballVersion: result.outputs['dag-version'],
  })
})

test.each(steps)('a request that hangs for ever ends with a message that is true: %s', async (step) => {
  const { astro, result, before } = await play(`${step} for ever`)
  const [message = ''] = result.errors
  expect([result.exitCode, codeOf(message)]).toEqual([1, ENDS[step]])
  expect(falseAftermath(message, astro, astro.deploymentId, before)).toBeUndefined()
})
