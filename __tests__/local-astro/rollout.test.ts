import { beforeEach, describe, expect, test } from '@jest/globals'
import { addDeployment, addOrganization } from './fixtures.ts'
import { resolveOptions } from './options.ts'
import { restart, startRollout } from './rollout.ts'
import type { RolloutScript } from './rollout.ts'
import { createStore, settle } from './store.ts'
import type { DeploymentRecord, Store } from './store.ts'

const start = Date.UTC(2026, 5, 1)
let now = start
let store: Store
let record: DeploymentRecord
let old: string

beforeEach(() => {
  now = start
  store = createStore(resolveOptions({ now: () => now, rolloutMs: 1000 }))
  record = addDeployment(store, { organizationId: addOrganization(store, 'o').id, workspaceId: 'w' })
  old = record.deployment.dagTarballVersion ?? ''
})

/** What a client would read after so many milliseconds: status, and whether the new version is wanted and runs. */
function at(ms: number): [string, 'old' | 'new' | 'other', 'old' | 'new' | 'other'] {
  now = start + ms
  settle(store, record)
  const { status, dagTarballVersion, desiredDagTarballVersion } = record.deployment
  const word = (version: string | undefined): 'old' | 'new' | 'other' =>
    version === 'new' ? 'new' : version === old ? 'old' : 'other'
  return [status, word(desiredDagTarballVersion), word(dagTarballVersion)]
}

function deploy(script: RolloutScript): void {
  const made = record.deploys[0]
  record.deployment.desiredDagTarballVersion = 'new'
  startRollout(store, record, script, {
    ...(made === undefined ? {} : { deploy: made }),
    before: () => (record.deployment.desiredDagTarballVersion = old),
  })
}

describe('a rollout', () => {
  test('leaves the old code healthy at first', () => {
    deploy({ outcome: 'live' })
    expect(at(0)).toEqual(['HEALTHY', 'new', 'old'])
    expect(at(249)).toEqual(['HEALTHY', 'new', 'old'])
    expect(at(250)).toEqual(['DEPLOYING', 'new', 'old'])
    expect(at(750)).toEqual(['DEPLOYING', 'new', 'new'])
    expect(at(1000)).toEqual(['HEALTHY', 'new', 'new'])
  })

  test('without time is over at once', () => {
    deploy({ outcome: 'live', ms: 0 })
    expect(at(0)).toEqual(['HEALTHY', 'new', 'new'])
  })

  test('that fails brings back what was wanted before and says why', () => {
    deploy({ outcome: 'failed', statusReason: 'no such image' })
    expect(at(500)).toEqual(['DEPLOYING', 'new', 'old'])
    expect(at(1000)).toEqual(['HEALTHY', 'old', 'old'])
    expect(record.deploys[0]?.deploy.status).toBe('FAILED')
    expect(record.deployment.statusReason).toBe('no such image')
  })

  test.each([
    ['stuck', ['DEPLOYING', 'new', 'old']],
    ['unhealthy', ['UNHEALTHY', 'new', 'new']],
    ['hibernating', ['HIBERNATING', 'new', 'new']],
    ['recovers', ['HEALTHY', 'new', 'new']],
    ['superseded', ['HEALTHY', 'other', 'other']],
  ] as const)('that is %s ends so', (outcome, end) => {
    deploy({ outcome })
    expect(at(60_000)).toEqual(end)
  })

  test('that recovers is unhealthy on the way', () => {
    deploy({ outcome: 'recovers' })
    expect(at(700)).toEqual(['UNHEALTHY', 'new', 'new'])
  })

  test('that is superseded leaves a newer deploy in the history', () => {
    deploy({ outcome: 'superseded' })
    expect(at(600)).toEqual(['DEPLOYING', 'other', 'old'])
    expect(record.deploys.at(-1)?.deploy).toMatchObject({
      status: 'DEPLOYED',
      dagTarballVersion: record.deployment.desiredDagTarballVersion,
    })
  })

  test('takes the place of one that is under way', () => {
    deploy({ outcome: 'stuck' })
    at(400)
    deploy({ outcome: 'live' })
    expect(at(1399)).toEqual(['DEPLOYING', 'new', 'new'])
    expect(at(1400)).toEqual(['HEALTHY', 'new', 'new'])
  })
})

describe('a restart', () => {
  test('is DEPLOYING at once', () => {
    restart(store, record)
    expect(at(0)[0]).toBe('DEPLOYING')
    expect(at(1000)[0]).toBe('HEALTHY')
  })

  test('does not end a rollout', () => {
    deploy({ outcome: 'live' })
    restart(store, record)
    expect(at(0)).toEqual(['DEPLOYING', 'new', 'old'])
    expect(at(1000)).toEqual(['HEALTHY', 'new', 'new'])
  })

  test('does not wake anything up', () => {
    record.deployment.status = 'HIBERNATING'
    restart(store, record)
    expect(at(5000)[0]).toBe('HIBERNATING')
  })
})

test('versions only grow, also when time stands still', () => {
  const versions = Array.from({ length: 5 }, () => store.nextVersion())
  expect([...versions].sort()).toEqual(versions)
  expect(new Set(versions).size).toBe(5)
})
