import * as core from '@actions/core'
import { ActionError, describeError } from './errors.ts'

export type OutputName =
  | 'deployment-id'
  | 'deployment-name'
  | 'deployment-url'
  | 'airflow-url'
  | 'airflow-api-url'
  | 'deploy-id'
  | 'deploy-type'
  | 'skipped'
  | 'skip-reason'
  | 'dag-version'
  | 'image-tag'
  | 'previous-deploy-id'
  | 'rolled-back'
  | 'environment-changes'
  | 'import-errors'
  | 'check-errors'
  | 'check-warnings'
  | 'dag-run-id'
  | 'dag-run-state'
  | 'access-token'
  | 'token-expires-at'

/** The only writer of outputs. Each is set as soon as it is known, so that a step that fails later still hands it on. */
export type Outputs = {
  /** Never throws: a deploy that is under way goes on. */
  set(values: Partial<Record<OutputName, string | undefined>>): void
  /** What has been set so far. */
  all(): ReadonlyMap<OutputName, string>
  /** Throws `ASTRO-RUNNER-OUTPUT` when the runner did not take one. */
  requireTaken(): void
}

export function createOutputs(
  write: (name: string, value: string) => void = (name, value) => core.setOutput(name, value),
): Outputs {
  const written = new Map<OutputName, string>()
  let refused: ActionError | undefined
  return {
    set(values) {
      for (const [name, value] of Object.entries(values) as [OutputName, string | undefined][]) {
        if (value === undefined) continue
        written.set(name, value)
        try {
          write(name, value)
        } catch (error) {
          refused ??= notTaken(name, error)
        }
      }
    },
    all: () => written,
    requireTaken() {
      if (refused) throw refused
    },
  }
}

function notTaken(name: OutputName, error: unknown): ActionError {
  return new ActionError({
    code: 'ASTRO-RUNNER-OUTPUT',
    problem: `The runner did not take the output \`${name}\`.`,
    observed: `Writing to the file that GITHUB_OUTPUT names failed: ${describeError(error)}`,
    likelyCause:
      'The disk of the runner is full, or its folder for temporary files was removed or belongs to another user.',
    fix: 'Free space on the runner, or repair its work folder, then run again.',
    cause: error,
  })
}
