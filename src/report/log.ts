import * as core from '@actions/core'
import { inert } from './inert.ts'

/** The log as the code sees it; everything that passes it is redacted. */
export type Log = {
  readonly info: (line: string) => void
  readonly debug: (line: string) => void
  readonly notice: (message: string) => void
  readonly warning: (message: string) => void
  /** An error beside a line of the user's code; the path is relative to the workspace. */
  readonly errorAt: (place: Place, message: string) => void
  /** A warning there. */
  readonly warningAt: (place: Place, message: string) => void
  /** Folds what is logged during `work` under a title. */
  readonly group: <T>(title: string, work: () => Promise<T>) => Promise<T>
}

export type Place = { readonly file: string; readonly line: number | undefined; readonly title: string }

/** A Log on the runner's. What is logged may come from outside, so nothing in it is obeyed by the runner as a command. */
export function createLog(redact: (text: string) => string): Log {
  const safe = (text: string): string => inert(redact(text))
  return {
    info: (line) => core.info(safe(line)),
    debug: (line) => core.debug(safe(line)),
    notice: (message) => core.notice(safe(message)),
    warning: (message) => core.warning(safe(message)),
    errorAt: (place, message) => core.error(safe(message), properties(place)),
    warningAt: (place, message) => core.warning(safe(message), properties(place)),
    group: (title, work) => core.group(safe(title), work),
  }
}

function properties({ file, line, title }: Place): core.AnnotationProperties {
  return { file, title, ...(line === undefined ? {} : { startLine: line }) }
}
