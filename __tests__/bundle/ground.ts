import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals'
import type { LocalAstro, LocalAstroOptions } from '../local-astro/start.ts'
import { holdAzurite, startLocalAstro } from '../local-astro/start.ts'
import { brokenRules, codeOf } from './rules.ts'
import type { Step, StepResult } from './run-step.ts'
import { runStep } from './run-step.ts'
import { writeTree } from './tree.ts'
import { withoutCheck } from './without-check.ts'

/** What a bundle test stands on: a local Astro and a checked-out repository, new for each test. */
export type Ground = {
  astro: LocalAstro
  /** A repository whose project is at its root, with one DAG file. */
  workspace: string
  /** Another local Astro in place of the one at hand. */
  restart(options: LocalAstroOptions): Promise<LocalAstro>
  /**
   * Runs the step and fails the test when it broke a rule that holds for every step. Inputs are completed with the address
   * of the local Astro.
   *
   * @param given.secrets what must not be seen, beside what the local Astro gave out
   */
  run(given?: Partial<Step> & { readonly secrets?: readonly string[] }): Promise<StepResult>
  /** The same with the key pair as inputs. */
  deploy(
    inputs?: Readonly<Record<string, string>>,
    given?: Omit<NonNullable<Parameters<Ground['run']>[0]>, 'inputs'>,
  ): Promise<StepResult>
  /** What the control plane and the storage were asked for, in order. */
  steps(): (string | undefined)[]
  /** Its requests that change something. */
  writes(): string[]
  /** The step failed with this code and these words, and nothing was changed on Astro. */
  expectRefused(result: StepResult, code: string, ...words: string[]): void
}

export const DAG = 'from airflow.sdk import DAG\n\nDAG("example", schedule=None)\n'

/** A ground for each test of the file; `uploads` keeps one blob store up for all of them. */
export function useGround(options: LocalAstroOptions & { uploads?: boolean } = {}): Ground {
  const { uploads, ...settings } = options
  let release: (() => Promise<void>) | undefined
  const ground = {} as Ground
  const stop = async (): Promise<void> => {
    await ground.astro.stop()
    expect(ground.astro.violations).toEqual([])
  }

  Object.assign(ground, {
    async restart(other: LocalAstroOptions) {
      await stop()
      ground.astro = await startLocalAstro({ ...settings, ...other })
      return ground.astro
    },
    run({ secrets, inputs = {}, ...given } = {}) {
      const { astro, workspace } = ground
      return runChecked(astro, { workspace, inputs, ...given }, secrets)
    },
    deploy(inputs, given) {
      const { keyId, keySecret } = ground.astro
      return ground.run({ inputs: { 'key-id': keyId, 'key-secret': keySecret, ...inputs }, ...given })
    },
    steps: () => ground.astro.requests.map(({ step }) => step).filter((step) => step !== 'airflow'),
    writes: () =>
      ground.astro.requests
        .filter(({ method, step }) => method !== 'GET' && step !== 'token')
        .map(({ method, path: asked }) => `${method} ${asked}`),
    expectRefused({ exitCode, errors, outputs }, code, ...words) {
      const [message = ''] = errors
      expect([exitCode, codeOf(message)]).toEqual([1, code])
      for (const word of words) expect(message).toContain(word)
      expect(message).toContain('Nothing was changed on Astro.')
      expect(ground.writes()).toEqual([])
      expect(outputs).not.toHaveProperty('deploy-id')
    },
  } satisfies Partial<Ground>)

  beforeAll(async () => {
    if (uploads === true) release = await holdAzurite()
  })
  afterAll(async () => {
    await release?.()
  })
  beforeEach(async () => {
    ground.workspace = await mkdtemp(path.join(tmpdir(), 'workspace-'))
    await writeTree(ground.workspace, { 'dags/example.py': DAG })
    ground.astro = await startLocalAstro(settings)
  })
  afterEach(async () => {
    await rm(ground.workspace, { recursive: true, force: true })
    await stop()
  })
  return ground
}

/**
 * Runs the step against this local Astro and fails the test when it broke a rule that holds for every step.
 *
 * @param secrets what must not be seen, beside what the local Astro gave out
 */
export async function runChecked(
  astro: LocalAstro,
  step: Step,
  secrets: readonly string[] = [],
): Promise<StepResult> {
  const inputs = { domain: astro.origin, ...withoutCheck(step.inputs), ...step.inputs }
  const result = await runStep({ ...step, inputs })
  const hidden = new Set([...astro.secrets, ...variableValues(astro), ...secrets])
  expect(brokenRules(withoutHandedOn(result, step), hidden)).toEqual([])
  return result
}

/** The token that get-access-token is there to hand on is a secret everywhere but in its output. */
function withoutHandedOn(result: StepResult, { inputs }: Step): StepResult {
  const token = result.outputs['access-token']
  if (inputs.action !== 'get-access-token' || token === undefined) return result
  return { ...result, files: { ...result.files, output: (result.files.output ?? '').replace(token, '') } }
}

/** Values of a few characters turn up by themselves. */
function variableValues({ deployments }: LocalAstro): string[] {
  return deployments
    .ids()
    .flatMap((id) => Object.values(deployments.variables(id)))
    .filter((value) => value.length >= 8)
}
