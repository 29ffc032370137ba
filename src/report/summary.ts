import type { Deploy } from '../astro/types.ts'
import type { VerificationReport } from '../airflow/report.ts'
import type { EnvironmentPlan } from '../environment/plan.ts'
import type { ActionError } from '../errors.ts'
import type { Commit } from '../project/commit.ts'
import { commitUrl } from '../project/commit.ts'
import { environmentTable } from './environment.ts'
import type { CheckFacts } from './check.ts'
import { checkTables, describeCheck } from './check.ts'
import { code, escapeMarkdown, factTable, link } from './markdown.ts'
import type { Phase } from './timeline.ts'
import { ganttChart } from './timeline.ts'
import { verificationTables } from './verification.ts'

/** How the tests in the image ended. */
export type TestFacts = {
  readonly summary: string
  readonly failures: readonly { readonly name: string; readonly message: string }[]
}

/** The version that ran before, and the one that was deployed. */
export type DagVersions = { readonly before: string | undefined; readonly after: string | undefined }

/** The run of the DAG that `run-dag` names; without a state, nobody saw its end. */
export type SmokeTestFacts = {
  readonly dagId: string
  readonly runId: string
  /** In the Airflow UI. */
  readonly url: string | undefined
  readonly state: 'success' | 'failed' | 'timed-out' | undefined
}

/** Everything the summary may show; what is not known yet is left out of it. */
export type SummaryFacts = {
  readonly headline: string
  readonly deployment?: { readonly name: string; readonly url: string; readonly workspace: string }
  readonly airflowUrl?: string | undefined
  readonly commit?: Commit | undefined
  readonly deployId?: string | undefined
  readonly deployType?: string | undefined
  readonly dagVersion?: DagVersions
  /** The deploy that was returned to, and the one that did it; undefined: not asked for. */
  readonly rollback?: {
    readonly to: Pick<Deploy, 'id' | 'createdAt'>
    readonly by: string | undefined
  }
  readonly imageTag?: { readonly before: string | undefined; readonly after: string } | undefined
  readonly check?: CheckFacts
  readonly parse?: TestFacts
  readonly pytest?: TestFacts
  readonly reasons?: readonly string[]
  readonly environment?: EnvironmentPlan
  readonly verification?: VerificationReport
  readonly smokeTest?: SmokeTestFacts
  readonly error?: { readonly error: ActionError; readonly aftermath: string }
  readonly phases: readonly Phase[]
  readonly now: number
}

/** The job summary as Markdown. */
export function buildSummary(facts: SummaryFacts): string {
  const { deployment, commit, dagVersion, error } = facts
  const parts = [
    `### ${escapeMarkdown(facts.headline)}`,
    ...(error ? [quoteError(error.error, error.aftermath)] : []),
    ...factTable([
      [
        'Deployment',
        deployment &&
          `${link(deployment.name, deployment.url)} in Workspace ${escapeMarkdown(deployment.workspace)}`,
      ],
      ['Airflow', facts.airflowUrl && link('Airflow UI', facts.airflowUrl)],
      ['Commit', commit && describeCommit(commit)],
      ['Deploy', facts.deployId && `${code(facts.deployId)} (${facts.deployType ?? 'unknown type'})`],
      ['DAG version', dagVersion && describeVersions(dagVersion, error !== undefined)],
      ['Rollback', facts.rollback && describeRollback(facts.rollback)],
      ['Image', facts.imageTag && `${version(facts.imageTag.before)} → ${code(facts.imageTag.after)}`],
      ['Check', facts.check && describeCheck(facts.check)],
      ['Parse', facts.parse && escapeMarkdown(facts.parse.summary)],
      ['Tests', facts.pytest && escapeMarkdown(facts.pytest.summary)],
      ['Smoke test', facts.smokeTest && describeSmokeTest(facts.smokeTest)],
    ]),
    ...(facts.check ? checkTables(facts.check) : []),
    ...failureTable([...(facts.parse?.failures ?? []), ...(facts.pytest?.failures ?? [])]),
    ...(facts.reasons?.length
      ? [facts.reasons.map((reason) => `- ${escapeMarkdown(reason)}`).join('\n')]
      : []),
    ...(facts.environment ? [environmentTable(facts.environment)] : []),
    ...(facts.verification ? verificationTables(facts.verification) : []),
    ...(facts.phases.length > 0 ? [ganttChart(facts.phases, facts.now)] : []),
  ]
  return `${parts.join('\n\n')}\n`
}

const MOST_FAILURES = 20

function failureTable(failures: TestFacts['failures']): string[] {
  if (failures.length === 0) return []
  const rows = failures
    .slice(0, MOST_FAILURES)
    .map(({ name, message }) => `| ${code(name)} | ${escapeMarkdown(message.split('\n')[0] ?? '')} |`)
  const rest = failures.length - rows.length
  return [['| Failed | |', '|---|---|', ...rows, ...(rest > 0 ? [`| and ${rest} more | |`] : [])].join('\n')]
}

/** What runs after a failure is not known here, only what was shipped. */
function describeVersions({ before, after }: DagVersions, hasFailed: boolean): string {
  if (hasFailed) return `${version(before)} before${after ? `, ${code(after)} was shipped` : ''}`
  return `${version(before)} → ${after ? code(after) : 'unchanged'}`
}

const version = (known: string | undefined): string => (known ? code(known) : 'none')

function describeCommit(commit: Commit): string {
  const branch = commit.branch ? ` on ${code(commit.branch)}` : ''
  const message = commit.message ? `: ${escapeMarkdown(commit.message.split('\n')[0] ?? '')}` : ''
  return `${link(commit.sha.slice(0, 7), commitUrl(commit))}${branch}${message}`
}

function describeRollback({ to, by }: NonNullable<SummaryFacts['rollback']>): string {
  return `to ${code(to.id)} of ${escapeMarkdown(to.createdAt)}${by === undefined ? '' : `, as ${code(by)}`}`
}

function describeSmokeTest({ dagId, runId, url, state }: SmokeTestFacts): string {
  return `${code(dagId)}: ${state ?? 'not followed to its end'} (${link(runId, url)})`
}

function quoteError(error: ActionError, aftermath: string): string {
  return [error.problem, error.observed, error.likelyCause, error.fix, aftermath]
    .filter((part) => part !== undefined)
    .flatMap((part) => part.split('\n'))
    .map((line) => `> ${escapeMarkdown(line)}`)
    .join('\n>\n')
}
