import type { Progress as State } from '../../conformance/runner.ts'
import { hasColour } from '../render/style.ts'
import type { Session } from '../session.ts'

const WIDTH = 30

/** A progress bar on standard error, where that is a terminal. */
export class Progress {
  readonly #isShown: boolean

  constructor({ options }: Pick<Session, 'options'>) {
    this.#isShown = !options.json && hasColour(process.stderr)
  }

  show({ judged, of, id }: State): void {
    if (!this.#isShown) return
    const full = Math.round((WIDTH * judged) / of)
    const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full)
    process.stderr.write(`\r${bar} ${judged}/${of} ${id}\u001b[K`)
  }

  end(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K')
  }
}
