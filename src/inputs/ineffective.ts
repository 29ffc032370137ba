import type { Inputs } from './types.ts'

type Chosen = Omit<Inputs, 'credentials' | 'domain'>

type Rule = {
  readonly input: string
  readonly hasEffect: (inputs: Chosen) => boolean
  readonly why: string
}

const ENVIRONMENT = [
  'environment-variables',
  'secret-environment-variables',
  'environment-file',
  'environment-mode',
]

const NO_CHECKOUT = 'nothing is checked out by this action; a step with actions/checkout comes before it'

/** Inputs that deploy-action has and that mean nothing here. */
const MEANINGLESS: Readonly<Record<string, string>> = {
  checkout: NO_CHECKOUT,
  'checkout-submodules': NO_CHECKOUT,
  'sparse-checkout': NO_CHECKOUT,
  'cli-version': 'this action does not use the Astro CLI',
}
export const NO_EFFECT: readonly string[] = Object.keys(MEANINGLESS)

const noImage = (i: Chosen): boolean => i.deployType === 'dags-only' && !(i.parse || i.pytest)

/** Inputs that say what is read, for a check as for a deploy. */
const SAYS_WHAT = new Set(['deploy-type', 'root-folder', 'dags-path', 'allow-empty-dags', 'image-name'])

const readsCode = ({ action }: Chosen): boolean => action === 'deploy' || action === 'check'

const RULES: readonly Rule[] = [
  ...Object.entries(MEANINGLESS).map(([input, why]) => ({ input, hasEffect: () => false, why })),
  {
    input: 'verify',
    hasEffect: (i) => i.action === 'deploy' || i.action === 'rollback',
    why: 'the action brings no code',
  },
  { input: 'verify', hasEffect: (i) => i.waitMs !== undefined, why: '`wait` is false' },
  { input: 'verify', hasEffect: (i) => !i.dryRun, why: 'a dry run changes nothing' },
  ...['check', 'check-airflow', 'check-sarif'].map((input) => ({
    input,
    hasEffect: (i: Chosen) => readsCode(i),
    why: 'the action ships no code',
  })),
  {
    input: 'check',
    hasEffect: (i) => i.action !== 'check' || i.check === 'warn',
    why: '`action: check` always looks',
  },
  ...['check-airflow', 'check-sarif'].map((input) => ({
    input,
    hasEffect: (i: Chosen) => i.check !== 'no',
    why: '`check` is false',
  })),
  ...['run-dag', 'run-dag-conf', 'run-dag-timeout', 'run-dag-unpause'].flatMap((input) => [
    { input, hasEffect: (i: Chosen) => i.action === 'deploy', why: 'the action ships no code' },
    { input, hasEffect: (i: Chosen) => !i.dryRun, why: 'a dry run deploys nothing' },
    { input, hasEffect: (i: Chosen) => i.runDag !== undefined, why: '`run-dag` is not given' },
  ]),
  { input: 'wait-time', hasEffect: (i) => i.waitMs !== undefined, why: '`wait` is false' },
  ...[
    'deploy-type',
    'deploy-image',
    'root-folder',
    'dags-path',
    'allow-empty-dags',
    'skip-unchanged',
    'image-trigger-paths',
    'image-name',
    'build-args',
    'build-secrets',
    'parse',
    'pytest',
    'pytest-file',
    'force',
  ].map((input) => ({
    input,
    hasEffect: (i: Chosen) => i.action === 'deploy' || (i.action === 'check' && SAYS_WHAT.has(input)),
    why: 'the action ships no code',
  })),
  {
    input: 'description',
    hasEffect: (i) => i.action === 'deploy' || i.action === 'rollback',
    why: 'the action ships no code',
  },
  ...['dry-run', ...ENVIRONMENT].map((input) => ({
    input,
    hasEffect: (i: Chosen) => i.action !== 'get-access-token',
    why: '`get-access-token` changes nothing',
  })),
  ...['dry-run', 'wait-time', ...ENVIRONMENT].map((input) => ({
    input,
    hasEffect: (i: Chosen) => i.action !== 'check',
    why: '`check` changes nothing',
  })),
  ...ENVIRONMENT.map((input) => ({
    input,
    hasEffect: (i: Chosen) => i.action !== 'rollback',
    why: '`rollback` leaves the environment variables as they are',
  })),
  { input: 'deploy-id', hasEffect: (i) => i.action === 'rollback', why: 'it belongs to `action: rollback`' },
  {
    input: 'rollback-on-failure',
    hasEffect: (i) => i.action === 'deploy',
    why: 'only a deploy can give way to the one before',
  },
  {
    input: 'rollback-on-failure',
    hasEffect: (i) => i.waitMs !== undefined,
    why: '`wait` is false, so nobody sees a failure',
  },
  { input: 'rollback-on-failure', hasEffect: (i) => !i.dryRun, why: 'a dry run deploys nothing' },
  {
    input: 'wait-time',
    hasEffect: (i) => !i.dryRun || i.action === 'get-access-token',
    why: 'a dry run waits for nothing',
  },
  { input: 'skip-unchanged', hasEffect: (i) => i.deployType !== 'infer', why: '`infer` always skips then' },
  {
    input: 'image-trigger-paths',
    hasEffect: (i) => i.deployType === 'infer' || i.skipUnchanged,
    why: '`deploy-type` decides what is deployed, whatever changed',
  },
  ...(['image-name', 'build-args', 'build-secrets'] as const).map((input) => ({
    input,
    hasEffect: (i: Chosen) => !noImage(i),
    why: '`deploy-type: dags-only` has no image',
  })),
  ...(['build-args', 'build-secrets'] as const).map((input) => ({
    input,
    hasEffect: (i: Chosen) => i.imageName === undefined,
    why: '`image-name` takes the place of a build',
  })),
  { input: 'pytest-file', hasEffect: (i) => i.pytest, why: '`pytest` is false' },
  { input: 'pytest-file', hasEffect: (i) => !i.force, why: '`force` skips the tests' },
  {
    input: 'force',
    hasEffect: (i) => i.parse || i.pytest,
    why: 'it skips `parse` and `pytest`, and both are false',
  },
]

/** A sentence for each input that was given but does nothing in the chosen mode; at most one an input. */
export function ineffectiveInputs(inputs: Chosen, given: (name: string) => boolean): readonly string[] {
  const idle = new Map<string, string>()
  for (const rule of RULES) {
    if (given(rule.input) && !rule.hasEffect(inputs) && !idle.has(rule.input)) {
      idle.set(rule.input, `The input \`${rule.input}\` has no effect here: ${rule.why}.`)
    }
  }
  return [...idle.values()]
}
