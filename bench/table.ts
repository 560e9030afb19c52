/** One measured thing, as a ratio. The times beside it are only there to be understood, not to be compared. */
export interface Figure {
  readonly what: string
  readonly measured: string
  /** The peer or the limit of the same run. */
  readonly against: string
  /** Measured through the other. */
  readonly ratio: number
  /** What section 10 of the design asks of the ratio. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number }
}

/** Prints figures as a Markdown table. */
export function printTable(title: string, figures: readonly Figure[]): void {
  const rows = [
    ['what', 'measured', 'against', 'ratio', 'goal', ''],
    ...figures.map(figure => [
      figure.what,
      figure.measured,
      figure.against,
      formatRatio(figure.ratio),
      formatGoal(figure),
      verdict(figure),
    ]),
  ]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length))) ?? []
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head, ...body] = rows
  console.log(`\n### ${title}\n`)
  console.log(line(head ?? []))
  console.log(`|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`)
  for (const row of body) console.log(line(row))
}

/** Whether a figure reaches its goal; undefined where it has none. */
export function isMet({ ratio, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined
  return 'atMost' in goal ? ratio <= goal.atMost : ratio >= goal.atLeast
}

/** Nanoseconds for people. */
export function formatNs(ns: number): string {
  if (ns < 1_000) return `${ns.toFixed(0)} ns`
  return ns < 1_000_000 ? `${(ns / 1_000).toFixed(2)} us` : `${(ns / 1_000_000).toFixed(2)} ms`
}

function formatRatio(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 2 : 0)}x`
}

function formatGoal({ goal }: Figure): string {
  if (goal === undefined) return ''
  return 'atMost' in goal ? `at most ${goal.atMost}x` : `at least ${goal.atLeast}x`
}

function verdict(figure: Figure): string {
  const met = isMet(figure)
  return met === undefined ? '' : met ? 'met' : 'NOT MET'
}
