import type { Credentials } from '../auth/credentials.ts'
import type { InputProblem } from './values.ts'

type Given = { readonly keyId: string; readonly keySecret: string; readonly apiToken: string }

const FORKS =
  'a secret that is not set, and every secret in a run from a fork or from Dependabot, reads as an empty text'

/**
 * Picks the credential: inputs before environment; a token and a key pair both as inputs is a problem; in the environment
 * the token wins, as in the Astro CLI. A key half that is not an input may come from the environment. Every value found,
 * used or not, is hidden first.
 */
export function chooseCredentials(
  given: Given,
  env: Readonly<Record<string, string | undefined>>,
  hide: (value: string) => void,
): Credentials | { readonly problems: readonly InputProblem[] } {
  const surroundings: Given = {
    keyId: env.ASTRONOMER_KEY_ID?.trim() ?? '',
    keySecret: env.ASTRONOMER_KEY_SECRET?.trim() ?? '',
    apiToken: env.ASTRO_API_TOKEN?.trim() ?? '',
  }
  for (const value of [...Object.values(given), ...Object.values(surroundings)]) hide(value)

  const keyGiven = given.keyId !== '' || given.keySecret !== ''
  if (given.apiToken !== '' && keyGiven) {
    return problem(
      'ASTRO-INPUT-CREDENTIALS-BOTH',
      'api-token, key-id, key-secret',
      'a token and an API key are both given; keep one of them',
    )
  }
  if (given.apiToken !== '') return { kind: 'token', token: given.apiToken, source: 'inputs' }
  if (!keyGiven && surroundings.apiToken !== '') {
    return { kind: 'token', token: surroundings.apiToken, source: 'environment' }
  }

  const keyId = given.keyId || surroundings.keyId
  const keySecret = given.keySecret || surroundings.keySecret
  if (keyId !== '' && keySecret !== '') {
    return { kind: 'key-pair', keyId, keySecret, source: keyGiven ? 'inputs' : 'environment' }
  }
  if (keyId === '' && keySecret === '') {
    return problem(
      'ASTRO-INPUT-CREDENTIALS-MISSING',
      'key-id, key-secret, api-token',
      `no credential is given; pass \`api-token\`, or \`key-id\` and \`key-secret\` (${FORKS})`,
    )
  }
  const missing = keyId === '' ? 'key-id' : 'key-secret'
  const present = keyId === '' ? 'key-secret' : 'key-id'
  return problem(
    'ASTRO-INPUT-CREDENTIALS-HALF',
    missing,
    `it is empty although \`${present}\` is given; an API key needs both (${FORKS})`,
  )
}

function problem(code: InputProblem['code'], input: string, text: string): { problems: InputProblem[] } {
  return { problems: [{ code, input, problem: text }] }
}
