import { describe, expect, test } from '@jest/globals'
import { codeOf } from '../bundle/rules.ts'
import type { Deploy } from '../local-astro/start.ts'
import { RUNTIME } from './bases.ts'
import { BUILDERS, PROJECT, useImageGround } from './ground.ts'

describe.each(BUILDERS)('with %s', (builder) => {
  const ground = useImageGround(builder)
  /** What does not depend on how the image was built. */
  const testOnce = builder === 'buildx' ? test : undefined
  const last = (): Deploy => {
    const deploy = ground.astro.deployments.deploys(ground.astro.deploymentId).at(-1)
    if (!deploy) throw new Error('there is no deploy')
    return deploy
  }
  const reference = (deploy: Deploy): string => `${deploy.imageRepository}:${deploy.imageTag}`
  const steps = (): (string | undefined)[] => ground.astro.requests.map(({ step }) => step)
  const bodies = (): unknown[] =>
    ground.astro.requests.filter(({ step }) => step === 'finalize').map(({ body }) => body)

  test('an image and DAGs go live: the digest that was pushed is the one that is finalized', async () => {
    const result = await ground.deploy({ 'deploy-type': 'image-and-dags' })
    expect(result.errors).toEqual([])
    const deploy = last()
    const digest = ground.astro.deployments.imageDigest(ground.astro.deploymentId, deploy.id)
    expect(result.stdout).toContain(`Pushed the image ${reference(deploy)}, ${digest}.`)
    expect(result.stdout).toContain(
      builder === 'buildx' ? 'Building with docker buildx' : 'with docker build and BuildKit',
    )
    expect(result.outputs).toMatchObject({
      'deploy-type': 'image-and-dags',
      'image-tag': deploy.imageTag,
      'dag-version': deploy.dagTarballVersion,
      skipped: 'false',
    })
    expect(ground.astro.deployments.get(ground.astro.deploymentId)).toMatchObject({
      imageTag: deploy.imageTag,
      astroRuntimeVersion: '3.1-2',
      dagTarballVersion: deploy.dagTarballVersion,
      status: 'HEALTHY',
    })
    expect(bodies()).toEqual([{ dagTarballVersion: deploy.dagTarballVersion }])
    const order = ['deployment', 'deployment-options', 'create-deploy', 'upload', 'finalize'] as const
    expect(
      steps()
        .filter((step) => order.some((one) => one === step))
        .slice(0, order.length),
    ).toEqual(order)
    const files = await ground.filesOf(reference(deploy))
    expect(files).toEqual(
      expect.arrayContaining(['usr/local/airflow/Dockerfile', 'usr/local/airflow/include/größe.sql']),
    )
    expect(files.filter((file) => file.includes('dags'))).toEqual([])
  })

  test('an image alone leaves the DAGs alone (pain 22: whatever their version is)', async () => {
    const before = ground.astro.deployments.get(ground.astro.deploymentId).dagTarballVersion
    const result = await ground.deploy({ 'deploy-type': 'image-only' })
    expect(result.errors).toEqual([])
    expect(bodies()).toEqual([{}])
    expect(steps()).not.toContain('upload')
    expect(ground.astro.deployments.get(ground.astro.deploymentId)).toMatchObject({
      imageTag: last().imageTag,
      dagTarballVersion: before,
    })
    expect(result.outputs).not.toHaveProperty('dag-version')
  })

  test('a prebuilt image is taken as it is and stays on the machine', async () => {
    ground.docker('tag', 'local/runtime:3.1-3', 'prebuilt')
    try {
      const result = await ground.deploy({ 'deploy-type': 'image-and-dags', 'image-name': 'prebuilt' })
      expect(result.errors).toEqual([])
      expect(await ground.commands()).not.toContain('build --')
      expect(ground.astro.deployments.get(ground.astro.deploymentId).astroRuntimeVersion).toBe('3.1-3')
    } finally {
      ground.docker('rmi', 'prebuilt')
    }
  })

  testOnce?.('labels name the commit and the repository', async () => {
    await ground.deploy({ 'deploy-type': 'image-only' })
    const sha = ground.repository.git('rev-parse', 'HEAD')
    const commands = await ground.commands()
    expect(commands).toContain(`--label org.opencontainers.image.revision=${sha}`)
    expect(commands).toContain('--label org.opencontainers.image.source=https://github.com/acme/etl')
    expect(commands).toContain('--platform linux/amd64')
  })

  test('build arguments reach the build, and no command line', async () => {
    const Dockerfile = `FROM local/runtime:3.1-2\nARG FIRST\nARG SECOND\nARG THIRD\nLABEL first="$FIRST" second="$SECOND" third="$THIRD"\n`
    await ground.repository.write({ Dockerfile })
    const result = await ground.deploy(
      { 'deploy-type': 'image-only', 'build-args': 'FIRST=one, and more\nSECOND=zwei\nTHIRD' },
      { env: { THIRD: 'trois', SECOND: 'of the step' } },
    )
    expect(result.errors).toEqual([])
    const { imageRepository, imageTag } = last()
    const [host = '', ...repository] = imageRepository.split('/')
    expect(host).toMatch(/^127\.0\.0\.1:/)
    const pushed = await ground.astro.images?.find(repository.join('/'), imageTag)
    expect(pushed?.labels).toMatchObject({
      first: 'one, and more',
      second: 'zwei',
      third: 'trois',
      [RUNTIME]: '3.1-2',
    })
    expect(await ground.commands()).not.toContain('zwei')
  })

  test('build secrets, by file and by variable, are in the build and nowhere else', async () => {
    await ground.repository.write({
      Dockerfile: [
        'FROM local/airflow:3.1-2',
        'USER root',
        'RUN --mount=type=secret,id=one --mount=type=secret,id=two test "$(cat /run/secrets/one)" = from-a-variable && test "$(cat /run/secrets/two)" = from-a-file',
        'RUN --mount=type=secret,id=one cat /run/secrets/one',
      ].join('\n'),
      '.dockerignore': '.git\nsecret.txt\n',
      'secret.txt': 'from-a-file',
    })
    const result = await ground.deploy(
      {
        'deploy-type': 'image-only',
        'build-secrets': 'id=one,env=MY_SECRET\nid=two,src=secret.txt',
        wait: 'false',
      },
      { env: { MY_SECRET: 'from-a-variable' }, secrets: ['from-a-variable', 'from-a-file'] },
    )
    expect(result.errors).toEqual([])
  })

  test('with DAG deploys off the DAGs are in the image, whatever .dockerignore says', async () => {
    ground.astro.deployments.patch(ground.astro.deploymentId, { isDagDeployEnabled: false })
    const result = await ground.deploy({ 'deploy-type': 'infer' })
    expect(result.errors).toEqual([])
    expect(result.outputs['deploy-type']).toBe('image-and-dags')
    expect(bodies()).toEqual([{}])
    expect(steps()).not.toContain('upload')
    expect(await ground.filesOf(reference(last()))).toContain('usr/local/airflow/dags/example.py')
  })

  testOnce?.('with DAG deploys off, an image without DAGs is refused before it is built', async () => {
    ground.astro.deployments.patch(ground.astro.deploymentId, { isDagDeployEnabled: false })
    await ground.repository.write({ '.dockerignore': '*\n!include\n' })
    const result = await ground.deploy({ 'deploy-type': 'image-and-dags' })
    expect(codeOf(result.errors[0] ?? '')).toBe('ASTRO-IMAGE-NO-DAGS')
    expect(await ground.commands()).toBe('')
    expect(steps()).not.toContain('create-deploy')
  })

  testOnce?.(
    'infer deploys what changed: first all, then nothing, DAGs, the image (pain 62: in one job, one after the other)',
    async () => {
      const next = async (files: Record<string, string>): Promise<string | undefined> => {
        await ground.repository.write(files)
        const { outputs, errors } = await ground.deploy()
        expect(errors).toEqual([])
        return outputs['deploy-type'] ?? outputs['skip-reason']
      }
      expect(await next({})).toBe('image-and-dags')
      expect(await next({})).toMatch(/^nothing to deploy changed since the deploy/)
      expect(await next({ 'dags/example.py': 'from airflow.sdk import dag\n\n' })).toBe('dags-only')
      expect(await next({ 'include/größe.sql': 'select 2\n' })).toBe('image-only')
      expect(await next({ 'README.md': 'docs' })).toBe('image-only')
      expect(await next({ '.dockerignore': '.git\n*.md\n' })).toBe('image-only')
      expect(await next({ 'README.md': 'more docs' })).toMatch(/^nothing/)
    },
    180_000,
  )

  testOnce?.('pain 30: a build that fails leaves no trace on Astro', async () => {
    await ground.repository.write({ Dockerfile: 'FROM local/runtime:3.1-2\nCOPY nowhere.txt /\n' })
    const result = await ground.deploy({ 'deploy-type': 'image-and-dags' })
    expect(codeOf(result.errors[0] ?? '')).toBe('ASTRO-IMAGE-BUILD')
    expect(result.errors[0]).toContain('nowhere.txt')
    expect(result.errors[0]).toContain('Nothing was changed on Astro.')
    expect(steps()).not.toContain('create-deploy')
  })

  testOnce?.each([
    ['downgrade', 'local/runtime:3.1-1', 'ASTRO-RUNTIME-DOWNGRADE', '3.1-1'],
    ['a runtime that Astro does not offer', 'local/runtime:3.1-9', 'ASTRO-RUNTIME-UNSUPPORTED', '3.1-9'],
    ['no Astro Runtime', 'local/other:1', 'ASTRO-RUNTIME-LABEL', RUNTIME],
  ])('%s is refused before anything is written, and the FROM line is named', async (_, base, code, word) => {
    await ground.repository.write({ Dockerfile: `FROM ${base} AS last\nCOPY . /x\n` })
    const result = await ground.deploy({ 'deploy-type': 'image-and-dags' })
    expect(codeOf(result.errors[0] ?? '')).toBe(code)
    expect(result.errors[0]).toContain(`FROM ${base} AS last`)
    expect(result.errors[0]).toContain(word)
    expect(steps()).not.toContain('create-deploy')
  })

  testOnce?.('a push that the registry refuses is explained; the deploy stays unfinished', async () => {
    ground.astro.faults.add({ fault: 'status', status: 403, step: 'registry', method: 'POST' })
    const result = await ground.deploy({ 'deploy-type': 'image-and-dags' })
    expect(codeOf(result.errors[0] ?? '')).toBe('ASTRO-REGISTRY-FORBIDDEN')
    expect(result.errors[0]).toContain('The push of the image was not confirmed.')
    expect(last().status).toBe('INITIALIZED')
  })

  testOnce?.('a registry that does not know the token ends the run before anything is written', async () => {
    ground.astro.faults.add({ fault: 'status', status: 401, step: 'registry' })
    const result = await ground.deploy({ 'deploy-type': 'image-and-dags' })
    expect(codeOf(result.errors[0] ?? '')).toBe('ASTRO-REGISTRY-UNAUTHORIZED')
    expect(result.errors[0]).toContain('Nothing was changed on Astro.')
    expect(steps()).not.toContain('create-deploy')
  })

  testOnce?.('pain 29: a registry that fails in passing is asked again', async () => {
    ground.astro.faults.add({
      fault: 'status',
      status: 503,
      step: 'registry',
      method: 'PUT',
      path: '/manifests/',
      times: 2,
    })
    const result = await ground.deploy({ 'deploy-type': 'image-only' })
    expect(result.errors).toEqual([])
    expect(result.stdout).toMatch(/Could not push the image to .* Attempt 3 of 5/)
  })

  testOnce?.('an image that is not there is named', async () => {
    const result = await ground.deploy({ 'deploy-type': 'image-only', 'image-name': 'nobody/built:this' })
    expect(codeOf(result.errors[0] ?? '')).toBe('ASTRO-IMAGE-NOT-FOUND')
    expect(steps()).not.toContain('create-deploy')
  })

  test('the project is what the build sees, byte for byte, and what it was afterwards', async () => {
    await ground.repository.write({ '.dockerignore': 'dags/\r\n.git\r\n', Dockerfile: PROJECT.Dockerfile })
    const { errors, workspaceChanges } = await ground.deploy({ 'deploy-type': 'image-only', wait: 'false' })
    expect([errors, workspaceChanges]).toEqual([[], []])
    expect(ground.repository.git('status', '--porcelain')).toBe('')
  })
})
