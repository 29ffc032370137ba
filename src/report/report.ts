import * as core from '@actions/core'
import type { ActionError } from '../errors.ts'
import { describeError } from '../errors.ts'
import type { Secrets } from '../secrets.ts'
import type { Log } from './log.ts'
import { redacted } from './redacted.ts'
import type { SummaryFacts } from './summary.ts'
import { buildSummary } from './summary.ts'

/** Where the troubleshooting entry of a code is. */
const TROUBLESHOOTING = 'docs/troubleshooting.md'

/** One error annotation with all that a user needs, and a failed step. The stack is for step debug only. */
export function reportFailure(error: ActionError, aftermath: string, secrets: Secrets): void {
  const paragraphs = [error.problem, error.observed, error.likelyCause, error.fix, aftermath].filter(Boolean)
  const message = `${paragraphs.join('\n')}\n[${error.code}] More in ${TROUBLESHOOTING}#${error.code.toLowerCase()}`
  core.error(secrets.redact(message), { title: `Deploy to Astro failed: ${error.code}` })
  if (core.isDebug()) {
    core.debug(secrets.redact(error.stack ?? ''))
    if (error.cause instanceof Error) core.debug(secrets.redact(`Cause: ${error.cause.stack ?? ''}`))
  }
  process.exitCode = core.ExitCode.Failure
}

/** Writes the job summary. It is decoration: when it cannot be written, a warning says so and the run goes on. */
export async function writeSummary(facts: SummaryFacts, secrets: Secrets, log: Log): Promise<void> {
  if (!process.env.GITHUB_STEP_SUMMARY) return
  try {
    await core.summary.addRaw(secrets.redact(buildSummary(redacted(facts, secrets.redact)))).write()
  } catch (error) {
    log.warning(`Could not write the job summary: ${describeError(error)}`)
  }
}
