import type { AstroClient, DeploymentPath } from '../astro/client.ts'
import type { Deploy } from '../astro/types.ts'
import type { Clock } from '../clock.ts'
import { ActionError } from '../errors.ts'

const TRIES = 4
const PAUSE_MS = 1_000
/** Answers to which a second request can only get the same one. */
const FINAL_CODES = new Set(['ASTRO-API-UNAUTHORIZED', 'ASTRO-API-FORBIDDEN'])
/** Answers by which Astro itself says that it did not act. */
const CLEAR_CODES = new Set([
  ...FINAL_CODES,
  'ASTRO-API-REFUSED',
  'ASTRO-API-NOT-FOUND',
  'ASTRO-API-CONFLICT',
  'ASTRO-API-RATE-LIMIT',
])

export type FinalizeDependencies = {
  readonly astro: Pick<AstroClient, 'finalizeDeploy' | 'getDeploy'>
  readonly clock: Clock
  readonly log: { readonly info: (line: string) => void }
  readonly signal?: AbortSignal
  /** Called before it throws, when it is certain that Astro did not take the deploy. */
  readonly onNotTaken?: () => void
}

/**
 * Finalizes a deploy. Whether a second finalize is accepted is not documented, so an unclear answer is resolved by
 * reading the deploy (section 8 of the control plane's contract): DEPLOYED with our version is success, INITIALIZED means
 * that the request had no effect and is sent again, FAILED that it had one and came to
 * nothing. So a deploy that is returned is DEPLOYED, or FAILED, or as the answer to the finalize calls it.
 *
 * @param dagVersion of the uploaded DAG bundle; undefined for a deploy without one
 */
export async function finalizeDeploy(
  deps: FinalizeDependencies,
  target: DeploymentPath,
  deployId: string,
  dagVersion: string | undefined,
): Promise<Deploy> {
  let clear = true
  const body = dagVersion === undefined ? {} : { dagTarballVersion: dagVersion }
  for (let attempt = 1; ; attempt++) {
    try {
      return await deps.astro.finalizeDeploy(target, deployId, body)
    } catch (error) {
      if (!(error instanceof ActionError) || deps.signal?.aborted) throw error
      clear &&= CLEAR_CODES.has(error.code)
      if (FINAL_CODES.has(error.code)) {
        if (clear) deps.onNotTaken?.()
        throw error
      }
      const seen = (error.observed ?? error.code).replace(/\.$/, '')
      deps.log.info(
        `The finalize did not succeed (${seen}). Reading the deploy, to see whether Astro took it.`,
      )
      const deploy = await deps.astro.getDeploy(target, deployId)
      if (deploy.status === 'FAILED') return deploy
      const isOurs = dagVersion === undefined || deploy.dagTarballVersion === dagVersion
      if (deploy.status === 'DEPLOYED' && isOurs) return deploy
      if (deploy.status !== 'INITIALIZED') throw error
      if (attempt >= TRIES || error.code === 'ASTRO-API-REFUSED') {
        if (clear) deps.onNotTaken?.()
        throw error
      }
      await deps.clock.sleep(PAUSE_MS * attempt, deps.signal)
    }
  }
}
