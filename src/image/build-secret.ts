import { readFile, stat } from 'node:fs/promises'
import * as path from 'node:path'
import { ActionError, describeError } from '../errors.ts'
import type { BuildSecret } from '../inputs/build.ts'

/** A secret as docker takes it. */
export type PassedSecret = {
  /** The value of `--secret`. */
  readonly specification: string
  /** What the client has to find in its environment for it, if anything. */
  readonly variable?: readonly [string, string]
}

/**
 * Says where docker finds a secret. A variable travels under a name of our own, so that a build argument of the same name does
 * not take its place. The value is hidden, should the build print it.
 *
 * @param folder the project, absolute: files are relative to it
 * @throws ActionError ASTRO-IMAGE-BUILD-SECRET when it is not there
 */
export async function passSecret(
  secret: BuildSecret,
  index: number,
  {
    env,
    hide,
    folder,
  }: {
    readonly env: Readonly<Record<string, string | undefined>>
    readonly hide: (value: string) => void
    readonly folder: string
  },
): Promise<PassedSecret> {
  if ('env' in secret) {
    const value = env[secret.env]
    if (value === undefined) {
      throw secretMissing(secret.id, `The environment of the step has no variable ${secret.env}.`)
    }
    hide(withoutCertificates(value))
    const name = `DEPLOY_TO_ASTRO_BUILD_SECRET_${index}`
    return { specification: fields([`id=${secret.id}`, `env=${name}`]), variable: [name, value] }
  }
  const file = path.resolve(folder, secret.file)
  try {
    if (!(await stat(file)).isFile()) throw new Error('it is not a file')
    hide(withoutCertificates(await readFile(file, 'utf8')))
  } catch (error) {
    throw secretMissing(secret.id, `${file}: ${describeError(error)}`)
  }
  return { specification: fields([`id=${secret.id}`, `src=${file}`]) }
}

/**
 * The part of a text that is worth hiding. Certificates are public, and a file of the authorities that a machine trusts has
 * thousands of lines of them, each of which would be looked for in all that is printed.
 */
function withoutCertificates(text: string): string {
  const rest = text.replace(
    /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END [A-Z0-9 ]+-----/g,
    '',
  )
  return rest === text ? text : rest.replace(/^(?:#.*|=+)$/gm, '')
}

/** Docker reads it as a line of CSV. */
function fields(values: readonly string[]): string {
  return values
    .map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value))
    .join(',')
}

function secretMissing(id: string, observed: string): ActionError {
  return new ActionError({
    code: 'ASTRO-IMAGE-BUILD-SECRET',
    problem: `The build secret ${id} is not there.`,
    observed,
    fix: 'Give the step the variable with `env:`, or write the file in a step before this one. File names are relative to the project.',
  })
}
