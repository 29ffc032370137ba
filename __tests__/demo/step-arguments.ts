type StepArguments = {
  readonly inputs: Readonly<Record<string, string>>
  /** What is checked out; undefined: the example. */
  readonly folder: string | undefined
}

/**
 * Reads a step from command-line arguments: the action, then `--input value`, `--input=value`, or `--input` for true. Undefined
 * when help is asked for. It does not check the names of inputs: the action does.
 */
export function parseStep(args: readonly string[]): StepArguments | undefined {
  const inputs: Record<string, string> = {}
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? ''
    if (argument === '--help' || argument === '-h') return undefined
    const [, name, given] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? []
    if (name === undefined) {
      inputs.action = argument
      continue
    }
    const next = args[at + 1]
    const takesNext = given === undefined && next !== undefined && !next.startsWith('--')
    inputs[name] = given ?? (takesNext ? next : 'true')
    if (takesNext) at++
  }
  const { folder, ...rest } = inputs
  return { inputs: rest, folder }
}
