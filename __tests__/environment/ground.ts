import type { AstroClient, DeploymentPath } from '../../src/astro/client.ts'
import { createAstroClient } from '../../src/astro/client.ts'
import type { SessionKind } from '../../src/auth/session.ts'
import type { Clock } from '../../src/clock.ts'
import { createProgress } from '../../src/progress.ts'
import type { WrittenChange } from '../../src/environment/apply.ts'
import { applyEnvironment } from '../../src/environment/apply.ts'
import { readEnvironmentObjects } from '../../src/environment/linked.ts'
import type { EnvironmentPlan } from '../../src/environment/plan.ts'
import { planEnvironment } from '../../src/environment/plan.ts'
import type { EnvironmentWish } from '../../src/environment/wish.ts'
import { createRequest } from '../../src/http/request.ts'
import { createTransport } from '../../src/http/transport.ts'
import { directly } from '../make/connections.ts'
import type { LocalAstro } from '../local-astro/start.ts'

/** Real time, but pauses take none. */
const IMPATIENT: Clock = {
  now: () => Date.now(),
  sleep: (_, signal) => {
    signal?.throwIfAborted()
    return Promise.resolve()
  },
}

/** A run's part that changes variables, over the wire to a local Astro. */
export type Updater = {
  readonly astro: AstroClient
  readonly lines: string[]
  /** Plans that were made after the one that was shown. */
  readonly newPlans: EnvironmentPlan[]
  aftermath(): string
  plan(wish: EnvironmentWish): Promise<EnvironmentPlan>
  /** Applies a plan, or one that is made now. */
  apply(wish: EnvironmentWish, plan?: EnvironmentPlan): Promise<WrittenChange | undefined>
}

/**
 * @param options.around may come between a request and its answer, for races
 * @param options.answerWithinMs how long the answer to an update is waited for
 */
export function updaterOf(
  local: LocalAstro,
  deploymentId: string,
  options: {
    kind?: SessionKind
    token?: string
    answerWithinMs?: number
    around?: (astro: AstroClient) => Partial<AstroClient>
  } = {},
): Updater {
  const lines: string[] = []
  const newPlans: EnvironmentPlan[] = []
  const log = { info: (line: string) => void lines.push(line), debug: () => undefined }
  const send = createTransport(directly)
  const { signal } = new AbortController()
  const target: DeploymentPath = { organizationId: local.organizationId, id: deploymentId }
  const { answerWithinMs } = options
  const client = createAstroClient({
    apiOrigin: local.origin,
    tokens: {
      accessToken: () => Promise.resolve(options.token ?? local.tokens.workspace),
      renew: () => Promise.resolve(false),
    },
    request: createRequest({
      send: (request) =>
        send(
          answerWithinMs === undefined || request.method === 'GET'
            ? request
            : { ...request, timeoutMs: answerWithinMs },
        ),
      clock: IMPATIENT,
      random: () => 0,
      userAgent: 'test/1',
      log,
      signal,
    }),
  })
  const astro = { ...client, ...options.around?.(client) }
  const progress = createProgress()
  const session = { kind: options.kind ?? 'api-token' }
  const deps = { astro, clock: IMPATIENT, log, progress, session, signal }

  const plan = async (wish: EnvironmentWish): Promise<EnvironmentPlan> =>
    planEnvironment((await astro.getDeployment(target)).environmentVariables ?? [], wish)
  return {
    astro,
    lines,
    newPlans,
    aftermath: () => progress.aftermath(),
    plan,
    async apply(wish, planned) {
      const shown = planned ?? (await plan(wish))
      const objects = await readEnvironmentObjects(deps, target)
      return applyEnvironment(deps, target, wish, { plan: shown, objects }, (next) => newPlans.push(next))
    },
  }
}
