import { expect, test } from '@jest/globals'
import type { EnvironmentObject } from '../../src/astro/types.ts'
import { lostLinks, sameKeysWarning } from '../../src/environment/linked.ts'

type Kind = EnvironmentObject['objectType']

const linked = (objectKey: string, objectType: Kind = 'ENVIRONMENT_VARIABLE'): EnvironmentObject => ({
  objectKey,
  objectType,
  scope: 'DEPLOYMENT',
  scopeEntityId: 'cldeployment1',
  sourceScope: 'WORKSPACE',
  sourceScopeEntityId: 'clworkspace1',
})
const own = (objectKey: string): EnvironmentObject => ({
  id: 'clobject1',
  objectKey,
  objectType: 'ENVIRONMENT_VARIABLE',
  scope: 'DEPLOYMENT',
  scopeEntityId: 'cldeployment1',
})

test('the same key in the Environment Manager is named, with where it comes from', () => {
  const objects = [linked('DB_HOST'), own('TOKEN'), linked('OTHER'), linked('WAREHOUSE', 'CONNECTION')]
  const wished = [{ key: 'DB_HOST' }, { key: 'TOKEN' }, { key: 'WAREHOUSE' }]
  expect(sameKeysWarning(objects, wished)).toContain(
    "DB_HOST (linked from the Workspace clworkspace1), TOKEN (the Deployment's own)",
  )
  expect(sameKeysWarning(objects, wished)).not.toMatch(/OTHER|WAREHOUSE/)
  expect(sameKeysWarning(objects, [{ key: 'FREE' }])).toBeUndefined()
})

test('links that are gone are named; own objects are nobody’s link', () => {
  const before = [linked('A'), linked('A', 'CONNECTION'), own('B'), linked('C')]
  expect(lostLinks(before, [linked('C'), linked('A')])).toEqual([
    'A (connection, linked from the Workspace clworkspace1)',
  ])
  expect(lostLinks(before, before)).toEqual([])
})
