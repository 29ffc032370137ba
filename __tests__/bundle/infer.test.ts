import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { LocalGitHub } from '../make/github.ts'
import { startGitHub } from '../make/github.ts'
import type { TestRepository } from '../make/repository.ts'
import { makeRepository } from '../make/repository.ts'
import { DAG, useGround } from './ground.ts'
import type { StepResult } from './run-step.ts'

const ground = useGround({ uploads: true })
let repository: TestRepository
beforeEach(async () => {
  repository = await makeRepository()
  await repository.write({ 'dags/example.py': DAG, 'README.md': '1' })
})
afterEach(() => repository.remove())

/** Runs the step on what is checked out in a folder. */
function deployFrom(
  folder: string,
  inputs: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<StepResult> {
  const sha = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: folder, encoding: 'utf8' }).trim()
  const wanted = { 'deployment-id': ground.astro.deploymentId, ...inputs }
  return ground.deploy(wanted, { workspace: folder, env: { GITHUB_SHA: sha, ...env } })
}

test('pain 8: a run without changes is a loud skip, and asks Astro little', async () => {
  await repository.commit()
  expect((await deployFrom(repository.folder)).outputs['deploy-type']).toBe('dags-only')
  await repository.commit({ '.github/workflows/x.yml': 'on: push\n' })
  const before = ground.astro.requests.length
  const result = await deployFrom(repository.folder)
  expect(result.outputs).toMatchObject({ skipped: 'true' })
  expect(result.outputs['skip-reason']).toMatch(/^nothing to deploy changed since the deploy/)
  expect(result.notices.join('\n')).toContain('Nothing was deployed to etl')
  expect(result.outputs).not.toHaveProperty('deploy-id')
  const asked = ground.astro.requests.slice(before).filter(({ path: asked }) => asked.startsWith('/v1/'))
  expect(asked.length).toBeLessThanOrEqual(4)
})

test('pain 12: DAGs that an earlier step generates are deployed, although git ignores them', async () => {
  await repository.commit({ '.gitignore': 'generated.py\n' })
  await deployFrom(repository.folder)
  await repository.write({ 'dags/generated.py': DAG.replace('example', 'generated') })
  const result = await deployFrom(repository.folder)
  expect(result.outputs).toMatchObject({ skipped: 'false', 'deploy-type': 'dags-only' })
  expect(result.stdout).toContain('dags/generated.py')
})

test('pain 1: a file that an earlier step changed does not stop the deploy', async () => {
  await repository.commit({ 'uv.lock': '1' })
  await deployFrom(repository.folder)
  await repository.write({ 'uv.lock': '2', 'dags/example.py': `${DAG}\n` })
  expect((await deployFrom(repository.folder)).outputs).toMatchObject({ skipped: 'false' })
})

test('another DAG folder is deployed, although no file changed in either', async () => {
  await repository.commit({ 'flows/other.py': DAG.replace('example', 'other') })
  await deployFrom(repository.folder)
  const result = await deployFrom(repository.folder, { 'dags-path': 'flows' })
  expect(result.outputs).toMatchObject({ skipped: 'false', 'deploy-type': 'dags-only' })
  expect(result.stdout).toContain('made with other inputs (`dags-path`)')
  const again = await deployFrom(repository.folder, { 'dags-path': 'flows' })
  expect(again.outputs).toMatchObject({ skipped: 'true' })
})

test('pain 56: a shallow checkout asks GitHub once, and needs no more', async () => {
  const gitHub: LocalGitHub = await startGitHub(() => ({
    status: 200,
    body: { status: 'ahead', files: [{ filename: 'README.md' }] },
  }))
  const shallow = await mkdtemp(path.join(tmpdir(), 'shallow-'))
  try {
    await repository.commit()
    await deployFrom(repository.folder)
    await repository.commit({ 'README.md': '2' })
    execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${repository.folder}`, shallow])
    const result = await deployFrom(
      shallow,
      { 'github-token': 'ghs_0123456789' },
      { GITHUB_API_URL: gitHub.url },
    )
    expect(result.outputs).toMatchObject({ skipped: 'true' })
    expect(gitHub.requests).toHaveLength(1)
  } finally {
    await gitHub.stop()
    await rm(shallow, { recursive: true, force: true })
  }
})

test('pain 52: without Docker an image deploy says so, before anything is written', async () => {
  await repository.commit({ Dockerfile: 'FROM x\n' })
  const bin = await mkdtemp(path.join(tmpdir(), 'bin-'))
  try {
    const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
    await symlink(git, path.join(bin, 'git'))
    const result = await deployFrom(repository.folder, { 'deploy-type': 'image-and-dags' }, { PATH: bin })
    ground.expectRefused(result, 'ASTRO-IMAGE-NO-DOCKER', 'deploy-type: dags-only')
  } finally {
    await rm(bin, { recursive: true, force: true })
  }
})
