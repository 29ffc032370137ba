import { findLeaks } from './leaks.ts'
import type { StepResult } from './run-step.ts'

/**
 * What holds for every step, however it ends, as a list of what does not: no secret in anything that was written, no stack
 * outside of step debug, nothing but an annotation when it fails, and nothing left behind.
 */
export function brokenRules(result: StepResult, secrets: Iterable<string>): string[] {
  return [
    ...leaks(result, secrets),
    ...stacks(result),
    ...annotationsFit(result),
    ...[...result.left.keys()].map((file) => `left behind: ${file}`),
    ...result.workspaceChanges.map((change) => `changed in the workspace: ${change}`),
    ...(result.stderr === '' ? [] : [`written to stderr: ${result.stderr}`]),
  ]
}

function leaks({ stdout, stderr, files }: StepResult, secrets: Iterable<string>): string[] {
  return findLeaks({ stdout, stderr, ...files }, secrets).map(
    ({ where, form, line }) => `a secret (${form}) in ${where}, line ${line}`,
  )
}

function stacks({ stdout, stderr, files }: StepResult): string[] {
  return Object.entries({ stdout, stderr, ...files }).flatMap(([where, text]) => {
    const shown = text.replace(/^::debug::.*$/gm, '').replaceAll('%0A', '\n')
    return /^\s*at .+:\d+:\d+\)?$/m.test(shown) ? [`a stack in ${where}`] : []
  })
}

function annotationsFit({ exitCode, errors }: StepResult): string[] {
  if (exitCode === 0) return errors.length === 0 ? [] : ['an error, although it succeeded']
  const exit = exitCode === 1 ? [] : [`the exit code is ${String(exitCode)}`]
  if (errors.length !== 1) return [...exit, `${errors.length} errors in place of one`]
  const [message = ''] = errors
  const code = codeOf(message)
  if (code === undefined) return [...exit, `an error without a code: ${message}`]
  return code === 'ASTRO-UNEXPECTED' ? [...exit, `an error that nobody thought of: ${message}`] : exit
}

/** The code that closes a message. */
export function codeOf(message: string): string | undefined {
  return /\[(ASTRO-[A-Z-]+)\] More in [^\n]*$/.exec(message)?.[1]
}
