import { readEnvironmentFile } from '../environment/file.ts'
import type { EnvironmentMode, EnvironmentSource, EnvironmentWish } from '../environment/wish.ts'
import { collectVariables } from '../environment/wish.ts'
import type { InputProblem } from './values.ts'
import { parseRelativePath } from './values.ts'

type Given = {
  /** The three inputs as they are, not trimmed: lines are counted. */
  readonly plain: string
  readonly secret: string
  readonly files: string
  readonly mode: EnvironmentMode
  /** Whether changing variables is all that the step is for. */
  readonly isWholeAction: boolean
  readonly workspace: string
}

export const FILE_INPUT = 'environment-file'

/**
 * The variables that the inputs ask for, undefined when they ask for none. `hide` gets every secret value first. An empty
 * list is a problem where it would mean to do nothing, or to remove everything.
 */
export function readEnvironmentWish(
  given: Given,
  hide: (value: string) => void,
): {
  readonly wish: EnvironmentWish | undefined
  readonly problems: readonly InputProblem[]
  readonly warnings: readonly string[]
} {
  const { mode } = given
  const files = readFiles(given)
  const collected = collectVariables(
    [
      { input: 'environment-variables', isSecret: false, text: given.plain },
      { input: 'secret-environment-variables', isSecret: true, text: given.secret },
      ...files.sources,
    ],
    hide,
  )
  const { variables, warnings } = collected
  const problems = [...files.problems, ...collected.problems]
  if (variables.length === 0 && problems.length === 0 && (given.isWholeAction || mode === 'replace')) {
    problems.push(nothingGiven(mode))
  }
  return { wish: variables.length === 0 ? undefined : { mode, variables }, problems, warnings }
}

function readFiles({ files, workspace }: Given): { sources: EnvironmentSource[]; problems: InputProblem[] } {
  const sources: EnvironmentSource[] = []
  const problems: InputProblem[] = []
  for (const line of files.split(/\r?\n/)) {
    const file = line.trim()
    if (file === '') continue
    const inside = parseRelativePath(file)
    const read = 'problem' in inside ? inside : readEnvironmentFile(workspace, inside.value)
    if ('text' in read) sources.push({ input: FILE_INPUT, file, isSecret: false, text: read.text })
    else problems.push({ code: 'ASTRO-ENV-FILE', input: FILE_INPUT, problem: `${file}: ${read.problem}` })
  }
  return { sources, problems }
}

function nothingGiven(mode: EnvironmentMode): InputProblem {
  return {
    code: 'ASTRO-ENV-NOTHING',
    input: 'environment-variables, secret-environment-variables, environment-file',
    problem:
      mode === 'replace'
        ? 'they hold no variable, and `environment-mode: replace` would remove every variable of the Deployment'
        : 'they hold no variable, so there is nothing to do',
  }
}
