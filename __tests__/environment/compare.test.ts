import { describe, expect, test } from '@jest/globals'
import type { Deployment, EnvironmentVariable } from '../../src/astro/types.ts'
import { compareSettings, compareVariables } from '../../src/environment/compare.ts'
import { makeDeployment } from '../make/deployment.ts'

const queue = (name: string, podEphemeralStorage: string) => ({ id: `cl${name}`, name, podEphemeralStorage })
const BEFORE = makeDeployment({
  contactEmails: ['a@example.com', 'b@example.com'],
  workerQueues: [queue('default', '10Gi'), queue('heavy', '50Gi')],
})
const after = (fields: object): Deployment => ({ ...BEFORE, ...fields })
const fieldsOf = (fields: object): string[] =>
  compareSettings(BEFORE, after(fields)).settings.map(({ field }) => field)

describe('settings', () => {
  test('a difference has the path and both values', () => {
    const other = after({ workerQueues: [queue('default', '10Gi'), queue('heavy', '10Gi')] })
    expect(compareSettings(BEFORE, other).settings).toEqual([
      { field: 'workerQueues[heavy].podEphemeralStorage', before: '"50Gi"', after: '"10Gi"' },
    ])
  })

  test.each<[string, object, string[]]>([
    ['nothing', {}, []],
    ['a value', { schedulerReplicas: 2 }, ['schedulerReplicas']],
    ['a value that is gone', { executor: undefined }, ['executor']],
    ['a value that is new', { description: 'x' }, ['description']],
    ['false in place of nothing', { isDevelopmentMode: false }, ['isDevelopmentMode']],
    [
      'a queue with another ID',
      { workerQueues: [{ ...queue('default', '10Gi'), id: 'new' }, queue('heavy', '50Gi')] },
      ['workerQueues[default].id'],
    ],
    ['a list', { contactEmails: ['a@example.com'] }, ['contactEmails']],
    [
      'hibernation schedules',
      { scalingSpec: { hibernationSpec: { schedules: [{ isEnabled: true }] } } },
      ['scalingSpec.hibernationSpec.schedules[0].isEnabled'],
    ],
    ['the identity', { effectiveWorkloadIdentity: 'other' }, ['effectiveWorkloadIdentity']],
    ['a field that nobody knows', { newFeature: { isOn: true } }, ['newFeature.isOn']],
    [
      'remote execution',
      { remoteExecution: { enabled: true, allowedIpAddressRanges: [], remoteApiUrl: 'u' } },
      ['remoteExecution.enabled', 'remoteExecution.remoteApiUrl'],
    ],
  ])('%s', (_, fields, expected) => {
    expect(fieldsOf(fields)).toEqual(expected)
  })

  test.each<[string, object]>([
    ['times and who', { updatedAt: 'now', updatedBy: { id: 'us' } }],
    ['how it is doing', { status: 'DEPLOYING', statusReason: 'restart', scalingStatus: { x: 1 } }],
    ['variables, which are compared apart', { environmentVariables: [] }],
    ['nothing in other words', { description: '', taskPodNodePoolId: null, externalIPs: [] }],
    ['the order of a set', { contactEmails: ['b@example.com', 'a@example.com'] }],
    ['the order of queues', { workerQueues: [queue('heavy', '50Gi'), queue('default', '10Gi')] }],
    [
      'remote execution that is off',
      { remoteExecution: { enabled: false, allowedIpAddressRanges: [], remoteApiUrl: 'u' } },
    ],
    [
      'whether an override is at work',
      { scalingSpec: { hibernationSpec: { override: { isActive: true } } } },
    ],
  ])('no difference: %s', (_, fields) => {
    expect(fieldsOf(fields)).toEqual([])
  })

  test('what runs is told apart', () => {
    const { settings, running } = compareSettings(BEFORE, after({ dagTarballVersion: 'v2' }))
    expect(settings).toEqual([])
    expect(running).toEqual([{ field: 'dagTarballVersion', before: '"v1"', after: '"v2"' }])
  })
})

test('variables: missing, unexpected, and of another value or kind', () => {
  const found: EnvironmentVariable[] = [
    { key: 'SAME', isSecret: false, value: '1' },
    { key: 'SECRET', isSecret: true },
    { key: 'OTHER', isSecret: false, value: '2' },
    { key: 'KIND', isSecret: true },
    { key: 'EXTRA', isSecret: false, value: '' },
    { key: 'EMPTY', isSecret: false },
  ]
  const wanted = [
    { key: 'SAME', isSecret: false, value: '1' },
    { key: 'SECRET', isSecret: true, value: 'unseen' },
    { key: 'OTHER', isSecret: false, value: '1' },
    { key: 'KIND', isSecret: false, value: '' },
    { key: 'EMPTY', isSecret: false, value: '' },
    { key: 'GONE', isSecret: true },
  ]
  expect(compareVariables(wanted, found)).toEqual({
    missing: ['GONE'],
    unexpected: ['EXTRA'],
    different: ['OTHER', 'KIND'],
  })
})
