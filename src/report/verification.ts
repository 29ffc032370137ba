import type { ErrorRow, VerificationReport } from '../airflow/report.ts'
import { listSome } from '../errors.ts'
import { code, escapeMarkdown } from './markdown.ts'

const MOST_ROWS = 50
const LONGEST_MESSAGE = 300

/** What Airflow made of the code that came, as Markdown: its import errors, and the DAGs that came and went. */
export function verificationTables(report: VerificationReport): readonly string[] {
  const rows = [
    ...report.newErrors.map((row) => tableRow(row, 'new')),
    ...report.silent.map((file) => `| ${code(file)} | neither imported nor failed in time | new |`),
    ...report.unclear.map(
      (file) => `| ${code(file)} | was not waited for long enough: may still fail | new |`,
    ),
    ...[...report.oldErrors, ...(report.oldDuplicates ?? [])].map((row) => tableRow(row, 'was there before')),
  ]
  const more = rows.length > MOST_ROWS ? [`and ${rows.length - MOST_ROWS} more files`] : []
  return [
    ...(rows.length === 0
      ? []
      : [
          ['| DAG file | Import error | |', '|---|---|---|', ...rows.slice(0, MOST_ROWS)].join('\n'),
          ...more,
        ]),
    ...dagList('DAGs that appeared', report.appeared),
    ...dagList('DAGs that disappeared', report.disappeared),
  ]
}

function tableRow({ file, line, message }: ErrorRow, when: string): string {
  const place = line === undefined ? file : `${file}:${line}`
  const shown = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message
  return `| ${code(place)} | ${escapeMarkdown(shown)} | ${when} |`
}

function dagList(title: string, ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return []
  return [`${title}: ${listSome(ids.map(code), MOST_ROWS)}`]
}
