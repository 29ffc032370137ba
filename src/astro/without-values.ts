import { createSecrets } from '../secrets.ts'

const SHORTEST = 4

/** Takes the values of variables out of a text. Very short ones stay: they are in every text. */
export function withoutValues(variables: readonly { readonly value?: string }[]): (text: string) => string {
  const values = createSecrets(() => undefined)
  for (const { value = '' } of variables) if (value.trim().length >= SHORTEST) values.hide(value)
  return values.redact
}
