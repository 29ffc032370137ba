import * as core from '@actions/core'
import { inert } from './inert.ts'

/** The log as the code sees it; everything that passes it is redacted. */
export type Log = {
  readonly info: (line: string) => void
  readonly debug: (line: string) => void
  readonly notice: (message: string) => void
  readonly warning: (message: string) => void
  /** Folds what is logged during `work` under a title. */
  readonly group: <T>(title: string, work: () => Promise<T>) => Promise<T>
}

/** A Log on the runner's. What is logged may come from outside, so nothing in it is obeyed by the runner as a command. */
export function createLog(redact: (text: string) => string): Log {
  const safe = (text: string): string => inert(redact(text))
  return {
    info: (line) => core.info(safe(line)),
    debug: (line) => core.debug(safe(line)),
    notice: (message) => core.notice(safe(message)),
    warning: (message) => core.warning(safe(message)),
    group: (title, work) => core.group(safe(title), work),
  }
}
