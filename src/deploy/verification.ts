import { existsSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import type { Baseline } from '../airflow/baseline.ts'
import { EMPTY_BASELINE, promisedByDags, readBaseline } from '../airflow/baseline.ts'
import { connectAirflow, connectOnceUp } from '../airflow/connect.ts'
import { isDown } from '../airflow/failure.ts'
import type { ParserHealth } from '../airflow/health.ts'
import { judgeParser } from '../airflow/health.ts'
import type { Repository } from '../airflow/report.ts'
import { reportOn } from '../airflow/report.ts'
import type { AirflowMajor } from '../airflow/types.ts'
import { neverHeard, verify } from '../airflow/verify.ts'
import type { Deployment } from '../astro/types.ts'
import { ActionError } from '../errors.ts'
import type { GeneratedFile } from '../project/archive.ts'
import type { PromisedDags } from '../project/promised-dags.ts'
import { belowDags, readPromisedDags, withGenerated } from '../project/promised-dags.ts'
import type { Run } from '../run.ts'
import type { DeployPlan } from './plan.ts'
import type { Expectation } from './rollout-verdict.ts'
import { conclude, isLate } from './verification-verdict.ts'

/** What was deployed, and what is known of before. */
type Facts = {
  readonly plan: Pick<DeployPlan, 'type' | 'ships'>
  readonly expected: Pick<Expectation, 'dagVersion'>
  /** What the DAG bundle has beside the files of the repository. */
  readonly generated: readonly GeneratedFile[]
  readonly baseline: Baseline | undefined
  readonly deadline: number
}

const HEALTH_MS = 5_000

/**
 * What Airflow shows before the deploy; undefined when it is not asked, or cannot be. An Airflow that refuses the token is an
 * error before anything is written, one that is down is not: the deploy may be what brings it back.
 */
export async function takeBaseline(run: Run): Promise<Baseline | undefined> {
  const { inputs, deployment, session, log } = run
  if (inputs.verify === 'no' || inputs.waitMs === undefined) return undefined
  if ((await run.deploys()).length === 0) return EMPTY_BASELINE
  try {
    return await readBaseline(await connectAirflow({ ...run, tokens: session }, deployment))
  } catch (error) {
    if (!(error instanceof ActionError)) throw error
    if (!isDown(error)) {
      handle(run, error)
      return undefined
    }
    log.warning(
      `What Airflow showed before this deploy could not be read, so each import error will count as a new one. ${error.observed ?? ''}`,
    )
    return undefined
  }
}

/**
 * Waits until Airflow has imported the new code, until `deadline` (milliseconds since the epoch), and reports what came of it.
 * With `verify: true` throws ASTRO-VERIFY-IMPORT-ERRORS, -NOT-PARSED or what kept it from finding out; with `warn` these are
 * warnings. True when Airflow has imported everything.
 */
export async function verifyDeploy(run: Run, live: Deployment, facts: Facts): Promise<boolean> {
  const { session, clock, log, outputs, tell, inputs } = run
  if (inputs.verify === 'no') return false
  const remainingMs = (): number => Math.max(1_000, facts.deadline - clock.now())
  try {
    const airflow = await connectOnceUp({ ...run, tokens: session, remainingMs }, live, neverHeard)
    const { baseline } = facts
    const promised = await promisedBy(run, airflow.major, facts)
    const observed = await verify(
      { airflow, clock, log, signal: run.signal },
      {
        dagVersion: facts.expected.dagVersion,
        formerVersions: await formerVersions(run, facts.expected.dagVersion),
        restarts: facts.plan.ships.image,
        promised,
        baseline,
        budgetMs: remainingMs(),
      },
    )
    const repository = await describeRepository(run, ownFiles(observed.folder, facts))
    const report = reportOn(observed, repository, baseline !== undefined)
    outputs.set({ 'import-errors': String(report.newErrors.length + report.oldErrors.length) })
    tell({ verification: report })
    conclude(run, report, isLate(report) ? await askParser(run, live) : undefined)
    return true
  } catch (error) {
    if (!(error instanceof ActionError) || error.code.startsWith('ASTRO-CANCELLED')) throw error
    const parser = error.code === 'ASTRO-VERIFY-TIMEOUT' ? await askParser(run, live) : undefined
    handle(run, parser ? withParser(error, parser) : error)
    return false
  }
}

/** Of every deploy before this one: Airflow may still come to parse one that it has not shown yet. */
async function formerVersions({ deploys, deployment }: Run, ours: string | undefined): Promise<string[]> {
  const { dagTarballVersion, desiredDagTarballVersion } = deployment
  const all = [
    dagTarballVersion,
    desiredDagTarballVersion,
    ...(await deploys()).map((deploy) => deploy.dagTarballVersion),
  ]
  return all.flatMap((version) => (version === undefined || version === ours ? [] : [version]))
}

/** Undefined when only Airflow knows which DAGs there are: an image alone leaves them as they are. */
async function promisedBy(
  run: Run,
  major: AirflowMajor,
  { plan, baseline, generated }: Pick<Facts, 'plan' | 'baseline' | 'generated'>,
): Promise<PromisedDags | undefined> {
  if (plan.type === 'image-only') return baseline && promisedByDags(baseline.dags)
  return withGenerated(await readPromisedDags(await run.project().dagFolder, major), generated)
}

/** Files of the repository among those of the DAG folder. What an image brings need not be what is checked out. */
function ownFiles(folder: ReadonlySet<string>, { plan, generated }: Facts): ReadonlySet<string> {
  if (plan.type === 'image-only') return new Set()
  const others = new Set(generated.map(({ path }) => belowDags(path)))
  return new Set([...folder].filter((file) => !others.has(file)))
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

async function describeRepository(run: Run, dagFiles: ReadonlySet<string>): Promise<Repository> {
  const project = run.project()
  const projectPath = await project.projectPath
  const files = dagFiles.size === 0 ? [] : (await project.dagFolder).files
  const join = (...names: readonly string[]): string => names.filter((name) => name !== '').join('/')
  const onDisk = path.join(run.env.GITHUB_WORKSPACE ?? process.cwd(), run.inputs.rootFolder)
  const absolute = new Map(
    files.flatMap((file) =>
      file.kind === 'file' ? [[belowDags(file.path), file.absolutePath] as const] : [],
    ),
  )
  return {
    dagFolder: join(projectPath, run.inputs.dagsPath),
    dagFiles,
    projectFile(name) {
      const inside = /^\/usr\/local\/airflow\/(?!dags\/)(.+)$/.exec(name)?.[1]
      return inside !== undefined && existsSync(path.join(onDisk, inside))
        ? join(projectPath, inside)
        : undefined
    },
    read(file) {
      const place = absolute.get(file)
      return place === undefined ? undefined : readFileSync(place, 'utf8')
    },
  }
}
