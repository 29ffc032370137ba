import { randomBytes } from 'node:crypto'
import type { Commit } from '../project/commit.ts'
import type { Run } from '../run.ts'
import { buildImage, readProjectDockerfile } from './build.ts'
import { checkContext } from './build-context.ts'
import { findBuilder, requireEngine } from './builder.ts'
import type { Builder } from './builder.ts'
import type { TestOutcome, TestRequest } from './container-tests.ts'
import { INTEGRITY_TEST, pytestTarget, requireTestFile, runTests } from './container-tests.ts'
import { readDockerfile } from './dockerfile.ts'
import type { LocalImage } from './inspect.ts'
import { inspectImage } from './inspect.ts'
import { openRegistry } from './push.ts'
import { requireRuntime } from './runtime-check.ts'
import { withScratch } from '../scratch.ts'
import { annotate, testError } from './test-results.ts'

/** What an image is needed for. */
export type ImageNeed = {
  /** It is deployed, not only tested in. */
  readonly ships: boolean
  /** It has to bring the DAGs. */
  readonly bringsDags: boolean
  readonly tests: readonly TestRequest['kind'][]
}

/** An image that may be deployed: built, checked and tested. */
export type ReadyImage = {
  readonly runtimeVersion: string
  /** Pushes it; returns its digest. */
  readonly push: (repository: string, tag: string) => Promise<string>
}

type Prepared = { readonly builder: Builder; readonly scratch: string; readonly name: string }

/**
 * Fails before anything is built when a test that was asked for is not there, no Dockerfile to build from, or no DAG file in
 * what the build sees although the image has to bring them.
 */
export async function requireImageFiles({ inputs, project, log }: Run, need: ImageNeed): Promise<void> {
  const { folder, tree, dagFolder } = project()
  if (inputs.imageName === undefined) {
    const warnings = await checkContext({
      folder,
      dagsPath: inputs.dagsPath,
      dockerfile: await readProjectDockerfile(folder),
      dockerIgnore: (await tree).dockerIgnore,
      ships: need.ships,
      dagFiles: need.bringsDags ? (await dagFolder).files.map((file) => file.path) : undefined,
    })
    for (const warning of warnings) log.warning(warning)
  }
  for (const kind of need.tests) await requireTestFile(folder, kind, testFile(kind, inputs.pytestFile))
}

/**
 * Builds, checks and tests the image that a deploy needs, signs in to the registry, and does `work` with it. Whatever was
 * made on the way (files, containers, the image's local name) is gone afterwards, however the work ends.
 *
 * @throws ActionError ASTRO-IMAGE-…, ASTRO-RUNTIME-…, ASTRO-TESTS-…, ASTRO-REGISTRY-…
 */
export async function withImage<T>(
  run: Run,
  need: ImageNeed,
  work: (image: ReadyImage | undefined) => Promise<T>,
): Promise<T> {
  const { docker, inputs, astro, target, deployment, stage, log } = run
  const offered = need.ships ? astro.getDeploymentOptions(target) : undefined
  offered?.catch(() => undefined)
  const builder = inputs.imageName === undefined ? await findBuilder(docker) : undefined
  if (!builder) await requireEngine(docker)
  return withScratch(run.env, async (scratch) => {
    const name = inputs.imageName ?? `deploy-to-astro-${randomBytes(8).toString('hex')}:latest`
    try {
      const image =
        builder === undefined
          ? await inspectImage(docker, name)
          : await stage('Build the image', () => build(run, need, { builder, scratch, name }))
      const runtimeVersion =
        offered &&
        (await checkRuntime(run, image, await offered.then(({ runtimeReleases }) => runtimeReleases)))
      for (const kind of need.tests) await stage(TITLES[kind], () => test(run, image, kind, scratch))
      if (runtimeVersion === undefined) return await work(undefined)

      const accessToken = (): Promise<string> => run.session.accessToken()
      const registry = await openRegistry({ ...run, accessToken }, scratch, deployment.imageRepository)
      log.info(`Signed in to the registry of ${deployment.imageRepository}.`)
      return await work({
        runtimeVersion,
        push: (repository, tag) => registry.push(image.id, repository, tag),
      })
    } finally {
      if (inputs.imageName === undefined) {
        await docker(['image', 'rm', name], { whenCancelled: 'run' }).catch(() => undefined)
      }
    }
  })
}

const TITLES: Readonly<Record<TestRequest['kind'], string>> = {
  parse: 'Parse the DAGs in the image',
  pytest: 'Run the tests in the image',
}

async function build(run: Run, need: ImageNeed, { builder, scratch, name }: Prepared): Promise<LocalImage> {
  const { inputs, secrets } = run
  const { folder, tree, commit } = run.project()
  run.log.info(
    builder === 'buildx' ? 'Building with docker buildx.' : 'Building with docker build and BuildKit.',
  )
  await buildImage(
    { ...run, hide: secrets.hide },
    {
      builder,
      folder,
      scratch,
      tag: name,
      dagsPath: inputs.dagsPath,
      dagsInImage: need.bringsDags,
      dockerIgnore: (await tree).dockerIgnore,
      args: inputs.buildArgs,
      secrets: inputs.buildSecrets,
      labels: labelsFor(await commit),
    },
  )
  return inspectImage(run.docker, name)
}

function labelsFor(commit: Commit | undefined): Record<string, string> {
  if (!commit) return {}
  const { serverUrl, owner, name } = commit.repository
  return {
    'org.opencontainers.image.revision': commit.sha,
    'org.opencontainers.image.source': `${serverUrl}/${owner}/${name}`,
  }
}

async function checkRuntime(
  run: Run,
  image: LocalImage,
  releases: readonly { readonly version: string }[],
): Promise<string> {
  const { inputs, deployment, project, log } = run
  const from =
    inputs.imageName === undefined
      ? readDockerfile(await readProjectDockerfile(project().folder)).from
      : undefined
  const supported = releases.map(({ version }) => version)
  const version = requireRuntime({ labels: image.labels, from }, deployment, supported)
  log.info(
    `The image has Astro Runtime ${version}; the Deployment runs ${deployment.astroRuntimeVersion || 'none'}.`,
  )
  return version
}

const testFile = (kind: TestRequest['kind'], pytestFile: string): string =>
  kind === 'parse' ? INTEGRITY_TEST : pytestTarget(pytestFile)

async function test(run: Run, image: LocalImage, kind: TestRequest['kind'], scratch: string): Promise<void> {
  const { inputs, log, tell, project } = run
  const { dagsPath, rootFolder } = inputs
  const outcome = await runTests(run, {
    kind,
    image: image.id,
    folder: project().folder,
    dagsPath,
    file: testFile(kind, inputs.pytestFile),
    scratch,
  })
  for (const { message, ...place } of annotate(outcome, { projectPath: rootFolder, dagsPath })) {
    log.errorAt(place, message)
  }
  tell({ [kind]: summarize(outcome) })
  const error = testError(outcome)
  if (error) throw error
}

function summarize({ report, summary }: TestOutcome): {
  readonly summary: string
  readonly failures: readonly { readonly name: string; readonly message: string }[]
} {
  return { summary, failures: report?.failures ?? [] }
}
