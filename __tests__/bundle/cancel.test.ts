import { expect, test } from '@jest/globals'
import { falseAftermath, remember } from '../flow/aftermath.ts'
import type { Fault, Step } from '../local-astro/start.ts'
import { useGround } from './ground.ts'
import { brokenRules, codeOf } from './rules.ts'
import { runStep } from './run-step.ts'
import type { Scene } from './side-by-side.ts'
import { HEARD_WITHIN_MS, LAST_WORD_WITHIN_MS, playSideBySide } from './side-by-side.ts'

/** A step is cancelled while it waits for the answer to this request, which would take it half a minute at least. */
function during(signal: NodeJS.Signals, step: Step, fault: Fault): Scene {
  return {
    arrange: ({ faults }) => void faults.add({ ...fault, step }),
    cancel: { signal, when: ({ requests }) => requests.some((request) => request.fault !== undefined) },
  }
}

function duringTheWait(signal: NodeJS.Signals): Scene {
  return {
    astro: { rolloutMs: 3_600_000 },
    cancel: { signal, when: ({ requests }) => requests.some(({ step }) => step === 'get-deploy') },
  }
}

const HANG: Fault = { fault: 'hang' }
const HANG_AFTER: Fault = { fault: 'hangAfterEffect' }

/** Windows knows no signals: there, whoever cancels a process ends it. */
const play =
  process.platform === 'win32'
    ? undefined
    : playSideBySide({
        'looks for the login service': during('SIGINT', 'auth-config', HANG),
        'signs in': during('SIGTERM', 'token', HANG),
        'finds the Deployment': during('SIGINT', 'deployment', HANG),
        'waits before it tries again': during('SIGTERM', 'list-deploys', {
          fault: 'tooManyRequests',
          retryAfter: 60,
        }),
        'creates the deploy': during('SIGINT', 'create-deploy', HANG),
        'creates the deploy, which came about': during('SIGTERM', 'create-deploy', HANG_AFTER),
        uploads: during('SIGINT', 'upload', HANG),
        'uploads, which came about': during('SIGTERM', 'upload', HANG_AFTER),
        finalizes: during('SIGINT', 'finalize', HANG),
        'finalizes, which came about': during('SIGTERM', 'finalize', HANG_AFTER),
        'waits for the rollout': duringTheWait('SIGINT'),
        'waits for the rollout still': duringTheWait('SIGTERM'),
      })

const UNTOUCHED = 'Nothing was changed on Astro.'
if (play) {
  test.each<[Parameters<typeof play>[0], NodeJS.Signals, string]>([
    ['looks for the login service', 'SIGINT', UNTOUCHED],
    ['signs in', 'SIGTERM', UNTOUCHED],
    ['finds the Deployment', 'SIGINT', UNTOUCHED],
    ['waits before it tries again', 'SIGTERM', UNTOUCHED],
    ['creates the deploy', 'SIGINT', 'unfinished deploys may stay'],
    ['creates the deploy, which came about', 'SIGTERM', 'unfinished deploys may stay'],
    ['uploads', 'SIGINT', 'The upload of the DAG bundle was not confirmed'],
    ['uploads, which came about', 'SIGTERM', 'The upload of the DAG bundle was not confirmed'],
    ['finalizes', 'SIGINT', 'It is not known whether Astro took the deploy'],
    ['finalizes, which came about', 'SIGTERM', 'It is not known whether Astro took the deploy'],
    ['waits for the rollout', 'SIGINT', 'Astro has taken the deploy'],
    ['waits for the rollout still', 'SIGTERM', 'Astro has taken the deploy'],
  ])(
    'cancelled while it %s (%s), it says what has happened',
    async (name, signal, aftermath) => {
      const { astro, result, before, lastWordMs, endingMs } = await play(name)
      const [message = ''] = result.errors
      expect([result.exitCode, codeOf(message)]).toEqual([1, 'ASTRO-CANCELLED'])
      expect(message).toContain(`The runner sent ${signal}.`)
      expect(message).toContain(aftermath)
      expect(falseAftermath(message, astro, astro.deploymentId, before)).toBeUndefined()
      expect(result.summary).toContain('The run was cancelled')
      expect(result.stdout).not.toContain('no complete answer within')
      expect(lastWordMs).toBeLessThan(LAST_WORD_WITHIN_MS)
      expect(endingMs).toBeLessThan(HEARD_WITHIN_MS)
    },
    60_000,
  )
}

const ground = useGround()

test('killed in the middle, it leaves nothing behind on the machine, and the former code running', async () => {
  const { astro, workspace } = ground
  const former = remember(astro, astro.deploymentId)
  astro.faults.add({ fault: 'hang', step: 'create-deploy' })
  const result = await runStep({
    workspace,
    inputs: { domain: astro.origin, 'key-id': astro.keyId, 'key-secret': astro.keySecret },
    onStart(kill) {
      const watching = setInterval(() => {
        if (!astro.requests.some(({ fault }) => fault === 'hang')) return
        clearInterval(watching)
        kill('SIGKILL')
      }, 5)
    },
  })
  const [exit = '', ...others] = brokenRules(result, astro.secrets)
  expect(exit).toMatch(/^the exit code is /)
  expect(others).toEqual(['0 errors in place of one'])
  expect(remember(astro, astro.deploymentId)).toEqual(former)
})
