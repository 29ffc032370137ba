import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Transport } from '../../src/http/transport.ts'
import { findLeaks } from '../bundle/leaks.ts'
import { codeOf } from '../bundle/rules.ts'
import type { FaultRule, LocalAstro } from '../local-astro/start.ts'
import { startLocalAstro } from '../local-astro/start.ts'
import { makeFastClock } from '../make/fast-clock.ts'
import { makeFolder } from '../make/folder.ts'
import { falseAftermath, remember } from './aftermath.ts'
import type { FaultName } from './matrix.ts'
import { FAULTS } from './matrix.ts'
import { runFlow } from './run-flow.ts'

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

/** The requests that a change of variables adds to a deploy, in their order. */
const STEPS: Record<string, Pick<FaultRule, 'step' | 'skip'>> = {
  'list of environment objects': { step: 'list-environment-objects' },
  'read before the write': { step: 'deployment', skip: 1 },
  update: { step: 'update-deployment' },
  'read after the write': { step: 'deployment', skip: 2 },
  'list of environment objects, again': { step: 'list-environment-objects', skip: 1 },
  'look while it is waited for': { step: 'deployment', skip: 3 },
}
const NEW = { DB_HOST: 'new-host.example', DB_PASSWORD: 'new-password-value', ADDED: 'added-plain-value' }
const INPUTS = {
  'environment-variables': `DB_HOST=${NEW.DB_HOST}\nADDED=${NEW.ADDED}`,
  'secret-environment-variables': `DB_PASSWORD=${NEW.DB_PASSWORD}`,
}

const impatient =
  (send: Transport): Transport =>
  (wire) =>
    send(
      /deployments\/\w+$|environment-objects$/.test(wire.url.pathname)
        ? { ...wire, timeoutMs: PATIENCE_MS }
        : wire,
    )

/** What a message may say of the variables, and of which list it is true. */
const SENTENCES: readonly (readonly [RegExp, readonly ('old' | 'new')[]])[] = [
  [/^The environment variables are as they were\. /, ['old']],
  [/^The new environment variables are written and stay\. /, ['new']],
  [/^It is not known whether Astro took the change of the environment variables: [^]*?UI\. /, ['old', 'new']],
  [/^/, ['old']],
]

describe.each(Object.entries(STEPS))('at the step %s', (_, where) => {
  describe.each(Object.keys(FAULTS) as FaultName[])('the fault: %s', (name) => {
    test.each(['once', 'for ever'] as const)('%s', async (often) => {
      const { id } = astro.deployments.create()
      const olderSecrets = astro.secrets.size
      const { keyId, keySecret } = astro.keys.create(id)
      const [older, olderRequests] = [astro.deployments.variables(id), astro.requests.length]
      const before = remember(astro, id)
      const rule: FaultRule = { ...FAULTS[name], ...where, ...(often === 'once' ? { times: 1 } : {}) }
      astro.faults.add(rule)
      const result = await runFlow({
        inputs: {
          ...INPUTS,
          'key-id': keyId,
          'key-secret': keySecret,
          domain: astro.origin,
          // Long enough for a busy machine: what is slow or passes has to end well, and all else to be looked at once.
          'wait-time': name === 'slow' || often === 'once' ? '10m' : '30s',
        },
        workspace: makeFolder({ 'dags/example.py': 'from airflow.sdk import DAG\nDAG("example")\n' }),
        clock,
        ...(name.startsWith('hang') ? { wrap: impatient } : {}),
      })
      expect(astro.requests.slice(olderRequests).some(({ fault }) => fault === rule.fault)).toBe(true)
      expect(
        findLeaks(result.texts, [...Object.values(NEW), ...[...astro.secrets].slice(olderSecrets)]),
      ).toEqual([])

      const now = astro.deployments.variables(id)
      const list = now.ADDED === undefined ? 'old' : 'new'
      expect(now).toEqual(list === 'old' ? older : { ...older, ...NEW })

      const [message, ...more] = result.errors
      expect(more).toEqual([])
      if (message === undefined) {
        expect([result.exitCode, list]).toEqual([0, 'new'])
        expect(astro.deployments.get(id).dagTarballVersion).toBe(result.outputs.get('dag-version'))
        return
      }
      expect(codeOf(message)).toBeDefined()
      expect(name).not.toBe('slow')
      const lines = message.split('\n')
      const sentence = lines.at(-2) ?? ''
      const [pattern, truth] = SENTENCES.find(([known]) => known.test(sentence)) ?? [/^/, []]
      expect(truth).toContain(list)
      const rest = sentence.replace(pattern, '').replace('Nothing else was', 'Nothing was')
      expect(falseAftermath([rest, lines.at(-1)].join('\n'), astro, id, before)).toBeUndefined()
      // Code comes after variables that are known to be there.
      if (remember(astro, id).deployIds.length > before.deployIds.length) expect(list).toBe('new')
    })
  })
})
