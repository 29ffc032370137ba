import * as core from '@actions/core'
import { inert } from './inert.ts'

/** The log as the code sees it; everything that passes it is redacted. */
export type Log = {
  readonly info: (line: string) => void
  readonly debug: (line: string) => void
  readonly notice: (message: string) => void
  readonly warning: (message: string) => void
  /**
   * An error beside a line of the user's code; the path is relative to the workspace. Those for which GitHub has no room are
   * lines of the log.
   */
  readonly errorAt: (place: Place, message: string) => void
  /** A warning there, within the same limit. */
  readonly warningAt: (place: Place, message: string) => void
  /** Folds what is logged during `work` under a title. */
  readonly group: <T>(title: string, work: () => Promise<T>) => Promise<T>
}

export type Place = { readonly file: string; readonly line: number | undefined; readonly title: string }

/**
 * Annotations on files of the user. GitHub shows ten of a level for a step: one error is the step's own, and warnings may also
 * be about the credential, DAGs that are gone, the baseline and what came of it all.
 */
const MOST_ERRORS = 9
const MOST_WARNINGS = 6

/** A Log on the runner's. What is logged may come from outside, so nothing in it is obeyed by the runner as a command. */
export function createLog(redact: (text: string) => string): Log {
  const safe = (text: string): string => inert(redact(text))
  const limited = (annotate: typeof core.error, most: number): Log['errorAt'] => {
    let given = 0
    return (place, message) => {
      if (given++ < most) annotate(safe(message), properties(place))
      else core.info(safe(asLine(place, message)))
    }
  }
  return {
    info: (line) => core.info(safe(line)),
    debug: (line) => core.debug(safe(line)),
    notice: (message) => core.notice(safe(message)),
    warning: (message) => core.warning(safe(message)),
    errorAt: limited(core.error, MOST_ERRORS),
    warningAt: limited(core.warning, MOST_WARNINGS),
    group: (title, work) => core.group(safe(title), work),
  }
}

function properties({ file, line, title }: Place): core.AnnotationProperties {
  return { file, title, ...(line === undefined ? {} : { startLine: line }) }
}

function asLine({ file, line, title }: Place, message: string): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${title}: ${message}`
}
