import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { ActionError } from '../../src/errors.ts'
import { INPUT_DEFAULTS, readInputs } from '../../src/inputs.ts'
import { failureOf } from '../make/failure.ts'

const KEY = { 'key-id': 'an-id', 'key-secret': 'a-secret' }

function read(given: Record<string, string>, env: Record<string, string> = {}) {
  const hidden: string[] = []
  const result = readInputs((value) => hidden.push(value), { input: (name) => given[name] ?? '', env })
  return { ...result, hidden }
}
const refusal = (given: Record<string, string>, env: Record<string, string> = {}): Promise<ActionError> =>
  failureOf(() => read(given, env))

test('a key pair is all that is needed', () => {
  const { inputs, warnings } = read(KEY)
  expect(warnings).toEqual([])
  expect(inputs).toEqual({
    action: 'deploy',
    credentials: { kind: 'key-pair', keyId: 'an-id', keySecret: 'a-secret', source: 'inputs' },
    domain: { apiOrigin: 'https://api.astronomer.io', uiOrigin: 'https://cloud.astronomer.io' },
    organizationId: undefined,
    workspaceId: undefined,
    target: { kind: 'bound' },
    deployType: 'infer',
    rootFolder: '',
    dagsPath: 'dags',
    description: undefined,
    dryRun: false,
    allowEmptyDags: false,
    environment: undefined,
    waitMs: 600_000,
    deployId: undefined,
    rollbackOnFailure: false,
    skipUnchanged: false,
    imageTriggerPaths: [],
    imageName: undefined,
    buildArgs: [],
    buildSecrets: [],
    parse: false,
    pytest: false,
    pytestFile: 'tests',
    force: false,
    githubToken: undefined,
    verify: 'fail',
    check: 'fail',
    checkAirflow: undefined,
    checkSarif: undefined,
    runDag: undefined,
  })
  expect(Object.isFrozen(inputs)).toBe(true)
})

test('the defaults are those of action.yml', () => {
  const { inputs } = parse(readFileSync('action.yml', 'utf8')) as {
    inputs: Record<string, { default?: string }>
  }
  const declared = Object.entries(inputs).flatMap(([name, input]) =>
    input.default === undefined || input.default === '' ? [] : [[name, input.default]],
  )
  expect(Object.fromEntries(declared)).toEqual(INPUT_DEFAULTS)
})

describe('credentials', () => {
  const env = {
    ASTRONOMER_KEY_ID: 'env-id',
    ASTRONOMER_KEY_SECRET: 'env-secret',
    ASTRO_API_TOKEN: 'env-token',
  }
  const keyEnv = { ASTRONOMER_KEY_ID: 'env-id', ASTRONOMER_KEY_SECRET: 'env-secret' }

  test.each([
    ['inputs before environment', KEY, env, { kind: 'key-pair', keyId: 'an-id', source: 'inputs' }],
    [
      'a token input beats a key of the environment',
      { 'api-token': 't' },
      env,
      { token: 't', source: 'inputs' },
    ],
    [
      'in the environment the token wins',
      {},
      env,
      { kind: 'token', token: 'env-token', source: 'environment' },
    ],
    ['a key of the environment', {}, keyEnv, { kind: 'key-pair', keyId: 'env-id', source: 'environment' }],
    [
      'the other half from the environment',
      { 'key-id': 'an-id' },
      keyEnv,
      { kind: 'key-pair', keyId: 'an-id', keySecret: 'env-secret' },
    ],
    ['white space is trimmed', { 'api-token': '  t\n' }, {}, { token: 't' }],
  ])('%s', (_, given, environment, expected) => {
    expect(read(given as Record<string, string>, environment).inputs.credentials).toMatchObject(expected)
  })

  test.each([
    ['nothing', {}, {}, 'ASTRO-INPUT-CREDENTIALS-MISSING', 'Dependabot'],
    ['no secret', { 'key-id': 'an-id' }, {}, 'ASTRO-INPUT-CREDENTIALS-HALF', '- key-secret:'],
    ['no ID', { 'key-secret': 's' }, {}, 'ASTRO-INPUT-CREDENTIALS-HALF', '- key-id:'],
    [
      'half a key in the environment',
      {},
      { ASTRONOMER_KEY_ID: 'x' },
      'ASTRO-INPUT-CREDENTIALS-HALF',
      '- key-secret:',
    ],
    ['token and key', { ...KEY, 'api-token': 't' }, {}, 'ASTRO-INPUT-CREDENTIALS-BOTH', 'keep one'],
    ['only white space', { 'api-token': ' \n ' }, {}, 'ASTRO-INPUT-CREDENTIALS-MISSING', 'no credential'],
  ])('%s is refused', async (_, given, environment, code, words) => {
    const error = await refusal(given, environment)
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
  })

  test('every value found is hidden, used or not, also when other inputs are wrong', async () => {
    const hidden: string[] = []
    await failureOf(() =>
      readInputs((value) => hidden.push(value), {
        input: (name) => ({ ...KEY, wait: 'maybe' })[name] ?? '',
        env,
      }),
    )
    expect(hidden).toEqual(expect.arrayContaining(['an-id', 'a-secret', 'env-id', 'env-secret', 'env-token']))
  })
})

test('all problems are reported in one go, each with its input and code', async () => {
  const error = await refusal({
    'key-id': 'an-id',
    wait: 'yes',
    'wait-time': 'soon',
    'root-folder': '../elsewhere',
    'deployment-id': 'cl1',
    'deployment-name': 'etl',
    domain: 'http://astro.example',
    action: 'destroy',
  })
  expect(error.problem).toBe('7 inputs of this step cannot be used.')
  for (const line of [
    '- key-secret: it is empty',
    '- wait: "yes" is not a boolean; use true or false [ASTRO-INPUT-BOOLEAN]',
    '- wait-time: "soon" is not a duration',
    '- root-folder: "../elsewhere" leaves the workspace [ASTRO-INPUT-PATH]',
    '- deployment-id, deployment-name: both are given',
    '- domain: "http://astro.example" would send credentials in clear',
    '- action: "destroy" is not one of deploy,',
  ]) {
    expect(error.observed).toContain(line)
  }
})

test.each([
  ['an ID with a path in it', { 'deployment-id': '../cl1' }, 'ASTRO-INPUT-ID'],
  ['a deploy that is none', { action: 'rollback', 'deploy-id': 'v1/2' }, 'ASTRO-INPUT-ID'],
  ['a name as an ID', { 'deployment-id': 'my deployment' }, 'ASTRO-INPUT-ID'],
  ['a Workspace with a query in it', { workspace: 'cl1?x=1' }, 'ASTRO-INPUT-ID'],
  ['an Organization that is a URL', { 'organization-id': 'https://x' }, 'ASTRO-INPUT-ID'],
  ['a description of 501 characters', { description: 'é'.repeat(501) }, 'ASTRO-INPUT-LENGTH'],
  ['a deploy type that is to come', { 'deploy-type': 'dbt' }, 'ASTRO-INPUT-UNSUPPORTED'],
  ['a misspelt deploy type', { 'deploy-type': 'dag-only' }, 'ASTRO-INPUT-CHOICE'],
])('%s is refused', async (_, given, code) => {
  expect((await refusal({ ...KEY, ...given })).code).toBe(code)
})

test('500 characters of any kind are a description', () => {
  expect(read({ ...KEY, description: '😀'.repeat(500) }).inputs.description).toHaveLength(1000)
})

test.each([
  [{ wait: 'false', 'wait-time': '5m' }, ['The input `wait-time` has no effect here: `wait` is false.']],
  [
    { 'dry-run': 'true', 'wait-time': '5m' },
    ['The input `wait-time` has no effect here: a dry run waits for nothing.'],
  ],
  [{ 'deploy-id': 'cl1' }, ['The input `deploy-id` has no effect here: it belongs to `action: rollback`.']],
  [{ action: 'rollback', 'deploy-id': 'cl1', description: 'why', 'wait-time': '5m' }, []],
  [
    { action: 'rollback', 'dags-path': 'flows', 'rollback-on-failure': 'true' },
    [
      'The input `dags-path` has no effect here: the action ships no code.',
      'The input `rollback-on-failure` has no effect here: only a deploy can give way to the one before.',
    ],
  ],
  [
    { 'rollback-on-failure': 'true', wait: 'false' },
    ['The input `rollback-on-failure` has no effect here: `wait` is false, so nobody sees a failure.'],
  ],
  [
    { 'rollback-on-failure': 'true', 'dry-run': 'true' },
    ['The input `rollback-on-failure` has no effect here: a dry run deploys nothing.'],
  ],
  [{ 'rollback-on-failure': 'true' }, []],
  [{ 'wait-time': '5m' }, []],
  [{ wait: 'false', 'wait-time': '10m' }, []],
])('an input without effect gives one warning: %j', (given, warnings) => {
  expect(read({ ...KEY, ...given }).warnings).toEqual(warnings)
})
