import type { Inputs } from '../inputs.ts'

type Chosen = Omit<Inputs, 'credentials' | 'domain'>

type Rule = {
  readonly input: string
  readonly hasEffect: (inputs: Chosen) => boolean
  readonly why: string
}

const RULES: readonly Rule[] = [
  { input: 'wait-time', hasEffect: (i) => i.waitMs !== undefined, why: '`wait` is false' },
  ...['deploy-type', 'root-folder', 'dags-path', 'description', 'allow-empty-dags'].map((input) => ({
    input,
    hasEffect: (i: Chosen) => i.action === 'deploy',
    why: 'the action ships no code',
  })),
  ...[
    'dry-run',
    'environment-variables',
    'secret-environment-variables',
    'environment-file',
    'environment-mode',
  ].map((input) => ({
    input,
    hasEffect: (i: Chosen) => i.action !== 'get-access-token',
    why: '`get-access-token` changes nothing',
  })),
  {
    input: 'wait-time',
    hasEffect: (i) => !i.dryRun || i.action === 'get-access-token',
    why: 'a dry run waits for nothing',
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
