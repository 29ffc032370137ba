import * as core from '@actions/core'
import { parseDomain } from './astro/domain.ts'
import { ENVIRONMENT_MODES } from './environment/wish.ts'
import type { ErrorCode } from './errors.ts'
import { ActionError, quote } from './errors.ts'
import { readProxies } from './http/proxy.ts'
import { parseBuildArgs, parseBuildSecrets } from './inputs/build.ts'
import { chooseCredentials } from './inputs/credentials.ts'
import { FILE_INPUT, readEnvironmentWish } from './inputs/environment.ts'
import { ineffectiveInputs, NO_EFFECT } from './inputs/ineffective.ts'
import { readRunDag } from './inputs/run-dag.ts'
import { readTarget } from './inputs/target.ts'
import type { DeployTypeWish, Inputs } from './inputs/types.ts'
import { ACTIONS, DEPLOY_TYPES, LATER_ACTIONS, LATER_DEPLOY_TYPES } from './inputs/types.ts'
import { undeclaredInputs } from './inputs/undeclared.ts'
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
  'deploy-image': 'false',
  'github-token': '${{ github.token }}',
  verify: 'true',
  check: 'true',
  'run-dag-conf': '{}',
  'run-dag-timeout': '10m',
  'run-dag-unpause': 'false',
}

/** What deploy-action calls an image name that is not given. */
const NO_IMAGE_NAME = 'no-custom-image'

/** What the three words mean, for `verify` and `check`. */
const STRICTNESS = { true: 'fail', warn: 'warn', false: 'no' } as const

const AIRFLOW = { '': undefined, '2': 2, '3': 3 } as const

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
): { readonly inputs: Inputs; readonly warnings: readonly string[]; readonly notices: readonly string[] } {
  const problems = [...readProxies(source.env).problems]
  const declared = new Set<string>(NO_EFFECT)
  const input = (name: string): string => {
    declared.add(name)
    const value = source.input(name)
    return name === 'image-name' && value.trim() === NO_IMAGE_NAME ? '' : value
  }
  const text = (name: string): string => input(name).trim()
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
  function word<T extends string>(
    name: string,
    known: readonly T[],
    later: readonly string[],
    fallback: T,
  ): T {
    const given = orDefault(name)
    if (!later.includes(given)) return take(name, 'ASTRO-INPUT-CHOICE', parseChoice(given, known), fallback)
    const problem = `${quote(given)} is not yet supported; this version knows ${known.join(', ')}`
    problems.push({ code: 'ASTRO-INPUT-UNSUPPORTED', input: name, problem })
    return fallback
  }
  const action = word('action', ACTIONS, LATER_ACTIONS, 'deploy')
  if ('problems' in credentials && action !== 'check') problems.push(...credentials.problems)
  const wished = word('deploy-type', DEPLOY_TYPES, LATER_DEPLOY_TYPES, 'infer')
  const deployType = take(
    'deploy-image',
    'ASTRO-INPUT-CHOICE',
    withDeployImage(wished, boolean('deploy-image')),
    wished,
  )

  const domain = parseDomain(text('domain') || (source.env.ASTRO_DOMAIN ?? ''))
  if (typeof domain === 'string') {
    problems.push({ code: 'ASTRO-INPUT-DOMAIN', input: 'domain', problem: domain })
  }

  const environment = readEnvironmentWish(
    {
      plain: input('environment-variables'),
      secret: input('secret-environment-variables'),
      files: input(FILE_INPUT),
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
  const strictness = (name: string): keyof typeof STRICTNESS =>
    take(
      name,
      'ASTRO-INPUT-CHOICE',
      parseChoice(orDefault(name).toLowerCase(), ['true', 'warn', 'false'] as const),
      'true',
    )
  const verify = strictness('verify')
  const check = strictness('check')
  const checkAirflow = take<'' | '2' | '3'>(
    'check-airflow',
    'ASTRO-INPUT-CHOICE',
    text('check-airflow') === '' ? { value: '' } : parseChoice(text('check-airflow'), ['2', '3']),
    '',
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
    verify: STRICTNESS[verify],
    check: action === 'check' && check === 'false' ? 'fail' : STRICTNESS[check],
    checkAirflow: AIRFLOW[checkAirflow],
    checkSarif: text('check-sarif') === '' ? undefined : path('check-sarif'),
    runDag: runDag.wish,
  }

  problems.push(...undeclaredInputs(source.env, declared))
  if (problems.length > 0 || typeof domain === 'string') throw inputError(problems)
  const given = (name: string): boolean => text(name) !== '' && text(name) !== INPUT_DEFAULTS[name]
  return {
    inputs: Object.freeze({
      ...inputs,
      domain,
      credentials: action === 'check' || 'problems' in credentials ? undefined : credentials,
    }),
    warnings: [...environment.warnings, ...ineffectiveInputs(inputs, given)],
    notices:
      boolean('deploy-image') && action === 'deploy'
        ? [
            '`deploy-image: true` is the old name of `deploy-type: image-and-dags`, which is what is deployed.',
          ]
        : [],
  }
}

/** `deploy-image: true` is the old name of a deploy type. */
function withDeployImage(type: DeployTypeWish, isWanted: boolean): Parsed<DeployTypeWish> {
  if (!isWanted) return { value: type }
  return type === 'infer' || type === 'image-and-dags'
    ? { value: 'image-and-dags' }
    : { problem: `it is the old name of \`deploy-type: image-and-dags\`, and \`deploy-type\` is ${type}` }
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
