import * as core from '@actions/core'

/** The log as the code sees it; everything that passes it is redacted. */
export type Log = {
  readonly info: (line: string) => void
  readonly debug: (line: string) => void
  readonly notice: (message: string) => void
  readonly warning: (message: string) => void
  /** Folds what is logged during `work` under a title. */
  readonly group: <T>(title: string, work: () => Promise<T>) => Promise<T>
}

/**
 * A Log on the runner's. A line that came from outside could begin with `::` and would then be obeyed by the runner as a
 * command, so such lines are indented.
 */
export function createLog(redact: (text: string) => string): Log {
  const safe = (text: string): string => redact(text).replace(/^(?=::|##\[)/gm, ' ')
  return {
    info: (line) => core.info(safe(line)),
    debug: (line) => core.debug(safe(line)),
    notice: (message) => core.notice(safe(message)),
    warning: (message) => core.warning(safe(message)),
    group: (title, work) => core.group(safe(title), work),
  }
}
