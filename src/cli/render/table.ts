import Table from 'cli-table3'
import { shortened } from './printable.ts'
import { bold } from './style.ts'

/** Characters of a cell that people see; `show` verbs and --json have the rest. */
const CELL = 60

const SIDES = ['top', 'bottom', 'left', 'mid', 'right'] as const
const NO_BORDER = {
  ...Object.fromEntries(SIDES.map((side) => [side, ''])),
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  'left-mid': '',
  'mid-mid': '',
  'right-mid': '',
  middle: '  ',
}

/** Aligned columns below a head. The last column is not cut. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell, column) => cut(cell, column === head.length - 1)))
  return columns([head.map((title) => bold(title)), ...cells])
}

/** Names with their values, one a line. */
export function card(entries: readonly (readonly [string, string])[]): string {
  return columns(entries.map(([name, value]) => [bold(name), cut(value, true)]))
}

function cut(cell: string, isLast: boolean): string {
  return shortened(cell, isLast ? CELL * 4 : CELL) || '-'
}

function columns(rows: readonly (readonly string[])[]): string {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 }
  const aligned = new Table({ chars: NO_BORDER, style })
  aligned.push(...rows.map((row) => [...row]))
  return aligned
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
