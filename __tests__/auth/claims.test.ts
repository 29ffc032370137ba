import { expect, test } from '@jest/globals'
import { readClaims } from '../../src/auth/claims.ts'
import { makeToken } from '../make/token.ts'

test('an API token names what it is bound to', () => {
  const permissions = [
    'apiTokenId:cltok1',
    'organizationId:clorg1',
    'workspaceId:clws1',
    'deploymentId:cldep1',
    'new:kind',
    'odd',
  ]
  expect(readClaims(makeToken({ permissions, apiTokenId: 'cltok1', exp: 1790000000 }))).toEqual({
    permissions,
    expiresAt: new Date(1790000000_000),
    tokenId: 'cltok1',
    organizationId: 'clorg1',
    workspaceId: 'clws1',
    deploymentId: 'cldep1',
  })
})

test('a user token has no permissions', () => {
  expect(readClaims(makeToken({ sub: 'user' }))).toMatchObject({
    permissions: undefined,
    organizationId: undefined,
  })
})

test.each([
  ['', 'nothing'],
  ['abc', 'one part'],
  ['a.b', 'two parts'],
  ['a.b.c', 'no JSON'],
  [`a.${Buffer.from('null').toString('base64url')}.c`, 'null'],
  [`a.${Buffer.from('"text"').toString('base64url')}.c`, 'a text'],
  [`a.${Buffer.from('["list"]').toString('base64url')}.c`, 'a list'],
  [`Bearer ${makeToken({ sub: 'user' })}`, 'with the word before it'],
  [makeToken({ sub: 'user' }).replace('.', '.\n'), 'over two lines'],
  [`"${makeToken({ sub: 'user' })}"`, 'in quotes'],
])('%j is no token (%s)', (token) => expect(readClaims(token)).toBeUndefined())

test('claims of the wrong type are ignored', () => {
  expect(
    readClaims(makeToken({ permissions: [1, null, 'workspaceId:w'], exp: 'never', apiTokenId: 7 })),
  ).toEqual({
    permissions: ['workspaceId:w'],
    expiresAt: undefined,
    tokenId: undefined,
    organizationId: undefined,
    workspaceId: 'w',
    deploymentId: undefined,
  })
})
