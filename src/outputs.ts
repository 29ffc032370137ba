import * as core from '@actions/core'

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
  | 'dag-run-id'
  | 'dag-run-state'
  | 'access-token'
  | 'token-expires-at'

/** The only writer of outputs. Each is set as soon as it is known, so that a step that fails later still hands it on. */
export type Outputs = {
  set(values: Partial<Record<OutputName, string | undefined>>): void
  /** What has been set so far. */
  all(): ReadonlyMap<OutputName, string>
}

export function createOutputs(
  write: (name: string, value: string) => void = (name, value) => core.setOutput(name, value),
): Outputs {
  const written = new Map<OutputName, string>()
  return {
    set(values) {
      for (const [name, value] of Object.entries(values) as [OutputName, string | undefined][]) {
        if (value === undefined) continue
        written.set(name, value)
        write(name, value)
      }
    },
    all: () => written,
  }
}
