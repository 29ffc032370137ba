import type { ErrorCode } from '../errors.ts'
import type { LineProblem } from './dotenv.ts'
import { SHORTEST_MASKED } from '../secrets.ts'
import { parseDotenv } from './dotenv.ts'

export const ENVIRONMENT_MODES = ['merge', 'replace'] as const
/** `merge` leaves unmentioned variables alone; `replace` removes them. */
export type EnvironmentMode = (typeof ENVIRONMENT_MODES)[number]

export type WishedVariable = { readonly key: string; readonly value: string; readonly isSecret: boolean }

/** The variables that a step asks for, each key once. */
export type EnvironmentWish = {
  readonly mode: EnvironmentMode
  readonly variables: readonly WishedVariable[]
}

/** Dotenv text and where it comes from: an input, or a file that an input names. */
export type EnvironmentSource = {
  readonly input: string
  readonly file?: string
  readonly isSecret: boolean
  readonly text: string
}

/** A problem with what a source holds; it names the line, never a value. */
export type SourceProblem = { readonly code: ErrorCode; readonly input: string; readonly problem: string }

const CODES: Readonly<Record<LineProblem['kind'], ErrorCode>> = {
  line: 'ASTRO-ENV-LINE',
  key: 'ASTRO-ENV-KEY',
}

/**
 * Reads all sources into one list, with every problem and with sentences for what is odd. `hide` gets each value of a secret
 * source before anything else sees it.
 */
export function collectVariables(
  sources: readonly EnvironmentSource[],
  hide: (value: string) => void,
): {
  readonly variables: readonly WishedVariable[]
  readonly problems: readonly SourceProblem[]
  readonly warnings: readonly string[]
} {
  const variables = new Map<string, WishedVariable & { readonly place: string }>()
  const problems: SourceProblem[] = []
  const warnings: string[] = []

  const read = sources.map((source) => ({ source, content: parseDotenv(source.text) }))
  for (const { source, content } of read) {
    if (!source.isSecret) continue
    for (const { value } of content.assignments) hide(value)
    if (content.problems.length > 0) for (const line of source.text.split(/[\r\n]+/)) hide(line)
  }

  for (const { source, content } of read) {
    const { input, file, isSecret } = source
    const found = (code: ErrorCode, line: number, problem: string): void =>
      void problems.push({ code, input, problem: `${file ? `${file}, ` : ''}line ${line}: ${problem}` })

    for (const { kind, line, problem } of content.problems) found(CODES[kind], line, problem)
    for (const { key, value, line } of content.assignments) {
      const other = variables.get(key)
      if (other) {
        const how = other.isSecret === isSecret ? 'twice' : 'as a secret variable and as a plain one'
        found('ASTRO-ENV-TWICE', line, `${key} is set ${how}; the other place is ${other.place}`)
        continue
      }
      if (isSecret && value === '') {
        found(
          'ASTRO-ENV-SECRET-EMPTY',
          line,
          `the secret variable ${key} has an empty value; a GitHub secret that is not set reads as an empty text`,
        )
      }
      if (isSecret && value !== '' && value.trim().length < SHORTEST_MASKED) {
        warnings.push(
          `The value of the secret variable ${key} is too short to be masked wherever it occurs. This step hides it where it stands by itself; later steps do not.`,
        )
      }
      variables.set(key, { key, value, isSecret, place: `${input}, ${file ? `${file}, ` : ''}line ${line}` })
    }
    if (content.assignments.length === 0 && content.problems.length === 0 && file !== undefined) {
      warnings.push(`The file ${file} of \`${input}\` holds no variable.`)
    }
  }
  return {
    variables: [...variables.values()].map(({ key, value, isSecret }) => ({ key, value, isSecret })),
    problems,
    warnings,
  }
}
