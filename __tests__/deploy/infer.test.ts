import { describe, expect, test } from '@jest/globals'
import type { Baseline } from '../../src/deploy/baseline.ts'
import type { HoleKind } from '../../src/project/holes.ts'
import type { ChoiceFacts, Layout, PartState } from '../../src/deploy/infer.ts'
import { chooseType, judgePart, sortHoles, sortPaths } from '../../src/deploy/infer.ts'

const ROOT: Layout = { project: '', dagFolders: ['dags'], dockerIgnore: undefined, imageTriggers: [] }
const ASTRO: Layout = { ...ROOT, project: 'astro', dagFolders: ['astro/dags'] }

function kindOf(path: string, layout: Layout): string {
  const { dags, image } = sortPaths([path], layout)
  return [...(dags.length > 0 ? ['dags'] : []), ...(image.length > 0 ? ['image'] : [])].join('+') || 'nothing'
}

describe('paths', () => {
  test.each<[string, string, Layout, string]>([
    ['a DAG', 'dags/a.py', ROOT, 'dags'],
    ['a DAG in a folder', 'dags/sales/sql/a.sql', ROOT, 'dags'],
    ['the Dockerfile', 'Dockerfile', ROOT, 'image'],
    ['requirements', 'requirements.txt', ROOT, 'image'],
    ['pain 7: a project in a folder', 'astro/dags/a.py', ASTRO, 'dags'],
    ['pain 13: tests of DAGs', 'tests/dags/t.py', ROOT, 'image'],
    ['pain 13: DAGs in include', 'include/dags/x.sql', ROOT, 'image'],
    ['pain 13: a plugin', 'plugins/mydags/p.py', ROOT, 'image'],
    ['pain 14: another project whose name begins alike', 'astro-old/dags/a.py', ASTRO, 'nothing'],
    ['pain 14: a file whose name begins alike', 'astronaut.txt', ASTRO, 'nothing'],
    ['pain 14: a folder whose name begins alike', 'dags-old/a.py', ROOT, 'image'],
    [
      'pain 15: what .dockerignore excludes',
      'README.md',
      { ...ROOT, dockerIgnore: '*.md\n.github\n' },
      'nothing',
    ],
    [
      'pain 15: a workflow',
      '.github/workflows/a.yml',
      { ...ROOT, dockerIgnore: '*.md\n.github\n' },
      'nothing',
    ],
    ['pain 15: the rest of the repository', 'README.md', ASTRO, 'nothing'],
    [
      '.dockerignore is relative to the project',
      'astro/README.md',
      { ...ASTRO, dockerIgnore: '*.md' },
      'nothing',
    ],
    ['the ignore file itself', '.dockerignore', { ...ROOT, dockerIgnore: '*' }, 'image'],
    ['the Dockerfile, ignored', 'Dockerfile', { ...ROOT, dockerIgnore: '*' }, 'image'],
    ['DAGs, ignored in the image', 'dags/a.py', { ...ROOT, dockerIgnore: 'dags/' }, 'dags'],
    ['pain 16: a trigger', 'proto/a/b.proto', { ...ASTRO, imageTriggers: ['proto/**'] }, 'image'],
    ['pain 16: a trigger folder', 'proto/a/b.proto', { ...ASTRO, imageTriggers: ['./proto/'] }, 'image'],
    ['pain 16: not a trigger', 'prototype/a.proto', { ...ASTRO, imageTriggers: ['proto'] }, 'nothing'],
    [
      'pain 16: a trigger taken back',
      'proto/a.md',
      { ...ASTRO, imageTriggers: ['!**/*.md', 'proto/**'] },
      'nothing',
    ],
    ['pain 16: a trigger with braces', 'proto/b/x', { ...ASTRO, imageTriggers: ['proto/{a,b}/**'] }, 'image'],
    ['pain 16: the whole repository', 'proto/b/x', { ...ASTRO, imageTriggers: ['./'] }, 'image'],
    ['pain 16: the whole repository, as a dot', 'x', { ...ASTRO, imageTriggers: ['.'] }, 'image'],
    ['pain 16: the whole repository, as a slash', 'x', { ...ASTRO, imageTriggers: ['/'] }, 'image'],
    ['a hidden trigger', '.ci/base.txt', { ...ASTRO, imageTriggers: ['.ci/*.txt'] }, 'image'],
    [
      'a trigger among the DAGs',
      'dags/pins.txt',
      { ...ROOT, imageTriggers: ['dags/pins.txt'] },
      'dags+image',
    ],
    ['a DAG folder by a link', 'shared/a.py', { ...ROOT, dagFolders: ['dags', 'shared'] }, 'dags'],
    ['the link itself', 'dags', { ...ROOT, dagFolders: ['dags', 'shared'] }, 'dags'],
    [
      'a DAG folder elsewhere in the project',
      'src/flows/a.py',
      { ...ROOT, dagFolders: ['src/flows'] },
      'dags',
    ],
    ['dags, when the DAG folder is elsewhere', 'dags/a.py', { ...ROOT, dagFolders: ['src/flows'] }, 'image'],
    ['credentials of another action', 'gha-creds-0123456789abcdef.json', ROOT, 'nothing'],
    [
      'credentials of another action among the DAGs, and a trigger',
      'dags/gha-creds-0123456789abcdef.json',
      { ...ROOT, imageTriggers: ['**'] },
      'nothing',
    ],
    ['bytecode', 'dags/__pycache__/a.cpython-312.pyc', ROOT, 'nothing'],
    ['a cache of tests', '.pytest_cache/v/x', ROOT, 'nothing'],
    ['pain 9: a name beyond ASCII', 'dags/é.py', ROOT, 'dags'],
  ])('%s', (_, path, layout, kind) => {
    expect(kindOf(path, layout)).toBe(kind)
  })
})

describe('a hole', () => {
  test.each<[string, HoleKind, string, Layout, string]>([
    ['among the DAGs', 'lfs', 'dags/a.csv', ROOT, 'dags'],
    [
      'among the DAGs, by a link',
      'sparse',
      'shared/a.py',
      { ...ROOT, dagFolders: ['dags', 'shared'] },
      'dags',
    ],
    ['in the DAG folder, a submodule', 'submodule', 'dags/lib', ROOT, 'dags'],
    ['that is the DAG folder', 'submodule', 'dags', ROOT, 'dags'],
    ['around the DAG folder', 'submodule', 'libs', { ...ROOT, dagFolders: ['libs/dags'] }, 'dags+image'],
    ['around the project', 'submodule', 'astro', ASTRO, 'dags+image'],
    ['beside the project', 'submodule', 'other', ASTRO, 'nothing'],
    ['in the project', 'submodule', 'include/lib', ROOT, 'image'],
    ['left out of the build', 'lfs', 'docs/a.csv', { ...ROOT, dockerIgnore: 'docs\n' }, 'nothing'],
    [
      'left out of the build, file by file',
      'submodule',
      'lib',
      { ...ROOT, dockerIgnore: 'lib/**\n' },
      'nothing',
    ],
    ['the Dockerfile', 'sparse', 'Dockerfile', { ...ROOT, dockerIgnore: '*\n' }, 'image'],
    ['that only triggers images', 'lfs', 'proto/a', { ...ASTRO, imageTriggers: ['proto'] }, 'nothing'],
  ])('%s', (_, kind, path, layout, parts) => {
    const { dags, image } = sortHoles([{ path, kind }], layout)
    const found = [...(dags.length > 0 ? ['dags'] : []), ...(image.length > 0 ? ['image'] : [])]
    expect(found.join('+') || 'nothing').toBe(parts)
  })
})

const KNOWN: Extract<Baseline, { known: true }> = {
  known: true,
  sha: 'abcdef0123',
  deployId: 'cl1',
  source: 'the deploy cl1 of 2026-01-01',
}
const UNCHANGED: PartState = { kind: 'unchanged', baseline: KNOWN }
const UNKNOWN: PartState = { kind: 'unknown', why: 'reasons' }
const changed = (...paths: string[]): PartState => ({ kind: 'changed', baseline: KNOWN, paths })

describe('a part', () => {
  const unchanged = { known: true, paths: ['README.txt'], from: 'git' } as const
  test('is unchanged when no path is its own', () => {
    expect(judgePart('dags', KNOWN, unchanged, [], ROOT)).toEqual(UNCHANGED)
  })
  test('is changed by commits and by files of no commit', () => {
    const changes = { ...unchanged, paths: ['dags/a.py'] }
    expect(judgePart('dags', KNOWN, changes, ['dags/b.py', 'dags/a.py'], ROOT)).toEqual(
      changed('dags/a.py', 'dags/b.py'),
    )
  })
  test('pain 12: is changed by DAGs that an earlier step generated', () => {
    expect(judgePart('dags', KNOWN, unchanged, ['dags/generated.py'], ROOT).kind).toBe('changed')
  })
  test('is unknown for the reason that git gave', () => {
    expect(judgePart('dags', KNOWN, unchanged, 'git refuses', ROOT)).toEqual({
      kind: 'unknown',
      why: 'git refuses',
    })
  })
  test.each<[string, PartState]>([
    ['its baseline', judgePart('dags', { known: false, why: 'w' }, unchanged, [], ROOT)],
    ['the changes', judgePart('dags', KNOWN, { known: false, why: 'w' }, [], ROOT)],
    ['the clone', judgePart('dags', KNOWN, unchanged, undefined, ROOT)],
  ])('is unknown without %s', (_, state) => {
    expect(state.kind).toBe('unknown')
  })
})

const INFER: ChoiceFacts = {
  wish: 'infer',
  skipUnchanged: false,
  isDagDeployEnabled: true,
  isRemote: false,
  image: 'build',
  parts: { dags: UNCHANGED, image: UNCHANGED },
}
const parts = (dags: PartState, image: PartState): Partial<ChoiceFacts> => ({ parts: { dags, image } })

describe('infer', () => {
  test.each<[string, Partial<ChoiceFacts>, string]>([
    ['nothing changed', {}, 'skip'],
    ['DAGs', parts(changed('dags/a.py'), UNCHANGED), 'dags-only'],
    ['the image', parts(UNCHANGED, changed('Dockerfile')), 'image-only'],
    ['both', parts(changed('dags/a.py'), changed('Dockerfile')), 'image-and-dags'],
    ['pain 5: all is unknown', parts(UNKNOWN, UNKNOWN), 'image-and-dags'],
    ['the DAGs are unknown', parts(UNKNOWN, UNCHANGED), 'dags-only'],
    ['the image is unknown', parts(UNCHANGED, UNKNOWN), 'image-only'],
    [
      'DAGs, DAG deploys off',
      { ...parts(changed('dags/a.py'), UNCHANGED), isDagDeployEnabled: false },
      'image-and-dags',
    ],
    [
      'the image, DAG deploys off',
      { ...parts(UNCHANGED, changed('x')), isDagDeployEnabled: false },
      'image-and-dags',
    ],
    ['nothing, DAG deploys off', { isDagDeployEnabled: false }, 'skip'],
    ['all is unknown, no Dockerfile', { ...parts(UNKNOWN, UNKNOWN), image: 'none' }, 'dags-only'],
    ['DAGs unchanged, no Dockerfile', { ...parts(UNCHANGED, UNKNOWN), image: 'none' }, 'skip'],
    ['a prebuilt image', { image: 'prebuilt' }, 'image-only'],
    [
      'DAGs and a prebuilt image',
      { ...parts(changed('dags/a.py'), UNCHANGED), image: 'prebuilt' },
      'image-and-dags',
    ],
    ['DAGs, remote execution', { ...parts(changed('dags/a.py'), UNCHANGED), isRemote: true }, 'skip'],
    ['both, remote execution', { ...parts(UNKNOWN, UNKNOWN), isRemote: true }, 'image-only'],
  ])('%s', (_, facts, expected) => {
    const choice = chooseType({ ...INFER, ...facts })
    expect(choice.skip === undefined ? choice.type : 'skip').toBe(expected)
  })
})

describe('pain 11: an explicit type', () => {
  const wishes = ['dags-only', 'image-and-dags', 'image-only'] as const
  test.each(wishes)('%s is obeyed without a look at what changed', (wish) => {
    expect(chooseType({ ...INFER, wish, parts: undefined })).toEqual({
      type: wish,
      skip: undefined,
      reasons: [`Deploy type ${wish}, as \`deploy-type\` says.`],
    })
  })
  test.each<[(typeof wishes)[number], PartState, PartState, string]>([
    ['dags-only', UNCHANGED, changed('Dockerfile'), 'skip'],
    ['dags-only', changed('dags/a.py'), UNCHANGED, 'dags-only'],
    ['dags-only', UNKNOWN, UNCHANGED, 'dags-only'],
    ['image-only', changed('dags/a.py'), UNCHANGED, 'skip'],
    ['image-only', UNCHANGED, changed('Dockerfile'), 'image-only'],
    ['image-and-dags', UNCHANGED, UNCHANGED, 'skip'],
    ['image-and-dags', changed('dags/a.py'), UNCHANGED, 'image-and-dags'],
    ['image-and-dags', UNCHANGED, UNKNOWN, 'image-and-dags'],
  ])('%s may skip when that is asked for', (wish, dags, image, expected) => {
    const choice = chooseType({ ...INFER, wish, skipUnchanged: true, parts: { dags, image } })
    expect(choice.skip === undefined ? choice.type : 'skip').toBe(expected)
  })
})

describe('the plan says in sentences', () => {
  test('type, baseline and the first few paths', () => {
    const paths = ['dags/a.py', 'dags/b.py', 'dags/c.py', 'dags/d.py', 'dags/e.py']
    expect(chooseType({ ...INFER, ...parts(changed(...paths), UNCHANGED) }).reasons).toEqual([
      'Deploy type dags-only, inferred.',
      'DAGs: changed since the deploy cl1 of 2026-01-01 (commit abcdef0): dags/a.py, dags/b.py, dags/c.py and 2 more.',
      'Image: unchanged since the deploy cl1 of 2026-01-01 (commit abcdef0).',
    ])
  })
  test('why everything counts as changed', () => {
    expect(chooseType({ ...INFER, ...parts(UNKNOWN, UNKNOWN), isDagDeployEnabled: false }).reasons).toEqual([
      'Deploy type image-and-dags, inferred.',
      'DAGs: everything counts as changed, because reasons. DAG-only deploys are off, so they need an image.',
      'Image: everything counts as changed, because reasons.',
    ])
  })
  test('pain 8: why nothing is deployed', () => {
    expect(chooseType(INFER).skip).toBe('nothing to deploy changed since the deploy cl1 of 2026-01-01')
  })
})
