import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Deploy } from '../../src/astro/types.ts'
import { chooseDeploy } from '../../src/deploy/choose.ts'
import type { DeployTypeWish } from '../../src/inputs/types.ts'
import type { Changes } from '../../src/project/changes.ts'
import { readCommit } from '../../src/project/commit.ts'
import { systemGit } from '../make/git.ts'
import type { ProjectTree } from '../../src/project/tree.ts'
import { readProjectTree } from '../../src/project/tree.ts'
import { makeDeploy, makeDeployment } from '../make/deployment.ts'
import type { TestRepository } from '../make/repository.ts'
import { makeRepository } from '../make/repository.ts'

let repository: TestRepository
let shallow: string
/** Three commits: deployed, then one that changed a DAG, then one that only changed what is never shipped. */
let deployed: string
let changed: string
let head: string
/** A commit that was deployed and then replaced by a forced push. */
let replaced: string

beforeAll(async () => {
  repository = await makeRepository()
  const files = { 'dags/a.py': '1', Dockerfile: 'FROM x', '.dockerignore': '*.md\n', 'README.md': '1' }
  deployed = await repository.commit(files)
  replaced = await repository.commit({ 'dags/b.py': '1', 'include/x.sql': '1' })
  repository.git('reset', '--quiet', '--hard', deployed)
  changed = await repository.commit({ 'dags/a.py': '2' })
  head = await repository.commit({ 'README.md': '2' })
  shallow = await mkdtemp(path.join(tmpdir(), 'shallow-'))
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${repository.folder}`, shallow])
})
afterAll(async () => {
  await repository.remove()
  await rm(shallow, { recursive: true, force: true })
})

const EVENTS: Readonly<Record<string, { readonly env: Record<string, string>; readonly event: unknown }>> = {
  push: { env: { GITHUB_REF_NAME: 'main' }, event: { before: '9'.repeat(40) } },
  'first push of a branch': {
    env: { GITHUB_REF_NAME: 'x' },
    event: { before: '0'.repeat(40), created: true },
  },
  'forced push': { env: { GITHUB_REF_NAME: 'main' }, event: { before: '8'.repeat(40), forced: true } },
  tag: { env: { GITHUB_REF_NAME: 'v1', GITHUB_REF_TYPE: 'tag' }, event: { before: '0'.repeat(40) } },
  pull_request: {
    env: { GITHUB_HEAD_REF: 'x', GITHUB_REF_NAME: '7/merge' },
    event: {
      before: '7'.repeat(40),
      pull_request: { head: { sha: '6'.repeat(40), repo: { full_name: 'acme/etl' } } },
    },
  },
  workflow_dispatch: { env: { GITHUB_REF_NAME: 'main' }, event: { inputs: {} } },
  schedule: { env: { GITHUB_REF_NAME: 'main' }, event: { schedule: '0 0 * * *' } },
  workflow_run: { env: { GITHUB_REF_NAME: 'main' }, event: { workflow_run: { head_sha: '5'.repeat(40) } } },
  repository_dispatch: { env: { GITHUB_REF_NAME: 'main' }, event: { action: 'deploy', client_payload: {} } },
  merge_group: {
    env: { GITHUB_REF_NAME: 'gh-readonly-queue/main/pr-7' },
    event: { merge_group: { head_sha: 'x' } },
  },
}

type Case = {
  readonly deploys: () => readonly Deploy[]
  readonly folder?: () => string
  readonly gitHub?: Changes
  readonly expected: string
}

const of = (commitSha: string, git: object = {}): readonly Deploy[] => [
  makeDeploy({
    type: 'IMAGE_AND_DAG',
    dagTarballVersion: 'v1',
    git: { provider: 'GITHUB', account: 'acme', repo: 'etl', commitSha, ...git },
  }),
]
const LOST: Changes = { known: false, why: 'HTTP 404' }

const BASELINES: Readonly<Record<string, Case>> = {
  'known, a DAG changed': { deploys: () => of(deployed), expected: 'dags-only' },
  'known, nothing changed': { deploys: () => of(changed), expected: 'skip' },
  'unknown: no deploy so far': { deploys: () => [], expected: 'image-and-dags' },
  'unknown: a deploy without a commit': {
    deploys: () => [makeDeploy({ type: 'IMAGE_AND_DAG', dagTarballVersion: 'v1' })],
    expected: 'image-and-dags',
  },
  'rewritten history, both ends at hand': { deploys: () => of(replaced), expected: 'image-and-dags' },
  'rewritten history, GitHub knows both ends': {
    deploys: () => of(replaced),
    folder: () => shallow,
    gitHub: { known: true, paths: ['dags/b.py', 'include/x.sql'], from: 'GitHub' },
    expected: 'image-and-dags',
  },
  'rewritten history, the commit is gone': {
    deploys: () => of('4'.repeat(40)),
    gitHub: LOST,
    expected: 'image-and-dags',
  },
  'shallow, GitHub compares': {
    deploys: () => of(deployed),
    folder: () => shallow,
    gitHub: { known: true, paths: ['dags/a.py', 'README.md'], from: 'GitHub' },
    expected: 'dags-only',
  },
  'shallow, GitHub sees no change': {
    deploys: () => of(changed),
    folder: () => shallow,
    gitHub: { known: true, paths: ['README.md'], from: 'GitHub' },
    expected: 'skip',
  },
  'shallow, no word from GitHub': {
    deploys: () => of(changed),
    folder: () => shallow,
    gitHub: LOST,
    expected: 'image-and-dags',
  },
  'other repository': { deploys: () => of(changed, { repo: 'other' }), expected: 'image-and-dags' },
  'other path': { deploys: () => of(changed, { path: 'other' }), expected: 'image-and-dags' },
}

const trees = new Map<string, Promise<ProjectTree>>()

/** Nobody writes into the repositories after they were made. */
function treeOf(folder: string): Promise<ProjectTree> {
  const where = { folder, projectPath: Promise.resolve(''), dagsPath: 'dags', everywhere: false }
  const tree = trees.get(folder) ?? readProjectTree(systemGit, where)
  trees.set(folder, tree)
  return tree
}

async function choose(
  eventName: string,
  baseline: Case,
  deployType: DeployTypeWish,
  skipUnchanged = false,
): Promise<string> {
  const { env, event } = EVENTS[eventName] ?? { env: {}, event: {} }
  const folder = baseline.folder?.() ?? repository.folder
  const surroundings = { GITHUB_SHA: head, GITHUB_REPOSITORY: 'acme/etl', ...env }
  const choice = await chooseDeploy(
    { git: systemGit, compare: () => Promise.resolve(baseline.gitHub ?? LOST) },
    {
      inputs: { deployType, skipUnchanged, imageName: undefined, imageTriggerPaths: [] },
      partInputs: {},
      deployment: makeDeployment(),
      deploys: baseline.deploys(),
      commit: readCommit(surroundings, event),
      projectPath: '',
      projectFolder: folder,
      tree: await treeOf(folder),
    },
  )
  return choice.skip === undefined ? choice.type : 'skip'
}

describe.each(Object.keys(EVENTS))('on %s', (event) => {
  test.each(Object.entries(BASELINES))('infer, baseline %s', async (_, baseline) => {
    expect(await choose(event, baseline, 'infer')).toBe(baseline.expected)
  })

  test.each(['dags-only', 'image-and-dags', 'image-only'] as const)('%s does what it says', async (type) => {
    for (const baseline of Object.values(BASELINES)) expect(await choose(event, baseline, type)).toBe(type)
  })

  test('an explicit type skips when asked to, and only when nothing changed', async () => {
    for (const baseline of Object.values(BASELINES)) {
      const expected = baseline.expected === 'skip' ? 'skip' : 'image-and-dags'
      expect(await choose(event, baseline, 'image-and-dags', true)).toBe(expected)
    }
  })
})
