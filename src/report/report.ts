import * as core from '@actions/core'
import type { ActionError } from '../errors.ts'
import { describeError } from '../errors.ts'
import type { Secrets } from '../secrets.ts'
import type { Log } from './log.ts'
import { redacted } from './redacted.ts'
import type { SummaryFacts } from './summary.ts'
import { buildSummary } from './summary.ts'

const TROUBLESHOOTING = 'docs/troubleshooting.md'

/**
 * Where the entry of a code is: in this action's repository, as it was when the version that runs was made. The runner does
 * not tell the repository of a local action (`uses: ./`), where the path alone leads there.
 */
function troubleshootingEntry(code: string, env: Readonly<Record<string, string | undefined>>): string {
  const { GITHUB_ACTION_REPOSITORY: repository, GITHUB_ACTION_REF: ref, GITHUB_SERVER_URL: server } = env
  const entry = `${TROUBLESHOOTING}#${code.toLowerCase()}`
  return repository && ref && server ? `${server}/${repository}/blob/${ref}/${entry}` : entry
}

/** One error annotation with all that a user needs, and a failed step. The stack is for step debug only. */
export function reportFailure(error: ActionError, aftermath: string, secrets: Secrets): void {
  const paragraphs = [error.problem, error.observed, error.likelyCause, error.fix, aftermath].filter(Boolean)
  const message = `${paragraphs.join('\n')}\n[${error.code}] More in ${troubleshootingEntry(error.code, process.env)}`
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
    log.warning(
      `The runner did not take the job summary: ${describeError(error)}. Its disk may be full, or its folder for temporary files not writable.`,
    )
  }
}
