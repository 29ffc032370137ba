import { invalid } from './api-error.ts'
import type { EnvironmentVariable } from './wire.ts'

export type VariableRequest = { key: string; isSecret: boolean; value?: string }

const keyPattern = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * What a Deployment's variables are after an update: exactly the requested ones. A secret that is sent without a value
 * keeps the stored one, and an empty value blanks it. Throws 400 for a key that is no variable name or comes twice.
 */
export function replaceVariables(
  current: readonly EnvironmentVariable[],
  requested: readonly VariableRequest[],
  updatedAt: string,
): EnvironmentVariable[] {
  const seen = new Set<string>()
  return requested.map(({ key, isSecret, value }, index) => {
    const field = `environmentVariables.${index}.key`
    if (!keyPattern.test(key)) throw invalid(field, 'takes letters, digits and underscores, no digit first')
    if (seen.has(key)) throw invalid(field, 'is there twice', 'duplicate')
    seen.add(key)
    const stored = current.find((variable) => variable.key === key)
    const keeps = value === undefined && isSecret && stored?.isSecret === true
    const next = keeps ? (stored.value ?? '') : (value ?? '')
    if (stored?.isSecret === isSecret && stored.value === next) return stored
    return { key, isSecret, value: next, updatedAt }
  })
}
