import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Deploy } from '../../src/astro/types.ts'
import { chooseDeploy, modifiedParts } from '../../src/deploy/choose.ts'
import { namePartInputs } from '../../src/deploy/part-inputs.ts'
import { planDeploy } from '../../src/deploy/plan.ts'
import type { Commit } from '../../src/project/commit.ts'
import { systemGit } from '../make/git.ts'
import { readProjectTree } from '../../src/project/tree.ts'
import { makeDeploy, makeDeployment } from '../make/deployment.ts'
import type { TestRepository } from '../make/repository.ts'
import { makeRepository } from '../make/repository.ts'

/** What runs: the content of each part, by path. */
type Running = { readonly dags: string; readonly image: string }

type Made = 'plain' | 'with an argument' | 'prebuilt'

/** One thing that happens: somebody pushes and the workflow runs, or somebody acts on Astro. */
type Act =
  | {
      readonly kind: 'push'
      readonly files: Readonly<Record<string, string>>
      readonly type: 'infer' | 'dags-only' | 'image-and-dags' | 'image-only'
      readonly skipUnchanged: boolean
      /** How far the run comes. */
      readonly end: 'live' | 'cancelled before' | 'cancelled after create' | 'rollout failed'
      /** The branch is reset to an older commit first, as by a forced push. */
      readonly rewrite: boolean
      /** A file that an earlier step makes and that is in no commit. */
      readonly generated: string | undefined
      /** What the image is made of beside the files: nothing, a build argument, or it is a prebuilt one. */
      readonly made: Made
    }
  | { readonly kind: 'foreign'; readonly image: boolean }
  | { readonly kind: 'rollback'; readonly back: number }

const FILES = [
  'dags/a.py',
  'dags/größe.py',
  'dags/sub/c.sql',
  'Dockerfile',
  'include/dags/x.sql',
  'README.md',
  'docs/y.md',
]
const isDag = (path: string): boolean => path.startsWith('dags/')
const isInImage = (path: string): boolean => !isDag(path) && !path.endsWith('.md')

const push = fc.record({
  kind: fc.constant('push' as const),
  files: fc.dictionary(fc.constantFrom(...FILES), fc.constantFrom('1', '2', '3'), { maxKeys: 3 }),
  type: fc.constantFrom('infer', 'infer', 'dags-only', 'image-and-dags', 'image-only'),
  skipUnchanged: fc.boolean(),
  end: fc.constantFrom('live', 'live', 'cancelled before', 'cancelled after create', 'rollout failed'),
  rewrite: fc.boolean(),
  generated: fc.option(fc.constantFrom('dags/generated.py', 'include/generated.sql'), {
    nil: undefined,
    freq: 5,
  }),
  made: fc.constantFrom('plain', 'plain', 'plain', 'with an argument', 'prebuilt'),
})
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: push },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('foreign' as const), image: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rollback' as const), back: fc.nat(3) }) },
)

/** A Deployment and its history as Astro keeps them, and the repository whose workflow deploys to it. */
function world(repository: TestRepository) {
  let running: Running = { dags: 'of somebody else', image: 'of somebody else' }
  let runningTag = 'first'
  let time = Date.UTC(2026, 0, 1)
  const deploys: { readonly deploy: Deploy; readonly brought: Running }[] = []

  const record = (fields: Partial<Deploy>, brought: Running): void => {
    time += 60_000
    const id = `cl${deploys.length}`
    const deploy = makeDeploy({
      id,
      createdAt: new Date(time).toISOString(),
      dagTarballVersion: brought.dags,
      imageTag: fields.type === 'DAG_ONLY' ? runningTag : `image-${id}`,
      ...fields,
    })
    deploys.push({ deploy, brought })
    if (deploy.status !== 'DEPLOYED') return
    running = brought
    runningTag = deploy.imageTag
  }

  const content = async (wanted: (path: string) => boolean): Promise<string> => {
    const { readFile } = await import('node:fs/promises')
    const paths = repository.git('ls-files', '-z', '--cached', '--others', '--exclude=.git').split('\0')
    const kept = [...new Set(paths)].filter((path) => path !== '' && wanted(path)).toSorted()
    const texts = await Promise.all(
      kept.map(async (path) => `${path}=${await readFile(`${repository.folder}/${path}`, 'utf8')}`),
    )
    return texts.join('\n')
  }
  const checkedOut = async (made: Made): Promise<Running> => ({
    dags: await content(isDag),
    image: made === 'prebuilt' ? made : `${made}: ${await content(isInImage)}`,
  })

  return {
    running: () => running,
    checkedOut,
    foreign: (image: boolean) =>
      record(
        { type: image ? 'IMAGE_AND_DAG' : 'DAG_ONLY' },
        {
          dags: `foreign ${deploys.length}`,
          image: image ? `foreign ${deploys.length}` : running.image,
        },
      ),
    rollback(back: number) {
      const accepted = deploys.filter(({ deploy }) => deploy.status === 'DEPLOYED')
      const target = accepted.at(-1 - back)
      if (!target) return
      const { id, type, imageTag } = target.deploy
      record({ type, imageTag, rollbackFromId: id }, target.brought)
    },
    /** One run of the workflow; returns the type that was deployed, or `skip`. */
    async run(wish: Extract<Act, { kind: 'push' }>): Promise<string> {
      const sha = repository.git('rev-parse', 'HEAD')
      const commit: Commit = {
        sha,
        branch: 'main',
        before: undefined,
        message: undefined,
        authorName: undefined,
        authorUsername: undefined,
        repository: { serverUrl: 'https://github.com', owner: 'acme', name: 'etl' },
      }
      const tree = await readProjectTree(systemGit, {
        folder: repository.folder,
        projectPath: Promise.resolve(''),
        dagsPath: 'dags',
        everywhere: false,
      })
      const inputs = {
        deployType: wish.type,
        skipUnchanged: wish.skipUnchanged,
        dagsPath: 'dags',
        imageName: wish.made === 'prebuilt' ? 'hotfix' : undefined,
        buildArgs: wish.made === 'with an argument' ? [{ name: 'A', value: '1' }] : [],
        imageTriggerPaths: [],
      }
      const partInputs = namePartInputs(inputs, {})
      const deployment = makeDeployment({ desiredDagTarballVersion: running.dags, imageTag: runningTag })
      const history = deploys.map(({ deploy }) => deploy)
      const facts = {
        inputs,
        partInputs,
        deployment,
        deploys: history,
        commit,
        projectPath: '',
        projectFolder: repository.folder,
        tree,
      }
      const unknown = (): Promise<{ known: false; why: string }> =>
        Promise.resolve({ known: false, why: 'not asked' })
      const choice = await chooseDeploy({ git: systemGit, compare: unknown }, facts)
      if (choice.skip !== undefined) return 'skip'
      const plan = planDeploy({
        ...facts,
        choice,
        mark: { tree: undefined, modified: modifiedParts(facts), inputs: partInputs },
        description: undefined,
        dagFolder: undefined,
      })
      if (wish.end === 'cancelled before') return plan.type
      const files = await checkedOut(wish.made)
      const brought = {
        dags: plan.type === 'image-only' ? running.dags : files.dags,
        image: plan.ships.image ? files.image : running.image,
      }
      const status = {
        live: 'DEPLOYED',
        'cancelled after create': 'INITIALIZED',
        'rollout failed': 'FAILED',
      } as const
      record({ ...plan.request, status: status[wish.end] }, brought)
      return plan.type
    },
  }
}

async function playedOut(acts: readonly Act[]): Promise<void> {
  const repository = await makeRepository()
  try {
    await repository.commit({
      'dags/a.py': '0',
      Dockerfile: '0',
      '.dockerignore': '*.md\n**/*.md\n',
      '.gitignore': 'generated.*\n',
    })
    const astro = world(repository)
    const finish: Act = {
      kind: 'push',
      files: {},
      type: 'infer',
      skipUnchanged: false,
      end: 'live',
      rewrite: false,
      generated: undefined,
      made: 'plain',
    }
    for (const one of [...acts, finish]) {
      if (one.kind === 'foreign') astro.foreign(one.image)
      else if (one.kind === 'rollback') astro.rollback(one.back)
      else {
        if (one.rewrite && repository.git('rev-list', '--count', 'HEAD') !== '1') {
          repository.git('reset', '--quiet', '--hard', 'HEAD~1')
        }
        await repository.commit(one.files)
        if (one.generated !== undefined) await repository.write({ [one.generated]: 'made by a step' })
        const before = astro.running()
        const type = await astro.run(one)
        const files = await astro.checkedOut(one.made)
        if (one.end === 'live') {
          const dags = type === 'image-only' || (type === 'skip' && one.type === 'image-only')
          const image = type === 'dags-only' || (type === 'skip' && one.type === 'dags-only')
          const whole = one.type === 'infer'
          expect(astro.running()).toEqual({
            dags: dags && !whole ? before.dags : files.dags,
            image: image && !whole ? before.image : files.image,
          })
        } else {
          expect(astro.running()).toEqual(before)
        }
        await repository.write({ 'dags/generated.py': undefined, 'include/generated.sql': undefined })
      }
    }
  } finally {
    await repository.remove()
  }
}

describe('after any sequence of pushes, cancelled and failed runs, deploys by others and rollbacks', () => {
  test('a run of infer that ends well leaves on the Deployment what is checked out, as does each explicit type for its part', async () => {
    await fc.assert(fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 8 }), playedOut), {
      numRuns: 40,
    })
  }, 300_000)

  test('pain 10: what a cancelled run should have deployed, the next one does', async () => {
    const base = {
      kind: 'push',
      skipUnchanged: false,
      rewrite: false,
      generated: undefined,
      made: 'plain',
    } as const
    await playedOut([
      { ...base, files: {}, type: 'infer', end: 'live' },
      { ...base, files: { Dockerfile: '2' }, type: 'infer', end: 'cancelled before' },
      { ...base, files: { 'dags/a.py': '2' }, type: 'dags-only', end: 'live' },
      { ...base, files: { 'README.md': '2' }, type: 'infer', end: 'live' },
    ])
  })
})
