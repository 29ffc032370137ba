import type { AstroClient, DeploymentPath } from '../astro/client.ts'
import type { Deploy, Deployment } from '../astro/types.ts'
import { ActionError } from '../errors.ts'
import { HttpFailure } from '../http/failure.ts'
import type { Clock } from '../clock.ts'
import type { Progress } from '../progress.ts'
import type { Expectation } from './rollout-verdict.ts'
import type { RolloutDependencies } from './rollout.ts'
import { waitUntilLive } from './rollout.ts'

const LOOKS = 4
const PAUSE_MS = 1_000
/** Answers by which Astro itself says that it did not act. */
const CLEAR_CODES = new Set([
  'ASTRO-API-REFUSED',
  'ASTRO-API-UNAUTHORIZED',
  'ASTRO-API-FORBIDDEN',
  'ASTRO-API-NOT-FOUND',
  'ASTRO-API-CONFLICT',
  'ASTRO-API-RATE-LIMIT',
])

export type RollbackDependencies = {
  readonly astro: Pick<AstroClient, 'rollbackDeploy' | 'listDeploys'>
  readonly clock: Clock
  readonly log: { readonly info: (line: string) => void }
  readonly progress: Pick<Progress, 'rollback'>
  readonly signal: AbortSignal
}

/**
 * Asks Astro for a rollback, once and never again, and returns the new deploy that it made. An unclear answer is resolved by
 * looking for a new deploy with this `rollbackFromId` (section 8 of the control plane's contract). Throws ActionError,
 * `ASTRO-ROLLBACK-UNCLEAR` when no such deploy turns up; `progress` then knows how far it came.
 *
 * @param known the deploys from before, among which the new one is not
 */
export async function askForRollback(
  deps: RollbackDependencies,
  target: DeploymentPath,
  to: string,
  description: string,
  known: readonly Deploy[],
): Promise<Deploy> {
  const { astro, log, progress, signal } = deps
  progress.rollback({ kind: 'asking', to })
  let made: Deploy | undefined
  try {
    made = await astro.rollbackDeploy(target, to, { description })
  } catch (error) {
    if (!(error instanceof ActionError) || signal.aborted) throw error
    if (hadNoEffect(error)) {
      progress.rollback({ kind: 'refused', to })
      throw error
    }
    log.info(
      `The rollback had no clear answer (${error.observed ?? error.code}); looking for it in the history.`,
    )
    made = await findMade(deps, target, to, known)
    if (!made) throw unclear(to, error)
  }
  progress.rollback({ kind: 'taken', to, by: made.id })
  log.info(`Astro has taken the rollback to the deploy ${to}, as the deploy ${made.id} (${made.status}).`)
  return made
}

function hadNoEffect({ code, cause }: ActionError): boolean {
  return CLEAR_CODES.has(code) || (cause instanceof HttpFailure && !cause.reached)
}

/** What was asked for may come about a little after the connection broke. */
async function findMade(
  { astro, clock, signal }: RollbackDependencies,
  target: DeploymentPath,
  to: string,
  known: readonly Deploy[],
): Promise<Deploy | undefined> {
  for (let look = 1; ; look++) {
    const deploys = await astro.listDeploys(target)
    const made = deploys.find(
      ({ id, rollbackFromId }) => rollbackFromId === to && known.every((deploy) => deploy.id !== id),
    )
    if (made || look >= LOOKS) return made
    await clock.sleep(PAUSE_MS * look, signal)
  }
}

function unclear(to: string, error: ActionError): ActionError {
  return new ActionError({
    code: 'ASTRO-ROLLBACK-UNCLEAR',
    problem: `Astro gave no clear answer to the rollback to the deploy ${to}.`,
    observed: `${error.observed ?? error.problem} The deploy history shows no new deploy that returns to it.`,
    likelyCause: error.likelyCause,
    fix: 'Look at the deploy history of the Deployment. Roll back again only if no rollback is there: each request makes one.',
    cause: error,
  })
}

/**
 * What runs when the rollback is live. The image is waited for when it is another than the Deployment had before, or when
 * nothing else tells; otherwise its DAGs are the proof.
 *
 * @param to the deploy that is returned to
 * @param made the deploy that the rollback made
 * @param before the Deployment as it was when the rollback was asked for
 */
export function expectReturn(
  to: Pick<Deploy, 'type'>,
  made: Pick<Deploy, 'dagTarballVersion' | 'imageTag' | 'astroRuntimeVersion'>,
  before: Pick<Deployment, 'imageTag' | 'desiredDagTarballVersion'>,
): Expectation {
  const dagVersion = made.dagTarballVersion === '' ? undefined : made.dagTarballVersion
  const image = {
    tag: made.imageTag,
    runtimeVersion: made.astroRuntimeVersion,
    mayBeUnpushed: !to.type.startsWith('IMAGE'),
  }
  return {
    dagVersion,
    image: dagVersion === undefined || made.imageTag !== before.imageTag ? image : undefined,
    former: { desiredDagVersion: before.desiredDagTarballVersion },
    isReturn: true,
  }
}

/**
 * Waits until the code of the deploy `to` runs again, at most `budgetMs`, and returns the Deployment as it is then. Throws
 * `ASTRO-ROLLOUT-…` for every other end; `progress` then knows it.
 *
 * @param made the deploy that the rollback made
 * @param before the Deployment as it was when the rollback was asked for
 */
export async function waitUntilReturned(
  deps: RolloutDependencies & Pick<RollbackDependencies, 'progress'>,
  target: DeploymentPath & { readonly url: string },
  { to, made, before }: { readonly to: Deploy; readonly made: Deploy; readonly before: Deployment },
  budgetMs: number,
): Promise<Deployment> {
  const reached = (kind: 'failed' | 'replaced' | 'live'): void =>
    deps.progress.rollback({ kind, to: to.id, by: made.id })
  const watching = { ...deps, onEnded: reached }
  const live = await waitUntilLive(watching, target, made.id, expectReturn(to, made, before), budgetMs)
  reached('live')
  return live
}
