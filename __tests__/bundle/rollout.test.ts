import { expect, test } from '@jest/globals'
import type { Deployment, LocalAstro } from '../local-astro/start.ts'
import { falseAftermath } from '../flow/aftermath.ts'
import { codeOf } from './rules.ts'
import { playSideBySide } from './side-by-side.ts'

/** What the Deployment was when the step said that it is live. */
const seenLive = new Map<string, Deployment>()
const whenLive =
  (name: string) =>
  (stdout: string, { deployments, deploymentId }: LocalAstro): void => {
    if (/^Live: /m.test(stdout) && !seenLive.has(name)) seenLive.set(name, deployments.get(deploymentId))
  }

const play = playSideBySide({
  'fails at once': {
    arrange: ({ deployments, deploymentId }) =>
      deployments.script(deploymentId, { outcome: 'failed', statusReason: 'The image has no scheduler' }),
  },
  'fails later': {
    astro: { rolloutMs: 1_000 },
    arrange: ({ deployments, deploymentId }) =>
      deployments.script(deploymentId, { outcome: 'failed', statusReason: 'Not enough quota' }),
  },
  'is stuck': {
    astro: { rolloutMs: 400 },
    inputs: { 'wait-time': '8s' },
    arrange: ({ deployments, deploymentId }) => deployments.script(deploymentId, { outcome: 'stuck' }),
  },
  'is never healthy': {
    inputs: { 'wait-time': '8s' },
    arrange: ({ deployments, deploymentId }) =>
      deployments.script(deploymentId, {
        outcome: 'unhealthy',
        statusReason: 'No heartbeat of the scheduler',
      }),
  },
  'is unhealthy on the way': {
    astro: { rolloutMs: 2_500 },
    arrange: ({ deployments, deploymentId }) => deployments.script(deploymentId, { outcome: 'recovers' }),
    onOutput: whenLive('is unhealthy on the way'),
  },
  'is superseded': {
    astro: { rolloutMs: 1_000 },
    arrange: ({ deployments, deploymentId }) => deployments.script(deploymentId, { outcome: 'superseded' }),
  },
  'falls asleep': {
    astro: { rolloutMs: 1_000 },
    arrange: ({ deployments, deploymentId }) => deployments.script(deploymentId, { outcome: 'hibernating' }),
  },
  'lags behind HEALTHY': {
    astro: { rolloutMs: 4_000 },
    onOutput: whenLive('lags behind HEALTHY'),
  },
  'outlives the token': {
    astro: { rolloutMs: 4_000, tokenLifetimeSeconds: 2 },
    onOutput: whenLive('outlives the token'),
  },
  'goes on while the token is revoked': {
    astro: { rolloutMs: 2_000 },
    onOutput(stdout, astro) {
      if (/^Finalized/m.test(stdout) && !revoked.has(astro)) {
        revoked.add(astro)
        astro.revokeExchangedTokens()
      }
      whenLive('goes on while the token is revoked')(stdout, astro)
    },
  },
  'goes on while the key is deleted': {
    astro: { rolloutMs: 600_000 },
    onOutput(stdout, astro) {
      if (/^Finalized/m.test(stdout)) astro.keys.remove(astro.keyId)
    },
  },
})
const revoked = new Set<LocalAstro>()

const FAILED = 'its code does not go live'
const TAKEN = 'Astro has taken the deploy'

test.each<[Parameters<typeof play>[0], string, ...string[]]>([
  ['fails at once', 'ASTRO-ROLLOUT-FAILED', 'could not roll out', 'The image has no scheduler', FAILED],
  ['fails later', 'ASTRO-ROLLOUT-FAILED', 'could not roll out', 'Not enough quota', FAILED],
  ['is stuck', 'ASTRO-ROLLOUT-TIMEOUT', 'within 8 s', 'Deployment DEPLOYING', 'the former DAG version', '`wait-time`', TAKEN], // prettier-ignore
  ['is never healthy', 'ASTRO-ROLLOUT-TIMEOUT', 'UNHEALTHY (No heartbeat of the scheduler)', 'the new DAG version', TAKEN], // prettier-ignore
  ['falls asleep', 'ASTRO-ROLLOUT-HIBERNATING', 'went into hibernation', 'Wake it', TAKEN],
  ['goes on while the key is deleted', 'ASTRO-AUTH-KEY-REJECTED', 'exchange the API key', TAKEN],
])('a rollout that %s', async (name, code, ...words) => {
  const { astro, result } = await play(name)
  const [message = ''] = result.errors
  expect([result.exitCode, codeOf(message)]).toEqual([1, code])
  for (const word of words) expect(message).toContain(word)
  expect(result.outputs).toMatchObject({
    'deploy-id': astro.deployments.deploys(astro.deploymentId).at(-1)?.id,
    'dag-version': astro.deployments.uploads(astro.deploymentId).at(-1),
    'deployment-url': expect.stringContaining(astro.deploymentId),
  })
  expect(result.summary).toContain(`<code>${result.outputs['deploy-id']}</code>`)
})

test.each(['fails at once', 'is stuck', 'is never healthy', 'falls asleep'] as const)(
  'the error of a rollout that %s leads to the Deployment',
  async (name) => {
    const { result } = await play(name)
    expect(result.errors[0]).toContain(result.outputs['deployment-url'])
  },
)

test('a rollout that is superseded says by whom', async () => {
  const { astro, result, before } = await play('is superseded')
  const [message = ''] = result.errors
  expect(falseAftermath(message, astro, astro.deploymentId, before)).toBeUndefined()
  expect(message).toContain('a newer one goes live in its place')
  const other = astro.deployments.deploys(astro.deploymentId).at(-1)
  expect([result.exitCode, codeOf(message)]).toEqual([1, 'ASTRO-ROLLOUT-SUPERSEDED'])
  expect(other?.description).toBe('A deploy by somebody else')
  expect(message).toContain(`${other?.dagTarballVersion ?? ''}, of the deploy ${other?.id ?? ''}`)
})

test.each([
  'lags behind HEALTHY',
  'is unhealthy on the way',
  'outlives the token',
  'goes on while the token is revoked',
] as const)(
  // prettier-ignore
  'a rollout that %s is green when our version runs, and not before',
  async (name) => {
    const { result } = await play(name)
    expect(result.exitCode).toBe(0)
    const version = result.outputs['dag-version']
    expect(version).toBeDefined()
    expect(seenLive.get(name)).toMatchObject({
      status: 'HEALTHY',
      dagTarballVersion: version,
      desiredDagTarballVersion: version,
    })
  },
)

test('a rollout that lags is told in its states, each once', async () => {
  const { result } = await play('lags behind HEALTHY')
  const states = [...result.stdout.matchAll(/^\d+ s: (deploy .*)$/gm)].map(([, state]) => state)
  expect(states.length).toBeGreaterThan(0)
  expect(states).toEqual([...new Set(states)])
  expect([
    'deploy DEPLOYED, Deployment HEALTHY, running the former DAG version',
    'deploy DEPLOYED, Deployment DEPLOYING, running the former DAG version',
    'deploy DEPLOYED, Deployment DEPLOYING, running the new DAG version',
  ]).toEqual(expect.arrayContaining(states))
})

test('a token that expires on the way is exchanged again', async () => {
  const { astro } = await play('outlives the token')
  expect(astro.requests.filter(({ step }) => step === 'token').length).toBeGreaterThan(1)
})

test('a token that is revoked on the way is exchanged again, once', async () => {
  const { astro } = await play('goes on while the token is revoked')
  expect(astro.requests.filter(({ step }) => step === 'token')).toHaveLength(2)
  expect(astro.requests.filter(({ status }) => status === 401).length).toBeGreaterThan(0)
})
