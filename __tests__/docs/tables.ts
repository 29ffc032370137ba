import { parse } from 'yaml'

export type ActionInterface = {
  readonly inputs: Readonly<
    Record<string, { description?: string; default?: string | number | boolean; required?: boolean }>
  >
  readonly outputs: Readonly<Record<string, { description?: string }>>
}

/** action.yml as data. Throws when it declares no inputs or no outputs. */
export function parseAction(yaml: string): ActionInterface {
  const action = parse(yaml) as Partial<ActionInterface> | null
  if (!action?.inputs || !action.outputs) throw new Error('action.yml declares no inputs or no outputs.')
  return { inputs: action.inputs, outputs: action.outputs }
}

/**
 * The README with the tables of inputs and outputs replaced by those of action.yml. Each stands between `<!-- inputs -->`
 * and `<!-- /inputs -->` (and the same for outputs). Throws when a marker is missing.
 */
export function withTables(readme: string, action: ActionInterface): string {
  const inputs = Object.entries(action.inputs).map(([name, { description, default: value, required }]) => [
    code(name),
    required === true ? 'required' : value === undefined || value === '' ? '' : code(String(value)),
    description ?? '',
  ])
  const outputs = Object.entries(action.outputs).map(([name, { description }]) => [
    code(name),
    description ?? '',
  ])
  const inputTable = table(['Input', 'Default', 'What it is'], inputs)
  const outputTable = table(['Output', 'What it is'], outputs)
  return between(between(readme, 'inputs', inputTable), 'outputs', outputTable)
}

const code = (text: string): string => `\`${text}\``

/** Not laid out in columns, and kept from Prettier, which would rewrite each line when one of them grows. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text) => text.trim().replace(/\s+/g, ' ').replaceAll('|', '\\|')).join(' | ')} |`
  return [
    '<!-- prettier-ignore-start -->',
    line(head),
    line(head.map(() => '---')),
    ...rows.map(line),
    '<!-- prettier-ignore-end -->',
  ].join('\n')
}

function between(text: string, marker: string, content: string): string {
  const [open, close] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`]
  const start = text.indexOf(open)
  const end = text.indexOf(close)
  if (start === -1 || end < start) throw new Error(`README.md lacks the markers ${open} and ${close}.`)
  return `${text.slice(0, start + open.length)}\n\n${content}\n\n${text.slice(end)}`
}
