import { createSecrets } from '../secrets.ts'

/** Takes the values of variables out of a text; very short ones where they stand by themselves. */
export function withoutValues(variables: readonly { readonly value?: string }[]): (text: string) => string {
  const values = createSecrets(() => undefined)
  for (const { value = '' } of variables) values.hide(value)
  return values.redact
}
