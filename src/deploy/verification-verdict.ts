import type { ParserHealth } from '../airflow/health.ts'
import type { ErrorRow, VerificationReport } from '../airflow/report.ts'
import { ActionError, listSome } from '../errors.ts'
import type { Run } from '../run.ts'

const MOST_DESCRIBED = 10
const MOST_NAMED = 50

/** What brought the code that is asked about. */
export type Cause = 'deploy' | 'rollback'

const WORDS = {
  deploy: {
    runs: 'The new code runs',
    imported: 'Airflow has imported the new code.',
    fix: 'Correct the files and deploy again. `rollback-on-failure: true` brings the former code back by itself.',
  },
  rollback: {
    runs: 'The earlier code runs again',
    imported: 'Airflow has imported the earlier code.',
    fix: 'Return to another deploy with `deploy-id`, or correct the files and deploy.',
  },
} as const satisfies Record<Cause, unknown>

/** Whether the time was over before it was known of each file whether it imports. */
export function isLate({ newErrors, isComplete }: VerificationReport): boolean {
  return newErrors.length === 0 && !isComplete
}

/**
 * Shows what Airflow made of the code that is live in the log and beside the code. Throws ASTRO-VERIFY-IMPORT-ERRORS or
 * ASTRO-VERIFY-NOT-PARSED unless it has imported everything.
 *
 * @param parser what was asked about it, when it is late
 */
export function conclude(
  { log, inputs }: Pick<Run, 'log' | 'inputs'>,
  cause: Cause,
  report: VerificationReport,
  parser: ParserHealth | undefined,
): void {
  const { oldErrors, oldDuplicates = [], disappeared } = report
  const annotate = inputs.verify === 'warn' ? log.warningAt : log.errorAt
  const shown = report.newErrors.filter(({ isOurs }) => isOurs)
  for (const { file, line, message } of shown) annotate({ title: 'DAG import error', file, line }, message)
  const listed: readonly (readonly [string, readonly string[]])[] = [
    ['Does not import', report.newErrors.map(describeRow)],
    ['Neither imported nor failed in time', report.silent],
    ['May still fail', report.unclear],
    ['Did not import before either', report.oldErrors.map(describeRow)],
    ['As it was before', oldDuplicates.map(describeRow)],
    ['New DAG', report.appeared.slice(0, MOST_NAMED)],
    ['DAG that is gone', report.disappeared.slice(0, MOST_NAMED)],
  ]
  for (const [what, lines] of listed) for (const line of lines) log.info(`${what}: ${line}`)
  if (oldErrors.length > 0) {
    log.notice(
      `${count(oldErrors.length, 'DAG file')} did not import before this ${cause} and still ${oldErrors.length === 1 ? 'does' : 'do'} not: ${names(oldErrors.map(({ file }) => file))}`,
    )
  }
  if (oldDuplicates.length > 0) {
    log.notice(
      `${count(oldDuplicates.length, 'DAG file')} shared DAG IDs before this ${cause} and still do: ${names(oldDuplicates.map(({ file }) => file))}. Airflow runs whichever it parsed last.`,
    )
  }
  if (disappeared.length > 0) {
    log.warning(
      `${count(disappeared.length, 'DAG')} of before ${disappeared.length === 1 ? 'is' : 'are'} gone with this ${cause}: ${names(disappeared)}. Airflow may show them for some minutes.`,
    )
  }
  if (report.newErrors.length > 0) throw importErrors(cause, report)
  if (isLate(report)) throw notParsed(cause, report, parser)
  log.info(WORDS[cause].imported)
}

function importErrors(cause: Cause, { newErrors, silent }: VerificationReport): ActionError {
  const others = newErrors.slice(MOST_DESCRIBED).map(({ file }) => file)
  return new ActionError({
    code: 'ASTRO-VERIFY-IMPORT-ERRORS',
    problem: `${WORDS[cause].runs}, but ${count(newErrors.length, 'import error')} came with it.`,
    observed: [
      ...newErrors.slice(0, MOST_DESCRIBED).map(describeRow),
      ...(others.length === 0 ? [] : [`Also: ${names(others)}`]),
      ...(silent.length === 0 ? [] : [`Neither imported nor failed so far: ${names(silent)}`]),
    ].join('\n'),
    likelyCause:
      'The code is broken, or needs a package, a variable or a connection that this Deployment does not have.',
    fix: WORDS[cause].fix,
  })
}

type Advice = { readonly problem: string; readonly likelyCause: string; readonly fix: string }

function notParsed(cause: Cause, report: VerificationReport, parser: ParserHealth | undefined): ActionError {
  const { silent, unclear } = report
  const late = silent.length > 0 ? silent : unclear
  const advice = lateAdvice(cause, report, parser)
  return new ActionError({
    ...{ code: 'ASTRO-VERIFY-NOT-PARSED', ...advice, ...(parser?.isDown ? downAdvice(parser) : {}) },
    observed: [listSome(late, MOST_NAMED, '\n'), parser?.words].filter(Boolean).join('\n'),
  })
}

function lateAdvice(
  cause: Cause,
  { silent, unclear }: VerificationReport,
  parser: ParserHealth | undefined,
): Advice {
  if (silent.length > 0) {
    const problem = `Airflow showed neither a DAG nor an import error of ${count(silent.length, 'file')} in time.`
    if (cause === 'rollback') {
      return {
        problem,
        likelyCause:
          'The files are those of before: Airflow has neither parsed them again nor retired them so far, which takes it some minutes for a file that is gone or has lost its DAGs.',
        fix: 'Look at these files in the Airflow UI. Raise `wait-time` when Airflow simply takes longer.',
      }
    }
    return {
      problem,
      likelyCause: `The import takes so long that Airflow kills it, which leaves no trace; or ${parser ? `the ${parser.component} is busy` : 'the DAG processor is down or busy'}.`,
      fix: 'Look for slow code at the top level of these files, and at the DAG processor in the Airflow UI. Raise `wait-time` when parsing simply takes longer.',
    }
  }
  if (unclear.length > 0) {
    return {
      problem: `The time was over before Airflow had parsed everything twice, so ${count(unclear.length, 'file')} may still fail.`,
      likelyCause: 'These files need not hold a DAG; they leave a trace in Airflow only when they fail.',
      fix: 'Raise `wait-time`: one more round of parsing, at most a minute, settles it. Files that Airflow is not to look into belong into `.airflowignore`.',
    }
  }
  return {
    problem: 'The time was over before Airflow had parsed enough to say that what came back imports.',
    likelyCause:
      'Nobody but Airflow knows the files of the earlier code: it takes a minute, and a parse of some file, to see which fail.',
    fix: 'Raise `wait-time`, or look at the Airflow UI. Code without any DAG is never proved.',
  }
}

function downAdvice({ component }: ParserHealth): Omit<Advice, 'problem'> {
  return {
    likelyCause: `Nothing is parsed as long as the ${component} does not run.`,
    fix: `Look at the ${component} of the Deployment in the Astro UI: its logs say why it stopped.`,
  }
}

function describeRow({ file, line, message }: ErrorRow): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${message}`
}

const names = (all: readonly string[]): string => listSome(all, MOST_NAMED)

function count(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`
}
