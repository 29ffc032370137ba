import type { Baseline } from '../airflow/baseline.ts'
import { EMPTY_BASELINE, readBaseline } from '../airflow/baseline.ts'
import { connectAirflow, connectOnceUp } from '../airflow/connect.ts'
import { isDown, isRefusal } from '../airflow/failure.ts'
import type { ParserHealth } from '../airflow/health.ts'
import { judgeParser } from '../airflow/health.ts'
import type { Repository } from '../airflow/report.ts'
import { reportOn } from '../airflow/report.ts'
import type { Arrival } from '../airflow/terms.ts'
import type { SharedIds } from '../airflow/shared-ids.ts'
import type { AirflowMajor } from '../airflow/types.ts'
import { neverHeard, verify } from '../airflow/verify.ts'
import type { Deploy, Deployment } from '../astro/types.ts'
import { ActionError } from '../errors.ts'
import type { PromisedDags } from '../project/promised-dags.ts'
import type { Run } from '../run.ts'
import { conclude, isLate } from './verification-verdict.ts'

/** The code that is to be found in Airflow, and what is known of before. */
export type Subject = {
  readonly arrival: Arrival
  /** Of the DAG bundle that came, if one did. */
  readonly dagVersion: string | undefined
  /** Undefined when only Airflow knows which DAGs there are. */
  readonly promised: (major: AirflowMajor) => Promise<PromisedDags | undefined>
  /** The repository that this code comes from, by the files of its DAG folder. */
  readonly repository: (folder: ReadonlySet<string>) => Promise<Repository>
  readonly baseline: Baseline | undefined
  /** Files of the DAG folder whose text is another one than before; undefined when that is not known. */
  readonly changed?: ReadonlySet<string> | undefined
  /** DAG IDs that several of these files had before. */
  readonly shared?: SharedIds | undefined
  /** Milliseconds since the epoch. */
  readonly deadline: number
}

const HEALTH_MS = 5_000
const ROLLBACK_BASELINE_MS = 30_000

/**
 * What Airflow shows before a deploy or a rollback; undefined when it is not asked, or cannot be. An Airflow that refuses the
 * token is an error before anything is written, one that is down is not: the deploy may be what brings it back. A rollback, which
 * somebody may be waiting for, is not kept by an Airflow that gives no sensible answer, nor for long by one that gives none.
 */
export async function takeBaseline(run: Run): Promise<Baseline | undefined> {
  const { inputs, deployment, session, log, clock } = run
  if (inputs.verify === 'no' || inputs.waitMs === undefined) return undefined
  if (isFresh(deployment, await run.deploys())) return EMPTY_BASELINE
  const isRollback = inputs.action === 'rollback'
  try {
    const deadline = clock.now() + ROLLBACK_BASELINE_MS
    const limit = isRollback ? { remainingMs: () => deadline - clock.now() } : {}
    return await readBaseline(await connectAirflow({ ...run, tokens: session, ...limit }, deployment))
  } catch (error) {
    if (!(error instanceof ActionError)) throw error
    if (isRollback ? isRefusal(error) : !isDown(error)) {
      handle(run, error)
      return undefined
    }
    log.warning(
      `What Airflow showed before could not be read, so each import error will count as a new one. ${error.observed ?? ''}`,
    )
    return undefined
  }
}

/** Whether nothing was ever deployed. A history may be empty although something was: DAGs have a version then. */
function isFresh(deployment: Deployment, deploys: readonly Deploy[]): boolean {
  const { dagTarballVersion, desiredDagTarballVersion } = deployment
  return deploys.length === 0 && !dagTarballVersion && !desiredDagTarballVersion
}

/**
 * Waits until Airflow has imported the code that is live, until the deadline, and reports what came of it. With `verify: true`
 * throws ASTRO-VERIFY-IMPORT-ERRORS, -NOT-PARSED or what kept it from finding out; with `warn` these are warnings. True when
 * Airflow has imported everything.
 */
export async function verifyInAirflow(run: Run, live: Deployment, subject: Subject): Promise<boolean> {
  const { session, clock, log, outputs, tell, inputs } = run
  if (inputs.verify === 'no') return false
  const remainingMs = (): number => Math.max(1_000, subject.deadline - clock.now())
  try {
    const airflow = await connectOnceUp({ ...run, tokens: session, remainingMs }, live, neverHeard)
    const { arrival, baseline, changed, shared, dagVersion } = subject
    const observed = await verify(
      { airflow, clock, log, signal: run.signal },
      {
        ...{ arrival, dagVersion, baseline, changed, shared },
        otherVersions: await otherVersions(run, dagVersion),
        promised: await subject.promised(airflow.major),
        budgetMs: remainingMs(),
      },
    )
    const report = reportOn(observed, await subject.repository(observed.folder), baseline !== undefined)
    const { newErrors, oldErrors, oldDuplicates = [] } = report
    outputs.set({ 'import-errors': String(newErrors.length + oldErrors.length + oldDuplicates.length) })
    tell({ verification: report })
    conclude(
      run,
      arrival === 'rollback' ? 'rollback' : 'deploy',
      report,
      isLate(report) ? await askParser(run, live) : undefined,
    )
    return true
  } catch (error) {
    if (!(error instanceof ActionError) || error.code.startsWith('ASTRO-CANCELLED')) throw error
    const parser = error.code === 'ASTRO-VERIFY-TIMEOUT' ? await askParser(run, live) : undefined
    handle(run, parser ? withParser(error, parser) : error)
    return false
  }
}

/** Of every other deploy: Airflow may still come to parse one that it has not shown yet. */
async function otherVersions({ deploys, deployment }: Run, ours: string | undefined): Promise<string[]> {
  const { dagTarballVersion, desiredDagTarballVersion } = deployment
  const all = [
    dagTarballVersion,
    desiredDagTarballVersion,
    ...(await deploys()).map((deploy) => deploy.dagTarballVersion),
  ]
  return all.flatMap((version) => (version === undefined || version === ours ? [] : [version]))
}

/** The error with what Airflow says of the component that parses. */
function withParser(error: ActionError, { words }: ParserHealth): ActionError {
  return new ActionError({ ...parts(error), observed: [error.observed, words].filter(Boolean).join('\n') })
}

/** Only explains a verdict that stands, so it never fails. */
async function askParser(run: Run, live: Deployment): Promise<ParserHealth | undefined> {
  try {
    const deps = { ...run, tokens: run.session, remainingMs: () => HEALTH_MS }
    const airflow = await connectAirflow(deps, live)
    return judgeParser(airflow.major, await airflow.health())
  } catch {
    return undefined
  }
}

/** Stops the step, or warns when that is what `verify` asks for. */
function handle({ inputs, log }: Run, error: ActionError): void {
  if (inputs.verify !== 'warn') {
    const isVerdict = error.code === 'ASTRO-VERIFY-IMPORT-ERRORS'
    const fix = isVerdict
      ? error.fix
      : `${error.fix} With \`verify: warn\` this is a warning, and with \`verify: false\` Airflow is not asked.`
    throw new ActionError({ ...parts(error), fix })
  }
  log.warning(
    [error.problem, error.observed, error.likelyCause, `[${error.code}]`].filter(Boolean).join('\n'),
  )
}

function parts(error: ActionError): ConstructorParameters<typeof ActionError>[0] {
  const { code, problem, observed, likelyCause, fix, cause } = error
  return { code, problem, observed, likelyCause, fix, cause }
}
