import type { Deployment } from '../astro/types.ts'
import { ActionError } from '../errors.ts'
import type { TokenHolder } from '../http/authorized.ts'
import type { Request } from '../http/request.ts'
import { mayCarrySecrets } from '../http/secure.ts'
import type { WatchDependencies } from '../watch.ts'
import { watchAirflow } from './watch-airflow.ts'
import type { AirflowClient } from './client.ts'
import { createAirflowClient } from './client.ts'
import { isDown } from './failure.ts'
import type { Pace } from './pace.ts'
import type { AirflowMajor } from './types.ts'
import { airflowApiRoot, airflowMajor } from './url.ts'

type Connection = {
  readonly request: Request
  readonly tokens: TokenHolder
  readonly remainingMs?: () => number
  readonly pace?: Pace
}

/**
 * A client for the Airflow of a Deployment. Its major is the one that Astro names; when Astro names none, Airflow is asked:
 * first as 3, then as 2. Throws `ASTRO-AIRFLOW-ADDRESS`, or what the last question failed with.
 */
export async function connectAirflow(
  deps: Connection,
  deployment: Pick<Deployment, 'apiUrl' | 'airflowVersion'>,
): Promise<AirflowClient> {
  const base = checkedBase(deployment.apiUrl)
  const open = (major: AirflowMajor): AirflowClient =>
    createAirflowClient({ ...deps, major, root: airflowApiRoot(base, major) })

  const named = airflowMajor(deployment.airflowVersion)
  if (named !== undefined) return open(named >= 3 ? 3 : 2)
  const newer = open(3)
  try {
    await newer.version()
    return newer
  } catch (error) {
    if (!(error instanceof ActionError)) throw error
    const older = open(2)
    try {
      await older.version()
      return older
    } catch (other) {
      throw other instanceof ActionError && isDown(other) ? other : error
    }
  }
}

/**
 * The same; when Airflow has to be asked for its major and is down, as that of a fresh Deployment is, it is waited for.
 *
 * @param timedOut the error of a time that is over
 */
export function connectOnceUp(
  deps: Connection & WatchDependencies & { readonly remainingMs: () => number },
  deployment: Pick<Deployment, 'apiUrl' | 'airflowVersion'>,
  timedOut: (state: string) => ActionError,
): Promise<AirflowClient> {
  return watchAirflow<AirflowClient, AirflowClient>(deps, {
    look: () => connectAirflow(deps, deployment),
    judge: (result) => ({ kind: 'done', result }),
    budgetMs: deps.remainingMs(),
    timedOut,
  })
}

/** The token goes to this address, so anything but https, or loopback, is refused. */
function checkedBase(apiUrl: string): string {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : undefined
  if (url && mayCarrySecrets(url)) return apiUrl
  throw new ActionError({
    code: 'ASTRO-AIRFLOW-ADDRESS',
    problem: 'Astro gave no address of the Airflow API that can be used.',
    observed: url ? `It is at ${url.origin}, which does not encrypt.` : `It is "${apiUrl}".`,
    likelyCause: 'The Deployment is still being created, or `domain` names another server than Astro.',
    fix: 'Look at the Deployment in the Astro UI, and run again when it is healthy. The token was not sent.',
  })
}
