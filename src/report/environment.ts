import type { EnvironmentPlan, VariableChange } from '../environment/plan.ts'
import { code, escapeMarkdown } from './markdown.ts'

const SIGNS: Readonly<Record<VariableChange['kind'], string>> = { added: '+', changed: '~', removed: '-' }

const kindOf = ({ isSecret }: VariableChange): string => (isSecret ? 'secret' : 'plain')
const describe = ({ kind, note }: VariableChange): string => (note === undefined ? kind : `${kind}: ${note}`)

/** How many variables a plan changes in which way, in one sentence without an end. */
export function countChanges({ changes, unchanged }: EnvironmentPlan): string {
  const count = (kind: VariableChange['kind']): number =>
    changes.filter((change) => change.kind === kind).length
  return `${count('added')} added, ${count('changed')} changed, ${count('removed')} removed, ${unchanged} unchanged`
}

/** A plan as lines of the log: a table of names, never of values. */
export function environmentLines(plan: EnvironmentPlan): readonly string[] {
  const width = Math.max(...plan.changes.map(({ key }) => key.length))
  return [
    `Environment variables: ${countChanges(plan)}`,
    ...plan.changes.map(
      (change) =>
        `  ${SIGNS[change.kind]} ${change.key.padEnd(width)}  ${kindOf(change).padEnd(6)}  ${describe(change)}`,
    ),
  ]
}

/** A plan as Markdown: a table of names, never of values. */
export function environmentTable(plan: EnvironmentPlan): string {
  const title = `Environment variables: ${countChanges(plan)}`
  if (plan.changes.length === 0) return title
  const rows = plan.changes.map(
    (change) => `| ${code(change.key)} | ${kindOf(change)} | ${escapeMarkdown(describe(change))} |`,
  )
  return [title, '', '| Variable | Kind | Change |', '|---|---|---|', ...rows].join('\n')
}
