import * as path from 'node:path'
import { ActionError } from '../errors.ts'
import type { TestOutcome } from './container-tests.ts'
import type { TestFailure } from './junit.ts'

/** A failure as an annotation beside the user's code. */
export type Annotation = {
  readonly file: string
  readonly line: number | undefined
  readonly title: string
  readonly message: string
}

const SHOWN = 10
/** pytest's own exit codes. */
const NONE_COLLECTED = 5

/**
 * Annotations for what failed, on files of the repository.
 *
 * @param where.projectPath the project inside the workspace
 * @param where.dagsPath the DAG folder inside the project; in the image it is called dags
 */
export function annotate(
  { kind, report }: TestOutcome,
  where: { readonly projectPath: string; readonly dagsPath: string },
): readonly Annotation[] {
  return (report?.failures ?? []).flatMap((failure) => {
    if (failure.file === undefined) return []
    const inProject = failure.file.startsWith('dags/')
      ? path.posix.join(where.dagsPath, failure.file.slice('dags/'.length))
      : failure.file
    return [
      {
        file: path.posix.join(where.projectPath, inProject),
        line: failure.line,
        title: kind === 'parse' ? 'The DAG does not import' : `${failure.name} failed`,
        message: failure.message,
      },
    ]
  })
}

/** The error that ends the deploy; undefined when the tests passed. */
export function testError({ kind, exitCode, report, summary }: TestOutcome): ActionError | undefined {
  if (exitCode === 0) return undefined
  const failures = report?.failures ?? []
  const asked = kind === 'parse' ? 'The DAGs do not parse in the new image' : 'Tests failed in the new image'
  if (failures.length > 0) {
    return new ActionError({
      code: kind === 'parse' ? 'ASTRO-TESTS-PARSE' : 'ASTRO-TESTS-FAILED',
      problem: `${asked}, so nothing was deployed.`,
      observed: [`pytest says: ${summary}`, ...list(failures)].join('\n'),
      fix: 'Each failure is annotated at its line, and the whole output is in the log above. `force: true` deploys without tests.',
    })
  }
  if (exitCode === NONE_COLLECTED) {
    return new ActionError({
      code: 'ASTRO-TESTS-NONE',
      problem: 'pytest found no test to run, so nothing was deployed.',
      observed: `pytest says: ${summary}`,
      fix: 'Correct `pytest-file`, or leave `pytest` out. Files of tests are named test_*.py.',
    })
  }
  return new ActionError({
    code: 'ASTRO-TESTS-BROKEN',
    problem: `The tests could not be run to their end (${kind}), so nothing was deployed.`,
    observed: `pytest ended with exit code ${exitCode}: ${summary}`,
    likelyCause: 'The image lacks pytest, its entrypoint failed, or the machine ran out of memory.',
    fix: 'Read the output of the tests in the log above. `force: true` deploys without tests.',
  })
}

function list(failures: readonly TestFailure[]): string[] {
  const lines = failures
    .slice(0, SHOWN)
    .map(({ name, message }) => `- ${name}: ${message.split('\n')[0] ?? ''}`)
  const rest = failures.length - lines.length
  return rest > 0 ? [...lines, `and ${rest} more`] : lines
}
