import { expect, test } from '@jest/globals'
import { falseAftermath } from '../flow/aftermath.ts'
import type { FaultRule } from '../local-astro/start.ts'
import { codeOf } from './rules.ts'
import type { Scene } from './side-by-side.ts'
import { playSideBySide } from './side-by-side.ts'

/** A sample, with several faults in one run, of what `__tests__/slow/` does to the bundle with every fault at every step. */

const withFaults = (rules: readonly FaultRule[], inputs: Record<string, string> = {}): Scene => ({
  inputs,
  astro: { rolloutMs: 500 },
  arrange({ faults }) {
    for (const rule of rules) faults.add(rule)
  },
})

const EVERYWHERE = [
  'auth-config',
  'token',
  'organizations',
  'list-deployments',
  'deployment',
  'list-deploys',
  'create-deploy',
  'upload',
  'finalize',
  'get-deploy',
] as const

const play = playSideBySide({
  'each answer is lost once': withFaults(
    EVERYWHERE.map((step) => ({ fault: 'resetAfterEffect', step, times: 1 })),
  ),
  'each write is limited once': withFaults(
    (['token', 'create-deploy', 'upload', 'finalize'] as const).map((step) => ({
      fault: 'tooManyRequests',
      retryAfter: 1,
      step,
      times: 1,
    })),
  ),
  'each answer that can be is cut off once': withFaults(
    EVERYWHERE.map((step) => ({ fault: 'truncated', how: 'json', step, times: 1 })),
  ),
  'a page in place of the login service': withFaults([{ fault: 'html', status: 200, step: 'token' }]),
  'no create': withFaults([{ fault: 'status', status: 500, step: 'create-deploy' }]),
  'no upload': withFaults([{ fault: 'status', status: 403, step: 'upload' }]),
  'a page in place of the blob store': withFaults([{ fault: 'html', status: 200, step: 'upload' }]),
  'no finalize': withFaults([{ fault: 'status', status: 400, step: 'finalize' }]),
  'an upload that nobody confirms': withFaults([{ fault: 'resetAfterEffect', step: 'upload' }]),
  'a rollout that nobody shows': withFaults([{ fault: 'hang', step: 'get-deploy' }], { 'wait-time': '2s' }),
  'a list that nobody waits for': withFaults([
    { fault: 'hang', step: 'list-deploys' },
    { fault: 'status', status: 404, step: 'deployment' },
  ]),
})

test.each([
  'each answer is lost once',
  'each write is limited once',
  'each answer that can be is cut off once',
] as const)(
  '%s, and it is live all the same',
  async (name) => {
    const { astro, result } = await play(name)
    expect([result.exitCode, result.errors]).toEqual([0, []])
    expect(astro.deployments.get(astro.deploymentId)).toMatchObject({
      status: 'HEALTHY',
      dagTarballVersion: result.outputs['dag-version'],
    })
    const taken = astro.deployments.deploys(astro.deploymentId).filter(({ status }) => status === 'DEPLOYED')
    expect(taken.slice(1)).toMatchObject([{ id: result.outputs['deploy-id'] }])
  },
  90_000,
)

test.each<[Parameters<typeof play>[0], string, ...string[]]>([
  ['a page in place of the login service', 'ASTRO-AUTH-EXCHANGE'],
  ['no create', 'ASTRO-API-UNAVAILABLE'],
  ['no upload', 'ASTRO-UPLOAD-REFUSED'],
  ['a page in place of the blob store', 'ASTRO-UPLOAD-FAILED', 'HTTP 200: a web page'],
  ['no finalize', 'ASTRO-API-REFUSED', 'was not finalized'],
  ['an upload that nobody confirms', 'ASTRO-UPLOAD-UNREACHABLE'],
  ['a rollout that nobody shows', 'ASTRO-ROLLOUT-TIMEOUT'],
  ['a list that nobody waits for', 'ASTRO-API-NOT-FOUND'],
])(
  '%s ends red, with a message that is true',
  async (name, code, ...words) => {
    const { astro, result, before } = await play(name)
    const [message = ''] = result.errors
    expect([result.exitCode, codeOf(message)]).toEqual([1, code])
    for (const word of words) expect(message).toContain(word)
    expect(falseAftermath(message, astro, astro.deploymentId, before)).toBeUndefined()
  },
  90_000,
)

test.each(['a rollout that nobody shows', 'a list that nobody waits for'] as const)(
  '%s: after the error, nothing more is tried',
  async (name) => {
    const { result } = await play(name)
    const [, afterwards = ''] = result.stdout.split(/^::error.*$/m)
    expect(afterwards).not.toContain('Attempt')
  },
  90_000,
)
