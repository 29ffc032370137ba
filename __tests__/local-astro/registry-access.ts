import { sees } from './access.ts'
import { ApiError } from './api-error.ts'
import type { Tokens } from './auth.ts'
import type { Store } from './store.ts'

/**
 * Whether a user of the registry may work on a repository: user `cli`, and as password an access token of somebody who may
 * deploy there (section 3.3 of the contract). The status of the refusal; undefined when there is none.
 */
export function refuseImages(
  { store, tokens }: { store: Store; tokens: Tokens },
  user: string,
  password: string,
  repository: string | undefined,
): number | undefined {
  if (user !== 'cli') return 401
  try {
    const principal = tokens.authenticate(`Bearer ${password.replace(/^Bearer /, '')}`)
    if (repository === undefined) return undefined
    const record = [...store.deployments.values()].find(({ deployment }) =>
      deployment.imageRepository.endsWith(`/${repository}`),
    )
    return record && sees(principal, record) ? undefined : 403
  } catch (error) {
    if (error instanceof ApiError) return error.status
    throw error
  }
}
