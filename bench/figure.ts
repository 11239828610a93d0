import Table from 'cli-table3'

/** One line of the report. */
export interface Figure {
  readonly what: string
  /** With its unit. */
  readonly median: string
  /** To the peer, as the description of the figure says. */
  readonly ratio: string
  /** What it is compared with, measured in turn in the same run. */
  readonly peer: string
}

export function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} ms`
}

export function ratio(value: number): string {
  return value.toFixed(2)
}

export function tableOf(figures: readonly Figure[]): string {
  const table = new Table({
    head: ['figure', 'median', 'ratio', 'peer'],
    style: { head: [], border: [], compact: true },
  })
  for (const { what, median, ratio, peer } of figures) table.push([what, median, ratio, peer])
  return table.toString()
}
