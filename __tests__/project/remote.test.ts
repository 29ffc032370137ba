import { describe, expect, test } from '@jest/globals'
import { isSameRepository, readRemote } from '../../src/project/remote.ts'

const GITHUB = 'https://github.com'
const SERVER = 'https://git.acme.example'
const read = (remote: string, own = GITHUB): string | undefined => {
  const found = readRemote(remote, own)
  return found && `${found.serverUrl} ${found.owner} ${found.name}`
}

describe('the repository that a remote names', () => {
  test.each([
    ['https://github.com/acme/etl', `${GITHUB} acme etl`],
    ['https://github.com/acme/etl.git', `${GITHUB} acme etl`],
    ['https://github.com/acme/etl/', `${GITHUB} acme etl`],
    ['https://www.github.com/acme/etl', `${GITHUB} acme etl`],
    ['https://x-access-token:ghs_secret@github.com/acme/etl', `${GITHUB} acme etl`],
    ['git@github.com:acme/etl.git', `${GITHUB} acme etl`],
    ['github.com:acme/etl', `${GITHUB} acme etl`],
    ['ssh://git@github.com/acme/etl.git', `${GITHUB} acme etl`],
    ['ssh://git@ssh.github.com:443/acme/etl.git', `${GITHUB} acme etl`],
    ['git@github.com-deploy-key:acme/etl.git', `${GITHUB} acme etl`],
    ['git@key-of-etl:acme/etl.git', `${GITHUB} acme etl`],
    ['https://git.acme.example/acme/etl', `${SERVER} acme etl`],
    ['git@git.acme.example:acme/etl.git', `${SERVER} acme etl`],
    ['ssh://git@git.acme.example:2222/acme/etl.git', `${SERVER} acme etl`],
    ['https://git.acme.example:8443/acme/etl', `${SERVER}:8443 acme etl`],
    ['https://gitlab.com/group/sub/project.git', 'https://gitlab.com group/sub project'],
  ])('%s', (remote, expected) => expect(read(remote)).toBe(expected))

  test.each([
    '/srv/git/etl.git',
    '../etl',
    'file:///srv/git/acme/etl.git',
    'C:\\git\\acme\\etl',
    'C:/git/acme/etl',
    'https://github.com/etl',
    'https://',
    'ext::sh -c x',
    '',
  ])('%j names none', (remote) => expect(read(remote)).toBeUndefined())

  test('is on the server of the workflow, where it is that one', () => {
    expect(read('git@GIT.acme.example:acme/etl', SERVER)).toBe(`${SERVER} acme etl`)
    expect(read('http://127.0.0.1:3000/acme/etl', 'http://127.0.0.1:3000')).toBe(
      'http://127.0.0.1:3000 acme etl',
    )
  })
})

test('upper and lower case make no other repository', () => {
  const one = { serverUrl: GITHUB, owner: 'acme', name: 'etl' }
  expect(isSameRepository(one, { serverUrl: 'https://GitHub.com', owner: 'Acme', name: 'ETL' })).toBe(true)
  expect(isSameRepository(one, { ...one, name: 'etl2' })).toBe(false)
  expect(isSameRepository(one, { ...one, serverUrl: SERVER })).toBe(false)
})
