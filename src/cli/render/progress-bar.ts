/** Cells of a bar at most; what is wider is harder to read. */
const WIDEST = 60

/** One line of a terminal that shows how far something is, and is gone when it is over. */
export class ProgressBar {
  readonly #print: (text: string) => unknown
  readonly #columns: number
  #shown = false

  constructor(print: (text: string) => unknown, columns = 80) {
    this.#print = print
    this.#columns = columns
  }

  /** @param part of one; what is more or less is taken for all or nothing */
  show(part: number, label: string): void {
    this.#shown = true
    this.#print(`\r${barOf(part, label, this.#columns)}\u001b[K`)
  }

  remove(): void {
    if (this.#shown) this.#print('\r\u001b[K')
    this.#shown = false
  }
}

/** A bar and its label, which fit into so many columns as long as the label does. */
export function barOf(part: number, label: string, columns: number): string {
  const cells = Math.max(0, Math.min(WIDEST, columns - label.length - 4))
  const full = Math.round(cells * Math.min(1, Math.max(0, part)))
  return cells === 0 ? label : `[${'#'.repeat(full)}${'-'.repeat(cells - full)}] ${label}`
}
