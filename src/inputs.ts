import * as core from '@actions/core'
import { parseDomain } from './astro/domain.ts'
import { ENVIRONMENT_MODES } from './environment/wish.ts'
import type { ErrorCode } from './errors.ts'
import { ActionError, quote } from './errors.ts'
import { readProxies } from './http/proxy.ts'
import { parseBuildArgs, parseBuildSecrets } from './inputs/build.ts'
import { chooseCredentials } from './inputs/credentials.ts'
import { FILE_INPUT, readEnvironmentWish } from './inputs/environment.ts'
import { ineffectiveInputs } from './inputs/ineffective.ts'
import { readRunDag } from './inputs/run-dag.ts'
import { readTarget } from './inputs/target.ts'
import type { Action, DeployTypeWish, Inputs } from './inputs/types.ts'
import { ACTIONS, DEPLOY_TYPES } from './inputs/types.ts'
import type { InputProblem, Parsed } from './inputs/values.ts'
import {
  parseBoolean,
  parseChoice,
  parseDuration,
  parseId,
  parseGlobs,
  parseRelativePath,
  parseText,
} from './inputs/values.ts'

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

export type InputSource = {
  /** An input as it is given, white space at its ends included. */
  readonly input: (name: string) => string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What the runner hands on. */
export function inputsOfStep(env: InputSource['env']): InputSource {
  return { input: (name) => core.getInput(name, { trimWhitespace: false }), env }
}

/**
 * The only reader of inputs: typed and frozen, with sentences for inputs that have no effect as they are combined. `hide`
 * gets every credential and secret value before anything else happens. Throws one ActionError that lists every problem.
 */
export function readInputs(
  hide: (value: string) => void,
  source: InputSource,
): { readonly inputs: Inputs; readonly warnings: readonly string[] } {
  const problems = [...readProxies(source.env).problems]
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
  const id = (name: string): string | undefined =>
    take(name, 'ASTRO-INPUT-ID', parseId(text(name)), undefined)

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
  const runDag = readRunDag({
    dagId: text('run-dag'),
    conf: orDefault('run-dag-conf'),
    timeout: orDefault('run-dag-timeout'),
    unpause: orDefault('run-dag-unpause'),
    unprovedBy: action !== 'deploy' ? undefined : !wait ? 'wait' : verify === 'false' ? 'verify' : undefined,
  })
  const target = readTarget(
    id('deployment-id'),
    take('deployment-name', 'ASTRO-INPUT-LENGTH', parseText(text('deployment-name')), undefined),
  )
  problems.push(...runDag.problems, ...target.problems)
  const waitTime = take('wait-time', 'ASTRO-INPUT-DURATION', parseDuration(orDefault('wait-time')), 0)
  const githubToken = optional('github-token')
  if (githubToken !== undefined) hide(githubToken)
  const inputs = {
    action,
    organizationId: id('organization-id'),
    workspaceId: id('workspace'),
    target: target.wish,
    deployType,
    rootFolder: path('root-folder'),
    dagsPath: path('dags-path'),
    description: take('description', 'ASTRO-INPUT-LENGTH', parseText(text('description')), undefined),
    dryRun: boolean('dry-run'),
    allowEmptyDags: boolean('allow-empty-dags'),
    environment: environment.wish,
    waitMs: wait ? waitTime : undefined,
    deployId: id('deploy-id'),
    rollbackOnFailure: boolean('rollback-on-failure'),
    skipUnchanged: boolean('skip-unchanged'),
    imageTriggerPaths: parseGlobs(text('image-trigger-paths')),
    imageName: optional('image-name'),
    buildArgs: take('build-args', 'ASTRO-INPUT-BUILD', parseBuildArgs(text('build-args')), []),
    buildSecrets: take('build-secrets', 'ASTRO-INPUT-BUILD', parseBuildSecrets(text('build-secrets')), []),
    parse: boolean('parse'),
    pytest: boolean('pytest'),
    pytestFile: path('pytest-file'),
    force: boolean('force'),
    githubToken,
    verify: VERIFY[verify],
    runDag: runDag.wish,
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
