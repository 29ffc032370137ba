import { existsSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import type { Baseline } from '../airflow/baseline.ts'
import { EMPTY_BASELINE, readBaseline } from '../airflow/baseline.ts'
import { connectAirflow } from '../airflow/connect.ts'
import { isDown } from '../airflow/failure.ts'
import type { ErrorRow, Repository, VerificationReport } from '../airflow/report.ts'
import { reportOn } from '../airflow/report.ts'
import { verify } from '../airflow/verify.ts'
import type { Deployment } from '../astro/types.ts'
import { ActionError } from '../errors.ts'
import type { PromisedDags } from '../project/promised-dags.ts'
import { readPromisedDags } from '../project/promised-dags.ts'
import type { Run } from '../run.ts'
import type { DeployPlan } from './plan.ts'
import type { Expectation } from './rollout-verdict.ts'

/** What was deployed, and what is known of before. */
type Facts = {
  readonly plan: Pick<DeployPlan, 'type' | 'ships'>
  readonly expected: Pick<Expectation, 'dagVersion'>
  readonly baseline: Baseline | undefined
  readonly deadline: number
}

/** GitHub shows ten annotations of a level for a step; one of the errors is the step's own. */
const MOST_ANNOTATIONS = 9
const MOST_NAMED = 50

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
    const airflow = await connectAirflow({ ...run, tokens: session, remainingMs }, live)
    const baseline = facts.baseline ?? EMPTY_BASELINE
    const promised =
      facts.plan.type === 'image-only'
        ? promisedBefore(baseline)
        : await readPromisedDags(await run.project().dagFolder, airflow.major)
    const observed = await verify(
      { airflow, clock, log, signal: run.signal },
      {
        dagVersion: facts.expected.dagVersion,
        restarts: facts.plan.ships.image,
        promised,
        baseline,
        budgetMs: remainingMs(),
      },
    )
    const dagFiles = facts.plan.type === 'image-only' ? new Set<string>() : promised.all
    const repository = await describeRepository(run, dagFiles)
    const report = reportOn(observed, repository, facts.baseline !== undefined)
    outputs.set({ 'import-errors': String(report.newErrors.length + report.oldErrors.length) })
    tell({ verification: report })
    return conclude(run, report)
  } catch (error) {
    if (!(error instanceof ActionError) || error.code.startsWith('ASTRO-CANCELLED')) throw error
    handle(run, error)
    return false
  }
}

/** With an image alone, the DAGs stay: those of before are to be parsed again by what the image brings. */
function promisedBefore({ dags }: Baseline): PromisedDags {
  const paths = new Set(dags.flatMap(({ file, isActive }) => (isActive && file !== undefined ? [file] : [])))
  const promise = { kind: 'possible', ids: [] } as const
  return { files: [...paths].map((path) => ({ path, promise, fingerprint: undefined })), all: paths }
}

function conclude(run: Run, report: VerificationReport): boolean {
  const { log, inputs } = run
  const annotate = inputs.verify === 'warn' ? log.warningAt : log.errorAt
  for (const { file, line, message, isOurs } of report.newErrors.slice(0, MOST_ANNOTATIONS)) {
    if (isOurs) annotate({ title: 'DAG import error', file, line }, message)
  }
  for (const row of report.newErrors) log.info(`Does not import: ${describeRow(row)}`)
  for (const row of report.oldErrors) log.info(`Did not import before either: ${describeRow(row)}`)
  tellSome(run, 'New DAG', report.appeared)
  tellSome(run, 'DAG that is gone', report.disappeared)
  if (report.oldErrors.length > 0) {
    log.notice(
      `${count(report.oldErrors.length, 'DAG file')} did not import before this deploy and still ${report.oldErrors.length === 1 ? 'does' : 'do'} not: ${report.oldErrors.map(({ file }) => file).join(', ')}`,
    )
  }
  if (report.newErrors.length > 0) {
    throw new ActionError({
      code: 'ASTRO-VERIFY-IMPORT-ERRORS',
      problem: `The new code runs, but ${count(report.newErrors.length, 'import error')} came with it.`,
      observed: report.newErrors
        .slice(0, MOST_ANNOTATIONS + 1)
        .map(describeRow)
        .join('\n'),
      likelyCause:
        'The code is broken, or needs a package, a variable or a connection that this Deployment does not have.',
      fix: 'Correct the files and deploy again. `rollback-on-failure: true` brings the former code back by itself.',
    })
  }
  if (report.silent.length > 0) {
    throw new ActionError({
      code: 'ASTRO-VERIFY-NOT-PARSED',
      problem: `Airflow showed neither a DAG nor an import error of ${count(report.silent.length, 'file')} in time.`,
      observed: report.silent.slice(0, MOST_ANNOTATIONS + 1).join('\n'),
      likelyCause:
        'The import takes so long that Airflow kills it, which leaves no trace; or the DAG processor is down or busy.',
      fix: 'Look for slow code at the top level of these files, and at the DAG processor in the Airflow UI. Raise `wait-time` when parsing simply takes longer.',
    })
  }
  log.info('Airflow has imported the new code.')
  return true
}

function tellSome({ log }: Run, what: string, ids: readonly string[]): void {
  for (const id of ids.slice(0, MOST_NAMED)) log.info(`${what}: ${id}`)
  if (ids.length > MOST_NAMED) log.info(`${what}: ${ids.length - MOST_NAMED} more`)
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
      file.kind === 'file' ? [[file.path.replace(/^dags\//, ''), file.absolutePath] as const] : [],
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

function describeRow({ file, line, message }: ErrorRow): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${message}`
}

function count(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`
}
