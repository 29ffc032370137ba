import { code, escapeMarkdown } from './markdown.ts'

/** What looking at the Python files found. */
export type CheckFacts = {
  readonly findings: readonly {
    readonly level: 'error' | 'warning'
    readonly file: string
    readonly line: number | undefined
    readonly title: string
    readonly message: string
  }[]
  readonly skipped: readonly { readonly file: string; readonly why: string }[]
  readonly fileCount: number
  /** What the files were looked at for. */
  readonly target: string
}

/** A summary may have a megabyte; the log has them all. */
const MOST_ROWS = 100

/** What was found, errors first, as a table; nothing when there is nothing to say. */
export function checkTables({ findings, skipped }: CheckFacts): readonly string[] {
  const sorted = findings.toSorted((a, b) => Number(b.level === 'error') - Number(a.level === 'error'))
  const rows = [
    ...sorted.map(({ level, file, line, title, message }) => [
      `${level === 'error' ? '❌' : '⚠️'} ${escapeMarkdown(title)}`,
      code(line === undefined ? file : `${file}:${line}`),
      escapeMarkdown(message),
    ]),
    ...skipped.map(({ file, why }) => ['Not checked', code(file), escapeMarkdown(why)]),
  ]
  if (rows.length === 0) return []
  const shown = rows.slice(0, MOST_ROWS)
  const rest = rows.length - shown.length
  return [
    [
      '| Check | Where | What |',
      '|---|---|---|',
      ...shown.map((row) => `| ${row.join(' | ')} |`),
      ...(rest > 0 ? [`| and ${rest} more in the log | | |`] : []),
    ].join('\n'),
  ]
}

/** The same in one cell. */
export function describeCheck({ findings, fileCount, target }: CheckFacts): string {
  const errors = findings.filter(({ level }) => level === 'error').length
  return escapeMarkdown(
    `${fileCount} Python files for ${target}: ${errors} errors, ${findings.length - errors} warnings`,
  )
}
