/** One row of the bench's table. */
export type Measurement = {
  readonly what: string
  /** What was measured, with its unit: "45 ms". */
  readonly measured: string
  /** What it is held against in the same run: "node -e 0: 21 ms". */
  readonly beside: string
  /** Measured over beside, where both have the same unit. */
  readonly ratio?: number
  readonly budget: string
  readonly within: boolean
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** The measurements as an aligned table. */
export function renderTable(rows: readonly Measurement[]): string {
  const cells = rows.map(({ what, measured, beside, ratio, budget, within }) => [
    what,
    measured,
    beside,
    ratio === undefined ? '' : `${ratio.toFixed(2)}x`,
    budget,
    within ? 'yes' : 'NO',
  ])
  const table = [['what', 'measured', 'beside', 'ratio', 'budget', 'within'], ...cells]
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length))) ?? []
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
