import * as core from '@actions/core'
import type { AstroDomain } from './astro/domain.ts'
import { parseDomain } from './astro/domain.ts'
import type { Credentials } from './auth/credentials.ts'
import type { EnvironmentWish } from './environment/wish.ts'
import { ENVIRONMENT_MODES } from './environment/wish.ts'
import type { ErrorCode } from './errors.ts'
import { ActionError, quote } from './errors.ts'
import type { BuildArg, BuildSecret } from './inputs/build.ts'
import { parseBuildArgs, parseBuildSecrets } from './inputs/build.ts'
import { chooseCredentials } from './inputs/credentials.ts'
import { FILE_INPUT, readEnvironmentWish } from './inputs/environment.ts'
import { ineffectiveInputs } from './inputs/ineffective.ts'
import type { InputProblem, Parsed } from './inputs/values.ts'
import {
  parseJsonObject,
  parseBoolean,
  parseChoice,
  parseDuration,
  parseList,
  parseRelativePath,
} from './inputs/values.ts'

export const ACTIONS = [
  'deploy',
  'update-environment-variables',
  'get-access-token',
  'rollback',
  'create-deployment-preview',
  'deploy-deployment-preview',
  'delete-deployment-preview',
] as const
export const DEPLOY_TYPES = ['infer', 'dags-only', 'image-and-dags', 'image-only', 'dbt'] as const

export type Action = (typeof ACTIONS)[number]
export type DeployTypeWish = (typeof DEPLOY_TYPES)[number]

const SUPPORTED_ACTIONS: readonly Action[] = [
  'deploy',
  'update-environment-variables',
  'get-access-token',
  'rollback',
]
const SUPPORTED_DEPLOY_TYPES: readonly DeployTypeWish[] = [
  'infer',
  'dags-only',
  'image-and-dags',
  'image-only',
]

/** Which Deployment was asked for; `bound` means the one that the credential belongs to. */
export type TargetWish =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'bound' }

export type RunDagWish = {
  readonly dagId: string
  readonly conf: Readonly<Record<string, unknown>>
  readonly timeoutMs: number
  readonly unpause: boolean
}

export type Inputs = {
  readonly action: Action
  readonly credentials: Credentials
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

export const INPUT_DEFAULTS: Readonly<Record<string, string>> = {
  action: 'deploy',
  'deploy-type': 'infer',
  'root-folder': '.',
  'dags-path': 'dags',
  'dry-run': 'false',
  'allow-empty-dags': 'false',
  'environment-mode': 'merge',
  wait: 'true',
  'wait-time': '10m',
  'rollback-on-failure': 'false',
  'skip-unchanged': 'false',
  parse: 'false',
  pytest: 'false',
  'pytest-file': 'tests/',
  force: 'false',
  'github-token': '${{ github.token }}',
  verify: 'true',
  'run-dag-conf': '{}',
  'run-dag-timeout': '10m',
  'run-dag-unpause': 'false',
}

const VERIFY = { true: 'fail', warn: 'warn', false: 'no' } as const

/** Of descriptions and of the names of Deployments, by Astro's specification. */
const LONGEST_TEXT = 500

export type InputSource = {
  /** An input as it is given, white space at its ends included. */
  readonly input: (name: string) => string
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * The only reader of inputs: typed and frozen, with sentences for inputs that have no effect as they are combined. `hide`
 * gets every credential and secret value before anything else happens. Throws one ActionError that lists every problem.
 */
export function readInputs(
  hide: (value: string) => void,
  source: InputSource = {
    input: (name) => core.getInput(name, { trimWhitespace: false }),
    env: process.env,
  },
): { readonly inputs: Inputs; readonly warnings: readonly string[] } {
  const problems: InputProblem[] = []
  const text = (name: string): string => source.input(name).trim()
  const optional = (name: string): string | undefined => text(name) || undefined
  const orDefault = (name: string): string => text(name) || (INPUT_DEFAULTS[name] ?? '')

  function take<T>(name: string, code: ErrorCode, parsed: Parsed<T>, fallback: T): T {
    if ('value' in parsed) return parsed.value
    problems.push({ code, input: name, problem: parsed.problem })
    return fallback
  }
  const boolean = (name: string): boolean =>
    take(name, 'ASTRO-INPUT-BOOLEAN', parseBoolean(orDefault(name)), false)
  const path = (name: string): string =>
    take(name, 'ASTRO-INPUT-PATH', parseRelativePath(orDefault(name)), '')

  const credentials = chooseCredentials(
    { keyId: text('key-id'), keySecret: text('key-secret'), apiToken: text('api-token') },
    source.env,
    hide,
  )
  if ('problems' in credentials) problems.push(...credentials.problems)

  const action = take('action', 'ASTRO-INPUT-CHOICE', parseChoice(orDefault('action'), ACTIONS), 'deploy')
  const deployType = take(
    'deploy-type',
    'ASTRO-INPUT-CHOICE',
    parseChoice(orDefault('deploy-type'), DEPLOY_TYPES),
    'infer',
  )
  problems.push(...unsupported('action', action, SUPPORTED_ACTIONS))
  problems.push(...unsupported('deploy-type', deployType, SUPPORTED_DEPLOY_TYPES))

  const domain = parseDomain(text('domain') || (source.env.ASTRO_DOMAIN ?? ''))
  if (typeof domain === 'string') {
    problems.push({ code: 'ASTRO-INPUT-DOMAIN', input: 'domain', problem: domain })
  }

  const environment = readEnvironmentWish(
    {
      plain: source.input('environment-variables'),
      secret: source.input('secret-environment-variables'),
      files: source.input(FILE_INPUT),
      mode: take(
        'environment-mode',
        'ASTRO-INPUT-CHOICE',
        parseChoice(orDefault('environment-mode'), ENVIRONMENT_MODES),
        'merge',
      ),
      isWholeAction: action === 'update-environment-variables',
      workspace: source.env.GITHUB_WORKSPACE ?? process.cwd(),
    },
    hide,
  )
  problems.push(...environment.problems)

  const wait = boolean('wait')
  const verify = take(
    'verify',
    'ASTRO-INPUT-CHOICE',
    parseChoice(orDefault('verify').toLowerCase(), ['true', 'warn', 'false'] as const),
    'true',
  )
  const runDagWish = {
    conf: take('run-dag-conf', 'ASTRO-INPUT-JSON', parseJsonObject(orDefault('run-dag-conf')), {}),
    timeoutMs: take(
      'run-dag-timeout',
      'ASTRO-INPUT-DURATION',
      parseDuration(orDefault('run-dag-timeout')),
      0,
    ),
    unpause: boolean('run-dag-unpause'),
  }
  const dagId = optional('run-dag')
  const runDag = dagId === undefined ? undefined : { dagId, ...runDagWish }
  if (runDag && (!wait || verify === 'false')) {
    problems.push({
      code: 'ASTRO-INPUT-RUN-DAG',
      input: 'run-dag',
      problem: `it runs the DAG on code that is proved to be live, but \`${wait ? 'verify' : 'wait'}\` is false`,
    })
  }
  const waitTime = take('wait-time', 'ASTRO-INPUT-DURATION', parseDuration(orDefault('wait-time')), 0)
  const githubToken = optional('github-token')
  if (githubToken !== undefined) hide(githubToken)
  const inputs = {
    action,
    organizationId: readId('organization-id', optional('organization-id'), problems),
    workspaceId: readId('workspace', optional('workspace'), problems),
    target: readTarget(
      optional('deployment-id'),
      take('deployment-name', 'ASTRO-INPUT-LENGTH', checkLength(text('deployment-name')), undefined),
      problems,
    ),
    deployType,
    rootFolder: path('root-folder'),
    dagsPath: path('dags-path'),
    description: take('description', 'ASTRO-INPUT-LENGTH', checkLength(text('description')), undefined),
    dryRun: boolean('dry-run'),
    allowEmptyDags: boolean('allow-empty-dags'),
    environment: environment.wish,
    waitMs: wait ? waitTime : undefined,
    deployId: readId('deploy-id', optional('deploy-id'), problems),
    rollbackOnFailure: boolean('rollback-on-failure'),
    skipUnchanged: boolean('skip-unchanged'),
    imageTriggerPaths: parseList(text('image-trigger-paths')),
    imageName: optional('image-name'),
    buildArgs: take('build-args', 'ASTRO-INPUT-BUILD', parseBuildArgs(text('build-args')), []),
    buildSecrets: take('build-secrets', 'ASTRO-INPUT-BUILD', parseBuildSecrets(text('build-secrets')), []),
    parse: boolean('parse'),
    pytest: boolean('pytest'),
    pytestFile: path('pytest-file'),
    force: boolean('force'),
    githubToken,
    verify: VERIFY[verify],
    runDag,
  }

  if (problems.length > 0 || 'problems' in credentials || typeof domain === 'string') {
    throw inputError(problems)
  }
  const given = (name: string): boolean => text(name) !== '' && text(name) !== INPUT_DEFAULTS[name]
  return {
    inputs: Object.freeze({ ...inputs, domain, credentials }),
    warnings: [...environment.warnings, ...ineffectiveInputs(inputs, given)],
  }
}

function unsupported<T extends string>(input: string, value: T, supported: readonly T[]): InputProblem[] {
  if (supported.includes(value)) return []
  const problem = `${quote(value)} is not yet supported; this version knows ${supported.join(', ')}`
  return [{ code: 'ASTRO-INPUT-UNSUPPORTED', input, problem }]
}

function checkLength(text: string): Parsed<string | undefined> {
  const length = Array.from(text).length
  return length > LONGEST_TEXT
    ? { problem: `it has ${length} characters; Astro takes at most ${LONGEST_TEXT}` }
    : { value: text || undefined }
}

function readId(input: string, id: string | undefined, problems: InputProblem[]): string | undefined {
  if (id !== undefined && !/^[\w-]{1,100}$/.test(id)) {
    problems.push({ code: 'ASTRO-INPUT-ID', input, problem: `${quote(id)} is not an ID such as clabc0123` })
  }
  return id
}

function readTarget(id: string | undefined, name: string | undefined, problems: InputProblem[]): TargetWish {
  if (id !== undefined && name !== undefined) {
    problems.push({
      code: 'ASTRO-INPUT-TARGET',
      input: 'deployment-id, deployment-name',
      problem: 'both are given; name the Deployment by one of them',
    })
  }
  readId('deployment-id', id, problems)
  if (id !== undefined) return { kind: 'id', id }
  return name === undefined ? { kind: 'bound' } : { kind: 'name', name }
}

function inputError(problems: readonly InputProblem[]): ActionError {
  const [first] = problems
  const list = problems.map(({ code, input, problem }) => `- ${input}: ${problem} [${code}]`).join('\n')
  return new ActionError({
    code: first?.code ?? 'ASTRO-INPUT-CHOICE',
    problem:
      problems.length === 1
        ? 'An input of this step cannot be used.'
        : `${problems.length} inputs of this step cannot be used.`,
    observed: list,
    fix: 'Correct the `with:` block (or the environment) of the step. Nothing was sent to Astro.',
  })
}
