import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll } from '@jest/globals'
import type { Remembered } from '../flow/aftermath.ts'
import { remember } from '../flow/aftermath.ts'
import type { LocalAstro, LocalAstroOptions } from '../local-astro/start.ts'
import { holdAzurite, startLocalAstro } from '../local-astro/start.ts'
import { DAG, runChecked } from './ground.ts'
import type { StepResult } from './run-step.ts'
import { writeTree } from './tree.ts'

export type Scene = {
  readonly astro?: LocalAstroOptions
  readonly inputs?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** Of the Deployment's Airflow; 3 by default. */
  readonly major?: 2 | 3
  /** The repository; one DAG file by default. */
  readonly files?: Readonly<Record<string, string>>
  /** Repositories that were deployed before, oldest first, each by a step of its own that does not ask Airflow. */
  readonly earlier?: readonly Readonly<Record<string, string>>[]
  /** Called right before the step. */
  readonly arrange?: (astro: LocalAstro) => void
  /** Called with everything that was written so far. */
  readonly onOutput?: (stdout: string, astro: LocalAstro) => void
  /** Sends the process this signal as soon as that is so. */
  readonly cancel?: { readonly signal: NodeJS.Signals; readonly when: (astro: LocalAstro) => boolean }
  /** Programs that come first on the PATH, by name, as shell scripts. */
  readonly programs?: Readonly<Record<string, string>>
}

export type Played = {
  readonly astro: LocalAstro
  readonly result: StepResult
  /** What the local Astro had of the Deployment before the step. */
  readonly before: Remembered
  /** From the signal to the annotation of the failure. */
  readonly lastWordMs: number | undefined
  /** From the signal to the end of the process. */
  readonly endingMs: number | undefined
}

/**
 * What a step waits for when it is cancelled here has half a minute or more; one that ends before that has heard the signal.
 * (GitHub's runner kills after 10 s, which a busy machine may need to end a process.)
 */
export const HEARD_WITHIN_MS = 20_000
/** GitHub's runner sends a second signal then. On a quiet machine it takes less than 2 s, which the bench measures. */
export const LAST_WORD_WITHIN_MS = 7_500

/** More would keep each other waiting beside the other files that run at the same time. */
const AT_ONCE = 6

/**
 * Steps that mostly wait, each with a key pair against a local Astro of its own: they begin before the first test, and each
 * test awaits its own. `atOnce` of them play at a time, and the others follow in their order.
 */
export function playSideBySide<Name extends string>(
  scenes: Readonly<Record<Name, Scene>>,
  { atOnce = AT_ONCE }: { readonly atOnce?: number } = {},
): (name: Name) => Promise<Played> {
  const playing = new Map<Name, Promise<Played>>()
  const started: LocalAstro[] = []
  let workspace = ''
  let release: (() => Promise<void>) | undefined

  beforeAll(async () => {
    release = await holdAzurite()
    workspace = await mkdtemp(path.join(tmpdir(), 'workspace-'))
    const inTurn = createQueue(atOnce)
    for (const [name, scene] of Object.entries(scenes) as [Name, Scene][]) {
      const played = inTurn(() => play(scene, path.join(workspace, encodeURIComponent(name)), started))
      played.catch(() => undefined)
      playing.set(name, played)
    }
  })
  afterAll(async () => {
    await Promise.allSettled(playing.values())
    await Promise.all(started.map((astro) => astro.stop()))
    await release?.()
    await rm(workspace, { recursive: true, force: true })
  })
  return async (name) => {
    const played = await playing.get(name)
    if (!played) throw new Error(`There is no scene ${name}`)
    return played
  }
}

/** The same with each scene on a Deployment of either major of Airflow. */
export function playOnBothMajors(
  scenes: Readonly<Record<string, Scene>>,
): (major: 2 | 3, name: string) => Promise<Played> {
  const play = playSideBySide(
    Object.fromEntries(
      Object.entries(scenes).flatMap(([name, scene]): [string, Scene][] => [
        [`3 ${name}`, scene],
        [`2 ${name}`, { ...scene, major: 2 }],
      ]),
    ),
  )
  return (major, name) => play(`${major} ${name}`)
}

/** Runs pieces of work in the order in which they come, at most so many at once. */
function createQueue(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = atOnce
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}

async function play(scene: Scene, workspace: string, started: LocalAstro[]): Promise<Played> {
  const { files = { 'dags/example.py': DAG }, earlier = [] } = scene
  const astro = await startLocalAstro(scene.astro)
  started.push(astro)
  if (scene.major === 2) {
    astro.deployments.patch(astro.deploymentId, { airflowVersion: '2.11.0', astroRuntimeVersion: '13.2.0' })
  }
  const keys = { 'key-id': astro.keyId, 'key-secret': astro.keySecret }
  for (const [index, tree] of earlier.entries()) {
    const place = `${workspace}-earlier-${index}`
    await writeTree(place, tree)
    const { exitCode, errors } = await runChecked(astro, {
      workspace: place,
      inputs: { ...keys, verify: 'false' },
    })
    if (exitCode !== 0) throw new Error(`what was there before could not be deployed: ${errors.join()}`)
  }
  await writeTree(workspace, files)
  const env = { ...scene.env, ...(await putOnPath(`${workspace}-programs`, scene.programs)) }
  scene.arrange?.(astro)
  const before = remember(astro, astro.deploymentId)
  const { onOutput, cancel } = scene
  let cancelledAt: number | undefined
  let lastWordAt: number | undefined
  let watching: NodeJS.Timeout | undefined
  const onStart = (kill: (signal: NodeJS.Signals) => void): void => {
    watching = setInterval(() => {
      if (cancelledAt !== undefined || cancel?.when(astro) !== true) return
      cancelledAt = performance.now()
      kill(cancel.signal)
    }, 5)
  }
  const result = await runChecked(astro, {
    workspace,
    env,
    inputs: { ...keys, ...scene.inputs },
    onOutput(stdout) {
      if (cancelledAt !== undefined && /^::error/m.test(stdout)) lastWordAt ??= performance.now()
      onOutput?.(stdout, astro)
    },
    ...(cancel ? { onStart } : {}),
  }).finally(() => clearInterval(watching))
  const since = (at: number | undefined): number | undefined =>
    cancelledAt === undefined || at === undefined ? undefined : at - cancelledAt
  return { astro, result, before, lastWordMs: since(lastWordAt), endingMs: since(performance.now()) }
}

async function putOnPath(
  folder: string,
  programs: Scene['programs'],
): Promise<Readonly<Record<string, string>>> {
  if (programs === undefined) return {}
  await mkdir(folder, { recursive: true })
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  return { PATH: `${folder}:${process.env.PATH ?? ''}` }
}
