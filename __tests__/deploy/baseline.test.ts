import { describe, expect, test } from '@jest/globals'
import type { Deploy, GitMetadata } from '../../src/astro/types.ts'
import type { BaselineFacts } from '../../src/deploy/baseline.ts'
import { findBaseline } from '../../src/deploy/baseline.ts'
import type { Commit } from '../../src/project/commit.ts'
import type { Part } from '../../src/project/tree-mark.ts'
import { makeDeploy } from '../make/deployment.ts'

const sha = (letter: string): string => letter.repeat(40)
const OURS: GitMetadata = { provider: 'GITHUB', account: 'acme', repo: 'etl', commitSha: sha('a') }
const COMMIT: Commit = {
  sha: sha('f'),
  branch: 'main',
  before: sha('b'),
  message: undefined,
  authorName: undefined,
  authorUsername: undefined,
  repository: { serverUrl: 'https://github.com', owner: 'acme', name: 'etl' },
}

/** The `day`th deploy of a history, of commit aaa… of our repository unless told otherwise. */
const day = (number: number, fields: Partial<Deploy> = {}, git: Partial<GitMetadata> = {}): Deploy =>
  makeDeploy({
    id: `cl${number}`,
    createdAt: `2026-01-0${number}T00:00:00Z`,
    dagTarballVersion: 'v2',
    git: { ...OURS, ...git },
    ...fields,
  })

function baseline(part: Part, deploys: readonly Deploy[], facts: Partial<BaselineFacts> = {}): string {
  const found = findBaseline(part, {
    deploys,
    commit: COMMIT,
    projectPath: '',
    desiredDagVersion: 'v2',
    isDagDeployEnabled: true,
    imageTag: makeDeploy().imageTag,
    inputs: {},
    ...facts,
  })
  return found.known ? `${found.sha.slice(0, 1)} of ${found.deployId}` : found.why
}

const withoutGit = (number: number, fields: Partial<Deploy> = {}): Deploy => {
  const deploy: { git?: GitMetadata } & Omit<Deploy, 'git'> = { ...day(number, fields) }
  delete deploy.git
  return deploy
}

describe('the newest deploy that brought the part', () => {
  test.each<[string, Part, readonly Deploy[], string]>([
    [
      'in whatever order they come',
      'dags',
      [day(1), day(3, {}, { commitSha: sha('c') }), day(2)],
      'c of cl3',
    ],
    [
      'pain 10: not one that failed to be finalized',
      'dags',
      [day(1), day(2, { status: 'INITIALIZED' }, { commitSha: sha('c') })],
      'a of cl1',
    ],
    [
      'DAGs and image have their own',
      'image',
      [day(1, { type: 'IMAGE_AND_DAG' }), day(2, { type: 'DAG_ONLY' }, { commitSha: sha('c') })],
      'a of cl1',
    ],
    [
      'an image alone brings no DAGs',
      'dags',
      [day(1), day(2, { type: 'IMAGE_ONLY' }, { commitSha: sha('c') })],
      'a of cl1',
    ],
    ['a bundle brings neither', 'dags', [day(1), day(2, { type: 'BUNDLE' }, { repo: 'dbt' })], 'a of cl1'],
    [
      'the tree that was checked out',
      'dags',
      [day(1, {}, { commitUrl: `https://x/#tree=${sha('d')}` })],
      'd of cl1',
    ],
    [
      'files of no commit in the other part',
      'dags',
      [day(1, {}, { commitUrl: 'https://x/#modified=image' })],
      'a of cl1',
    ],
  ])('%s', (_, part, deploys, expected) => {
    expect(baseline(part, deploys)).toBe(expected)
  })
})

describe('the repository', () => {
  const generic = (remoteUrl: string): Deploy =>
    day(1, { git: { provider: 'GENERIC', remoteUrl, commitSha: sha('a') } })
  const enterprise = {
    ...COMMIT,
    repository: { ...COMMIT.repository, serverUrl: 'https://git.acme.example' },
  }
  test.each([
    'https://git.acme.example/acme/etl',
    'https://git.acme.example/Acme/ETL.git/',
    'https://user:token@git.acme.example/acme/etl.git',
    'git@git.acme.example:acme/etl.git',
    'ssh://git@git.acme.example/acme/etl.git',
  ])('is the same as %s', (remote) => {
    expect(baseline('dags', [generic(remote)], { commit: enterprise })).toBe('a of cl1')
  })

  test('is another one on another host', () => {
    expect(baseline('dags', [generic('https://other.example/acme/etl')], { commit: enterprise })).toContain(
      'another repository (other.example/acme/etl)',
    )
  })

  test('that was renamed is recognized by the commit before the push', () => {
    const renamed = day(1, {}, { repo: 'old-etl', commitSha: sha('b') })
    expect(baseline('dags', [renamed])).toBe('b of cl1')
    expect(baseline('dags', [renamed], { commit: { ...COMMIT, before: undefined } })).toContain(
      'another repository',
    )
  })
})

describe('it is not known', () => {
  test.each<[string, Part, readonly Deploy[], string]>([
    ['nothing was deployed', 'dags', [], 'no earlier deploy'],
    ['no image was deployed', 'image', [day(1)], 'no earlier deploy'],
    ['the last deploy names no commit', 'dags', [day(1), withoutGit(2)], 'cl2 does not say which commit'],
    [
      'the last deploy is of another repository',
      'dags',
      [day(1), day(2, {}, { repo: 'x' })],
      'another repository',
    ],
    [
      'the last deploy is of another project',
      'dags',
      [day(1), day(2, {}, { path: 'b' })],
      'another project (b)',
    ],
    ['the last deploy failed', 'dags', [day(1), day(2, { status: 'FAILED' })], 'cl2 failed'],
    ['it brought files of no commit', 'dags', [day(1, {}, { commitUrl: 'x#modified=dags' })], 'in no commit'],
    ['the Deployment has other DAGs', 'dags', [day(1, { dagTarballVersion: 'v1' })], 'another DAG version'],
    ['DAG deploys were off then', 'dags', [day(1, { isDagDeployEnabled: false })], 'switched on after'],
    [
      'the Deployment runs another image',
      'image',
      [day(1, { type: 'IMAGE_AND_DAG', imageTag: 'other' })],
      'runs another image than the deploy cl1',
    ],
    [
      'it was made with other inputs',
      'dags',
      [day(1, {}, { commitUrl: 'x#dags=12ab34' })],
      'made with other inputs (`dags-path`)',
    ],
    ['the commit is nonsense', 'dags', [day(1, {}, { commitSha: '--help' })], 'which commit'],
    ['the commit is cut', 'dags', [day(1, {}, { commitSha: sha('a').slice(0, 7) })], 'which commit'],
  ])('when %s', (_, part, deploys, why) => {
    expect(baseline(part, deploys)).toContain(why)
  })

  test('when the Deployment is said to have no DAG version', () => {
    expect(baseline('dags', [day(1)], { desiredDagVersion: undefined })).toContain('another DAG version')
  })

  test('when other inputs are given now', () => {
    const build = day(1, { type: 'IMAGE_AND_DAG' }, { commitUrl: 'x#image=12ab34' })
    expect(baseline('image', [build])).toContain('made with other inputs')
    expect(baseline('image', [build], { inputs: { image: 'ffffff' } })).toContain('made with other inputs')
    expect(baseline('image', [build], { inputs: { image: '12ab34' } })).toBe('a of cl1')
    expect(baseline('dags', [build])).toBe('a of cl1')
  })

  test('when it does not say that it had everything, and a checkout may lack something', () => {
    const marked = day(1, {}, { commitUrl: 'x#whole=dags' })
    expect(baseline('dags', [day(1)], { precarious: ['image'] })).toBe('a of cl1')
    expect(baseline('dags', [marked], { precarious: ['dags'] })).toBe('a of cl1')
    expect(baseline('dags', [day(1)], { precarious: ['dags'] })).toContain('every submodule')
  })

  test('outside of GitHub Actions', () => {
    expect(baseline('dags', [day(1)], { commit: undefined })).toContain('which commit it deploys')
  })
})

describe('a rollback', () => {
  const history = [
    day(1, { type: 'IMAGE_AND_DAG', dagTarballVersion: 'v1' }, { commitSha: sha('1') }),
    day(2, { dagTarballVersion: 'v2' }, { commitSha: sha('2') }),
    day(3, { type: 'IMAGE_AND_DAG', dagTarballVersion: 'v3' }, { commitSha: sha('3') }),
  ]
  const back = (number: number, to: string, version: string): Deploy =>
    withoutGit(number, { rollbackFromId: to, dagTarballVersion: version })

  test('brings back both parts as they were after the deploy it went to', () => {
    const deploys = [...history, back(4, 'cl2', 'v2')]
    expect(baseline('dags', deploys)).toBe('2 of cl2')
    expect(baseline('image', deploys)).toBe('1 of cl1')
  })

  test('to a rollback is followed', () => {
    const deploys = [...history, back(4, 'cl1', 'v1'), back(5, 'cl3', 'v3'), back(6, 'cl4', 'v1')]
    expect(baseline('dags', deploys, { desiredDagVersion: 'v1' })).toBe('1 of cl1')
  })

  test('to a deploy that is no longer listed is not known', () => {
    expect(baseline('dags', [...history, back(4, 'gone', 'v2')])).toContain('no longer listed')
  })

  test('to itself ends', () => {
    expect(baseline('dags', [back(4, 'cl4', 'v2')])).toContain('no longer listed')
  })
})
