import type { Run } from '../run.ts'
import { ActionError } from '../errors.ts'
import type { AirflowClient } from './client.ts'
import { connectAirflow, connectOnceUp } from './connect.ts'
import { watchAirflow } from './watch-airflow.ts'

/**
 * `action: get-access-token`: hands the access token on to later steps, after it has proved to work on the Airflow API of
 * this Deployment. Throws ActionError `ASTRO-TOKEN-…` or `ASTRO-AIRFLOW-…`.
 */
export async function handOnAccessToken(run: Run): Promise<void> {
  const { deployment, session, outputs, secrets, log, stage, tell } = run
  await stage('Try the token on Airflow', async () => {
    if (deployment.status === 'HIBERNATING') throw asleep(deployment)
    const airflow = await connected(run)
    await provedOn(airflow, run)
    log.info(`The token works on the Airflow API (major ${airflow.major}) at ${airflow.root}`)
    outputs.set({ 'airflow-api-url': airflow.root })
  })

  const token = await session.accessToken()
  secrets.hide(token)
  const expiresAt = session.expiresAt()
  const expiry = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString()
  outputs.set({ 'access-token': token, 'token-expires-at': expiry })
  log.info(
    expiry === undefined ? 'The token does not say when it expires.' : `The token is good until ${expiry}.`,
  )
  tell({ headline: `An access token for ${deployment.name}` })
}

/** A Deployment that was just created has an Airflow that is not up yet; it is waited for when the step waits at all. */
async function connected(run: Run): Promise<AirflowClient> {
  const { deployment, session } = run
  const { waitMs } = run.inputs
  const deps = { ...run, tokens: session }
  if (waitMs === undefined) return connectAirflow(deps, deployment)
  return connectOnceUp({ ...deps, remainingMs: () => waitMs }, deployment, unproven(run, waitMs))
}

async function provedOn(airflow: AirflowClient, run: Run): Promise<void> {
  const { waitMs } = run.inputs
  if (waitMs === undefined) {
    await airflow.proveAccess()
    return
  }
  await watchAirflow(run, {
    look: () => airflow.proveAccess(),
    judge: () => ({ kind: 'done', result: undefined }),
    budgetMs: waitMs,
    timedOut: unproven(run, waitMs),
  })
}

function unproven({ deployment, target }: Run, waitMs: number): (state: string) => ActionError {
  return (state) =>
    new ActionError({
      code: 'ASTRO-TOKEN-UNPROVEN',
      problem: `The token could not be tried on the Airflow of ${deployment.name} within ${waitMs / 1000} s.`,
      observed: `Last seen: ${state}`,
      likelyCause: 'Airflow is still starting, or cannot be reached from this runner.',
      fix: `Look at the Deployment: ${target.url}`,
    })
}

function asleep({ name, id }: Run['deployment']): ActionError {
  return new ActionError({
    code: 'ASTRO-TOKEN-HIBERNATING',
    problem: `The Airflow of ${name} (${id}) cannot be used.`,
    observed: 'The Deployment is hibernating; its Airflow is switched off.',
    fix: 'Wake it in the Astro UI (or wait for its schedule to do so), then run again.',
  })
}
