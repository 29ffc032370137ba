import type { AstroClient, DeploymentPath } from '../astro/client.ts'
import type { Deployment } from '../astro/types.ts'
import type { WatchDependencies } from '../watch.ts'
import { watch } from '../watch.ts'
import { ActionError } from '../errors.ts'

/** What earlier looks showed. */
export type RestartMemory = {
  /** Some look since the write found the Deployment in a restart. */
  readonly hasRestarted: boolean
  /** How many looks in a row found it healthy. */
  readonly healthyLooks: number
}

const HEALTHY_LOOKS = 2
/** The status lags behind the write by tens of seconds: HEALTHY before that may be the old HEALTHY. */
const GRACE_MS = 30_000

/**
 * Whether a Deployment runs with its new variables: healthy in two looks in a row, after a restart was seen or could no
 * longer be missed (section 5 of the control plane's contract). One that sleeps takes them when it wakes.
 *
 * @param sinceWriteMs milliseconds since the variables were written
 */
export function judgeRestart(
  { status, statusReason }: Pick<Deployment, 'status' | 'statusReason'>,
  { hasRestarted, healthyLooks }: RestartMemory,
  sinceWriteMs: number,
):
  | { readonly kind: 'healthy' }
  | { readonly kind: 'asleep' }
  | { readonly kind: 'waiting'; readonly state: string } {
  if (status === 'HIBERNATING') return { kind: 'asleep' }
  const isSure = hasRestarted || sinceWriteMs >= GRACE_MS
  if (status === 'HEALTHY' && healthyLooks + 1 >= HEALTHY_LOOKS && isSure) return { kind: 'healthy' }
  const reason = statusReason ? ` (${statusReason})` : ''
  const doubt = status === 'HEALTHY' && !isSure ? ', its restart not seen yet' : ''
  return { kind: 'waiting', state: `Deployment ${status}${reason}${doubt}` }
}

/**
 * Waits until the Deployment has restarted with its new variables, at most `budgetMs`. Returns it as it was then, and
 * whether it sleeps. Throws `ASTRO-ENV-RESTART-TIMEOUT`.
 *
 * @param written the Deployment as it was read back after the write
 */
export function waitUntilRestarted(
  deps: WatchDependencies & { readonly astro: Pick<AstroClient, 'getDeployment'> },
  target: DeploymentPath & { readonly url: string },
  written: Deployment,
  budgetMs: number,
): Promise<{ readonly deployment: Deployment; readonly isAsleep: boolean }> {
  const { astro, clock } = deps
  const writtenAt = clock.now()
  let memory: RestartMemory = { hasRestarted: written.status !== 'HEALTHY', healthyLooks: 0 }

  return watch(deps, {
    look: () => astro.getDeployment(target),
    judge(deployment) {
      const isHealthy = deployment.status === 'HEALTHY'
      const verdict = judgeRestart(deployment, memory, clock.now() - writtenAt)
      memory = {
        hasRestarted: memory.hasRestarted || !isHealthy,
        healthyLooks: isHealthy ? memory.healthyLooks + 1 : 0,
      }
      return verdict.kind === 'waiting'
        ? verdict
        : { kind: 'done', result: { deployment, isAsleep: verdict.kind === 'asleep' } }
    },
    budgetMs,
    timedOut: (state) =>
      new ActionError({
        code: 'ASTRO-ENV-RESTART-TIMEOUT',
        problem: `The Deployment was not seen healthy within ${budgetMs / 1000} s after its environment variables changed.`,
        observed: `Last seen: ${state}.`,
        likelyCause: 'The restart is slow, or Airflow does not start with the new variables.',
        fix: `Look at the Deployment: ${target.url} . Raise \`wait-time\` when restarts simply take longer.`,
      }),
  })
}
