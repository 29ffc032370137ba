import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { addSubmodule, cloneOf, gitIn, LFS_POINTER, pathWith } from '../make/checkout.ts'
import { makeFolder } from '../make/folder.ts'
import type { TestRepository } from '../make/repository.ts'
import { makeRepository } from '../make/repository.ts'
import { DAG, useGround } from './ground.ts'
import type { StepResult } from './run-step.ts'

const ground = useGround({ uploads: true })
/** With programs that are shell scripts, which Windows does not run. */
const testWithScripts = process.platform === 'win32' ? () => undefined : test
const made: TestRepository[] = []
let repository: TestRepository
beforeEach(async () => {
  repository = await repositoryWith({ 'dags/example.py': DAG, 'README.md': '1' })
})
afterEach(async () => {
  for (const one of made.splice(0)) await one.remove()
})

async function repositoryWith(files: Readonly<Record<string, string>>): Promise<TestRepository> {
  const one = await makeRepository()
  made.push(one)
  await one.commit(files)
  return one
}

/** Runs the step on what is checked out in a folder, as a workflow at this commit runs it. */
function deployFrom(
  folder: string,
  inputs: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<StepResult> {
  const wanted = { 'deployment-id': ground.astro.deploymentId, ...inputs }
  const sha = gitIn(folder, 'rev-parse', 'HEAD')
  return ground.deploy(wanted, { workspace: folder, env: { GITHUB_SHA: sha, ...env } })
}

/** What Astro was told of the commit by the last deploy. */
const told = (): unknown => ground.astro.deployments.deploys(ground.astro.deploymentId).at(-1)?.git

/** The step deployed exactly the commit that is checked out: the next one finds nothing to do. */
async function expectCommit(
  folder: string,
  env: Readonly<Record<string, string>> = {},
  inputs: Readonly<Record<string, string>> = {},
): Promise<StepResult> {
  const first = await deployFrom(folder, inputs, env)
  expect([first.errors, first.warnings]).toEqual([[], []])
  const commitSha = gitIn(folder, 'rev-parse', 'HEAD')
  expect(told()).toMatchObject({
    commitSha,
    commitUrl: expect.not.stringMatching(/tree=|modified=.*dags/) as unknown,
  })
  const again = await deployFrom(folder, inputs, env)
  expect(again.outputs['skip-reason']).toMatch(/^nothing to deploy changed since the deploy/)
  return first
}

describe('a checkout with holes', () => {
  test('lacks a submodule: refused; its repair is deployed, and then nothing more', async () => {
    await addSubmodule(repository, 'dags/lib', await repositoryWith({ 'tasks.py': 'x = 1\n' }))
    const folder = cloneOf(repository)
    ground.expectRefused(
      await deployFrom(folder),
      'ASTRO-CHECKOUT-INCOMPLETE',
      'dags/lib: a submodule that was not fetched',
      '`submodules: true`',
    )
    gitIn(folder, 'submodule', '--quiet', 'update', '--init')
    expect((await deployFrom(folder)).outputs).toMatchObject({ skipped: 'false' })
    expect((await deployFrom(folder)).outputs).toMatchObject({ skipped: 'true' })
    expect(told()).toMatchObject({ commitUrl: expect.stringMatching(/#whole=dags$/) as unknown })
  })

  test('is sparse: refused for what would be shipped, and for nothing else', async () => {
    await repository.commit({ 'dags/sub/b.py': DAG, 'include/x.sql': '1', Dockerfile: 'FROM x\n' })
    const folder = cloneOf(repository)
    gitIn(folder, 'sparse-checkout', 'set', '--cone', 'include')
    rmSync(path.join(folder, 'dags'), { recursive: true, force: true })
    ground.expectRefused(
      await deployFrom(folder, { 'deploy-type': 'dags-only' }),
      'ASTRO-CHECKOUT-INCOMPLETE',
      'dags/example.py: left out by a sparse checkout',
      'dags/sub/b.py',
      '`sparse-checkout`',
    )
    gitIn(folder, 'sparse-checkout', 'set', '--cone', 'dags')
    ground.expectRefused(
      await deployFrom(folder, { 'deploy-type': 'image-and-dags' }),
      'ASTRO-CHECKOUT-INCOMPLETE',
      'include/x.sql',
    )
    expect((await deployFrom(folder, { 'deploy-type': 'dags-only' })).outputs).toMatchObject({
      skipped: 'false',
    })
  })

  test('has pointers of Git LFS, in the DAG folder or in the image: refused', async () => {
    await repository.commit({
      '.gitattributes': '*.csv filter=lfs diff=lfs merge=lfs -text\n',
      'dags/data/orders.csv': LFS_POINTER,
      'include/model.csv': LFS_POINTER,
      'docs/notes.csv': LFS_POINTER,
      '.dockerignore': 'docs\n',
      Dockerfile: 'FROM x\n',
    })
    const folder = cloneOf(repository)
    const refused = await deployFrom(folder)
    ground.expectRefused(
      refused,
      'ASTRO-CHECKOUT-INCOMPLETE',
      'dags/data/orders.csv: a pointer of Git LFS in place of the file',
      'include/model.csv',
      '`lfs: true`',
    )
    expect(refused.errors.join()).not.toContain('docs/notes.csv')
    const withoutClone = makeFolder({ 'dags/a.py': DAG, 'dags/orders.csv': LFS_POINTER })
    ground.expectRefused(
      await ground.deploy({}, { workspace: withoutClone }),
      'ASTRO-CHECKOUT-INCOMPLETE',
      'dags/orders.csv',
    )
  })

  test('holds files that are still encrypted: refused', async () => {
    await repository.commit({
      '.gitattributes': 'dags/*.sql filter=git-crypt diff=git-crypt\ndags/*.env filter=crypt\n',
      'dags/big.sql': `\0GITCRYPT\0${'x'.repeat(5_000)}`,
      'dags/a.env': 'U2FsdGVkX19zYWx0\n',
      'dags/meant.txt': 'U2FsdGVkX19zYWx0\n',
    })
    const refused = await deployFrom(cloneOf(repository))
    ground.expectRefused(
      refused,
      'ASTRO-CHECKOUT-INCOMPLETE',
      'dags/big.sql: still encrypted',
      'dags/a.env: still encrypted',
      'git-crypt unlock',
    )
    expect(refused.errors.join()).not.toContain('meant.txt')
  })
})

describe('a whole checkout is known for its commit:', () => {
  test('with submodules', async () => {
    await addSubmodule(repository, 'vendor', await repositoryWith({ 'tasks.py': 'x = 1\n' }))
    await expectCommit(cloneOf(repository, '--recurse-submodules'))
  })

  test('sparse around the DAG folder', async () => {
    await repository.commit({ 'other/x.txt': '1' })
    const folder = cloneOf(repository)
    gitIn(folder, 'sparse-checkout', 'set', '--cone', 'dags')
    await expectCommit(folder)
  })

  test('partial and shallow, as `sparse-checkout` brings it, with a remote that takes connections and says nothing', async () => {
    const connections: unknown[] = []
    const server = createServer((socket) => connections.push(socket)).unref()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      const env = { GITHUB_SERVER_URL: `http://127.0.0.1:${port}` }
      expect((await deployFrom(repository.folder, {}, env)).outputs).toMatchObject({ skipped: 'false' })
      repository.git('config', 'uploadpack.allowFilter', 'true')
      await repository.commit({ 'dags/example.py': `${DAG}\n`, 'include/x.sql': '2' })
      const folder = cloneOf(repository, '--filter=blob:none', '--depth=1', '--sparse')
      gitIn(folder, 'sparse-checkout', 'set', '--cone', 'dags')
      gitIn(folder, 'config', 'remote.origin.url', `http://ada@127.0.0.1:${port}/acme/etl`)
      const result = await deployFrom(folder, {}, env)
      expect(result.stdout).toContain('is out of reach: the clone does not hold it')
      expect([result.stdout.includes('ada@'), connections]).toEqual([false, []])
      expect((await deployFrom(folder, {}, env)).outputs).toMatchObject({ skipped: 'true' })
    } finally {
      server.close()
    }
  })

  test('shallow', async () => {
    await repository.commit({ 'README.md': '2' })
    await expectCommit(cloneOf(repository, '--depth=1'))
  })

  testWithScripts(
    'of another user, with a git that takes its settings from a file only (Debian 11)',
    async () => {
      const PATH = pathWith(
        'git',
        `[ "$GIT_CONFIG_NOSYSTEM" = 1 ] && grep -qx '[[:space:]]*directory = \\*' "$HOME/.gitconfig" || {
        echo "fatal: unsafe repository ('$PWD' is owned by someone else)" >&2; exit 128; }
      exec env GIT_TEST_ASSUME_DIFFERENT_OWNER=1 "$REAL" "$@"`,
      )
      await expectCommit(repository.folder, { PATH })
    },
  )

  test('a worktree', async () => {
    const folder = path.join(makeFolder(), 'worktree')
    repository.git('worktree', 'add', '--quiet', folder, '-b', 'other')
    await expectCommit(folder)
  })

  testWithScripts(
    'with settings of the user that change what git prints, and programs that these name',
    async () => {
      const home = makeFolder()
      const program = path.join(makeFolder(), 'program')
      const ran = path.join(path.dirname(program), 'ran')
      writeFileSync(program, `#!/bin/sh\ntouch '${ran}'\necho 'Good signature from somebody'\n`, {
        mode: 0o755,
      })
      writeFileSync(
        path.join(home, '.gitconfig'),
        `[log]\n\tshowSignature = true\n[gpg]\n\tprogram = ${program}\n[core]\n\tfsmonitor = ${program}\n\tpager = ${program}\n[diff]\n\texternal = ${program}\n\tnoprefix = true\n[format]\n\tpretty = oneline\n`,
      )
      for (const setting of ['core.fsmonitor', 'filter.x.clean', 'filter.x.process', 'diff.external'])
        repository.git('config', setting, program)
      const signature = '-----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----'
      const commit = repository.git('cat-file', 'commit', 'HEAD').replace('\n\n', `\ngpgsig ${signature}\n\n`)
      writeFileSync(path.join(home, 'commit'), `${commit}\n`)
      const signed = repository.git('hash-object', '-t', 'commit', '-w', path.join(home, 'commit'))
      repository.git('reset', '--quiet', '--hard', signed)
      rmSync(ran, { force: true })
      await expectCommit(repository.folder, { HOME: home, GIT_TRACE: '1', GIT_DIR: '/nowhere' })
      expect(() => rmSync(ran)).toThrow()
    },
  )
})

describe('what is not known is said:', () => {
  const NOT_KNOWN = 'Which files belong to a commit is not known: '
  const marked = /#modified=dags,image$/

  test('there is no clone', async () => {
    const result = await ground.deploy()
    expect(result.stdout).toContain(`${NOT_KNOWN}there is no git clone to look at.`)
    expect(result.warnings).toEqual([])
    expect(told()).toMatchObject({ commitUrl: expect.stringMatching(marked) as unknown })
  })

  test('there is no git', async () => {
    const result = await deployFrom(repository.folder, {}, { PATH: makeFolder() })
    expect(result.stdout).toContain(`${NOT_KNOWN}there is no git on this machine`)
    expect(told()).toMatchObject({ commitUrl: expect.stringMatching(marked) as unknown })
  })

  testWithScripts('git refuses', async () => {
    const said = "fatal: detected dubious ownership in repository at '/x'"
    const PATH = pathWith('git', `echo "${said}" >&2; exit 128`)
    await deployFrom(repository.folder, {}, { PATH })
    const result = await deployFrom(repository.folder, {}, { PATH })
    expect(result.outputs).toMatchObject({ skipped: 'false' })
    expect(result.warnings).toEqual([`${NOT_KNOWN}git refuses to look at the clone (${said}).`])
  })
})

test('credentials of other actions are not shipped, are no change, and are told of once', async () => {
  const files = { 'example.py': DAG, 'gha-creds-0123456789abcdef.json': '{"private_key": "hunter2-hunter2"}' }
  const project = await repositoryWith({ 'example.py': DAG })
  await project.write({ ...files, 'sub/gha-kubeconfig-0123456789abcdef': 'token: hunter2-hunter2' })
  const inputs = { 'dags-path': '.', 'deploy-type': 'infer' }
  const first = await deployFrom(project.folder, inputs)
  expect(first.notices).toEqual([
    expect.stringMatching(/^Left out of everything: gha-creds-0123456789abcdef\.json, sub\/gha-kubeconfig-/),
  ])
  const archive = await ground.astro.download(ground.astro.deploymentId, first.outputs['dag-version'] ?? '')
  const { readArchive } = await import('./read-archive.ts')
  expect(readArchive(archive).map(({ name }) => name)).toEqual(['dags/example.py'])
  expect((await deployFrom(project.folder, inputs)).outputs).toMatchObject({ skipped: 'true' })
})

test('another repository than the workflow’s is recorded as itself, without the credentials of its URL', async () => {
  repository.git('remote', 'add', 'origin', 'https://x-access-token:ghs_verysecret@github.com/Other/dags.git')
  repository.git('checkout', '--quiet', '-b', 'release')
  const sha = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d'
  const result = await deployFrom(repository.folder, {}, { GITHUB_SHA: sha })
  const commitSha = repository.git('rev-parse', 'HEAD')
  expect(told()).toMatchObject({
    provider: 'GITHUB',
    account: 'Other',
    repo: 'dags',
    branch: 'release',
    commitSha,
    commitUrl: `https://github.com/Other/dags/commit/${commitSha}`,
  })
  expect(JSON.stringify([result, told()])).not.toContain('ghs_verysecret')
  expect((await deployFrom(repository.folder, {}, { GITHUB_SHA: sha })).outputs).toMatchObject({
    skipped: 'true',
  })
})

test('a DAG folder that is a checkout of its own, beside no other, tells the commit and its holes', async () => {
  const dags = await repositoryWith({ 'a.py': DAG, 'sub/b.py': DAG })
  const workspace = makeFolder()
  gitIn(workspace, 'clone', '--quiet', `file://${dags.folder}`, 'dags')
  const folder = path.join(workspace, 'dags')
  gitIn(folder, 'remote', 'set-url', 'origin', 'git@github.com:other/dags.git')
  gitIn(folder, 'sparse-checkout', 'set', '--no-cone', '/a.py')
  ground.expectRefused(await ground.deploy({}, { workspace }), 'ASTRO-CHECKOUT-INCOMPLETE', 'dags/sub/b.py')
  gitIn(folder, 'sparse-checkout', 'disable')
  await ground.deploy({}, { workspace })
  const commitSha = gitIn(folder, 'rev-parse', 'HEAD')
  expect(told()).toMatchObject({ account: 'other', repo: 'dags', branch: 'main', commitSha })
})
