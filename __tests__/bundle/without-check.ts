type Inputs = Readonly<Record<string, string>>

/**
 * The check has tests of its own, which ask for it; hundreds of others would each wait a quarter of a second for a linter that
 * finds nothing.
 */
export function withoutCheck({ action = 'deploy' }: Inputs): Inputs {
  return action === 'deploy' ? { check: 'false' } : {}
}
