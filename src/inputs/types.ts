import type { AstroDomain } from '../astro/domain.ts'
import type { Credentials } from '../auth/credentials.ts'
import type { EnvironmentWish } from '../environment/wish.ts'
import type { BuildArg, BuildSecret } from './build.ts'
import type { RunDagWish } from './run-dag.ts'
import type { TargetWish } from './target.ts'

export const ACTIONS = [
  'deploy',
  'update-environment-variables',
  'get-access-token',
  'rollback',
  'check',
] as const
export const DEPLOY_TYPES = ['infer', 'dags-only', 'image-and-dags', 'image-only'] as const

/** Words of the interface that this version does not know yet. */
export const LATER_ACTIONS = [
  'status',
  'create-deployment-preview',
  'deploy-deployment-preview',
  'delete-deployment-preview',
  'delete-expired-deployment-previews',
  'delete-bundle',
] as const
export const LATER_DEPLOY_TYPES = ['dbt', 'non-dags'] as const

export type Action = (typeof ACTIONS)[number]
export type DeployTypeWish = (typeof DEPLOY_TYPES)[number]

/** What a step asks for. */
export type Inputs = {
  readonly action: Action
  /** Undefined for `check` alone, which needs none. */
  readonly credentials: Credentials | undefined
  readonly domain: AstroDomain
  readonly organizationId: string | undefined
  readonly workspaceId: string | undefined
  readonly target: TargetWish
  readonly deployType: DeployTypeWish
  /** The Astro project, relative to the workspace; empty for the workspace itself. */
  readonly rootFolder: string
  /** The DAG folder, relative to the project. */
  readonly dagsPath: string
  readonly description: string | undefined
  readonly dryRun: boolean
  readonly allowEmptyDags: boolean
  /** The variables to set; undefined: none. */
  readonly environment: EnvironmentWish | undefined
  /** Whether the Python files are looked at before anything is written, and what an error in them means. */
  readonly check: 'fail' | 'warn' | 'no'
  /** The Airflow to check for; undefined: the target's. */
  readonly checkAirflow: 2 | 3 | undefined
  /** Where the findings go as SARIF, relative to the workspace. */
  readonly checkSarif: string | undefined
  /** Whether Airflow is asked for import errors, and what they mean. */
  readonly verify: 'fail' | 'warn' | 'no'
  /** The DAG to run as a smoke test, if any. */
  readonly runDag: RunDagWish | undefined
  /** How long to wait until the deploy is live, in milliseconds; undefined: not at all. */
  readonly waitMs: number | undefined
  /** The deploy to return to; undefined: the one before. */
  readonly deployId: string | undefined
  /** Whether a deploy that fails when it rolls out gives way to the one before. */
  readonly rollbackOnFailure: boolean
  /** With an explicit deploy type: skip when nothing changed. */
  readonly skipUnchanged: boolean
  /** Globs from the root of the repository. */
  readonly imageTriggerPaths: readonly string[]
  /** A local image in place of a build. */
  readonly imageName: string | undefined
  readonly buildArgs: readonly BuildArg[]
  readonly buildSecrets: readonly BuildSecret[]
  readonly parse: boolean
  readonly pytest: boolean
  /** Relative to the project. */
  readonly pytestFile: string
  /** Skips parse and pytest. */
  readonly force: boolean
  readonly githubToken: string | undefined
}
