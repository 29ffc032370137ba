import { handOnAccessToken } from './airflow/access-token.ts'
import { createPace } from './airflow/pace.ts'
import { airflowApiUrl } from './airflow/url.ts'
import { createAstroClient } from './astro/client.ts'
import { locateDeployment, readDeployment } from './astro/target.ts'
import type { Deployment } from './astro/types.ts'
import { describeSession } from './auth/describe.ts'
import { openSession } from './auth/session.ts'
import type { Clock } from './clock.ts'
import { deploy } from './deploy/deploy.ts'
import { createProgress } from './progress.ts'
import { rollback } from './deploy/rollback-action.ts'
import { updateEnvironmentVariables } from './environment/update.ts'
import { checkProject } from './check/action.ts'
import type { StartThread } from './check/engine.ts'
import { asActionError } from './errors.ts'
import type { Connections } from './http/connections.ts'
import type { Request } from './http/request.ts'
import type { Docker } from './image/docker.ts'
import { inputsOfStep, readInputs } from './inputs.ts'
import type { Inputs } from './inputs/types.ts'
import type { Outputs } from './outputs.ts'
import type { Git } from './project/git.ts'
import { prepareProject } from './project/prepare.ts'
import type { Log } from './report/log.ts'
import { reportFailure, writeSummary } from './report/report.ts'
import type { SummaryFacts } from './report/summary.ts'
import { createTimeline } from './report/timeline.ts'
import type { Run } from './run.ts'
import type { Secrets } from './secrets.ts'

export type Dependencies = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly request: Request
  readonly agentFor: Connections['agentFor']
  readonly git: Git
  readonly docker: Docker
  readonly startThread: StartThread
  readonly secrets: Secrets
  readonly log: Log
  readonly outputs: Outputs
  /** Aborted when the run is cancelled, with an ActionError as its reason. */
  readonly signal: AbortSignal
}

/** How long a cancelled run may take to end by itself before its last word is said all the same. */
const LAST_WORD_MS = 1_000
/** How long it may go on after that to put things back: a runner kills ten seconds after it cancelled. */
const PUTTING_BACK_MS = 6_000

/**
 * The whole run. Never throws: every failure becomes one annotation, a summary and a failed step. A cancelled run says its
 * last word within seconds, whatever it is waiting for.
 */
export async function main(deps: Dependencies): Promise<void> {
  const { clock, log, outputs, secrets, signal } = deps
  const timeline = createTimeline(clock.now)
  const progress = createProgress()
  let facts: Partial<SummaryFacts> = {}
  const tell = (news: Partial<SummaryFacts>): void => {
    facts = { ...facts, ...news }
  }
  const stage = <T>(title: string, work: () => Promise<T>): Promise<T> =>
    log.group(title, () => timeline.measure(title, work))

  const run = async (): Promise<void> => {
    const { inputs, warnings, notices } = readInputs(secrets.hide, inputsOfStep(deps.env))
    warnings.forEach(log.warning)
    notices.forEach(log.notice)
    const { credentials, domain } = inputs
    const { apiOrigin } = domain
    const project = once(() => prepareProject(deps, inputs))
    if (credentials === undefined) {
      await checkProject({ ...deps, inputs, project, stage, tell })
      outputs.requireTaken()
      return
    }

    const signingIn = stage('Sign in to Astro', async () => {
      const exchange = { ...deps, apiOrigin, now: clock.now, hide: secrets.hide }
      const opened = await openSession(exchange, credentials)
      const { line, warning } = describeSession(opened, clock.now())
      log.info(line)
      if (warning !== undefined) log.warning(warning)
      return opened
    })
    const shipsCode = inputs.action === 'deploy'
    if (shipsCode) project()
    const session = await signingIn
    const astro = createAstroClient({ ...deps, apiOrigin, tokens: session })
    const { deployment, deploys, target } = await stage('Find the Deployment', async () => {
      const path = await locateDeployment(astro, session, inputs)
      const history = once(() => begun(astro.listDeploys(path)))
      if (shipsCode || inputs.action === 'rollback') void history()
      const found = await readDeployment(astro, path, inputs)
      const located = { ...path, url: deploymentUrl(found, inputs) }
      introduce(found, located.url, { log, outputs, tell })
      return { deployment: found, deploys: history, target: located }
    })
    outputs.requireTaken()
    const known = { inputs, session, astro, deployment, deploys, target, project }
    await perform({ ...deps, ...known, pace: createPace(clock), progress, stage, tell })
    outputs.requireTaken()
  }
  const running = run()
  try {
    await Promise.race([running, cancelled(signal, clock)])
  } catch (thrown) {
    const error = asActionError(thrown)
    tell({ headline: 'The step failed', error: { error, aftermath: progress.aftermath() } })
    reportFailure(error, progress.aftermath(), secrets)
  }
  const now = clock.now()
  await writeSummary({ headline: '', ...facts, phases: timeline.phases(), now }, secrets, log)
  await Promise.race([running.catch(() => undefined), clock.sleep(PUTTING_BACK_MS)])
}

/** Rejects with the signal's reason a little after it aborted. */
function cancelled(signal: AbortSignal, clock: Clock): Promise<never> {
  return new Promise((_, reject) => {
    const wait = (): void => void clock.sleep(LAST_WORD_MS).then(() => reject(signal.reason as Error))
    if (signal.aborted) wait()
    else signal.addEventListener('abort', wait, { once: true })
  })
}

/** What is read at most once, and begins at the first call. */
function once<T>(read: () => T): () => T {
  let first: { readonly value: T } | undefined
  return () => (first ??= { value: read() }).value
}

/** Work that goes on beside other work: whoever awaits it meets its failure, nobody else does. */
function begun<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined)
  return work
}

async function perform(run: Run): Promise<void> {
  switch (run.inputs.action) {
    case 'deploy':
      return deploy(run)
    case 'update-environment-variables':
      return updateEnvironmentVariables(run)
    case 'get-access-token':
      return handOnAccessToken(run)
    case 'rollback':
      return rollback(run)
    case 'check':
      return checkProject(run)
  }
}

/** Says which Deployment it is before anything is done to it, and hands on its links. */
function introduce(
  deployment: Deployment,
  url: string,
  { log, outputs, tell }: Pick<Run, 'log' | 'outputs' | 'tell'>,
): void {
  const workspace = deployment.workspaceName ?? deployment.workspaceId
  log.info(`Deployment ${deployment.name} (${deployment.id}) in the Workspace ${workspace}`)
  log.info(
    `Runtime ${deployment.astroRuntimeVersion || 'unknown'}, Airflow ${deployment.airflowVersion}, ${deployment.status}`,
  )
  log.info(url)
  outputs.set({
    'deployment-id': deployment.id,
    'deployment-name': deployment.name,
    'deployment-url': url,
    'airflow-url': deployment.uiUrl,
    'airflow-api-url': airflowApiUrl(deployment),
  })
  tell({ deployment: { name: deployment.name, url, workspace }, airflowUrl: deployment.uiUrl })
}

function deploymentUrl({ workspaceId, id }: Deployment, { domain }: Inputs): string {
  return `${domain.uiOrigin}/${workspaceId}/deployments/${id}`
}
