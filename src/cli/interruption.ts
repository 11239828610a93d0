import { setMaxListeners } from 'node:events'
import { constants } from 'node:os'
import { Smapiv3Error } from '../contract/errors.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Seconds in which a second signal is taken for the first: npm passes on what the terminal sends to both. */
const SAME = 1

/**
 * Ctrl-C and its relatives: the first one cancels what runs, which kills the script and undoes what was done half way; a
 * later one ends the process at once.
 */
export class Interruption {
  readonly #controller = new AbortController()
  readonly #listener = (name: NodeJS.Signals) => this.#interrupt(name)
  #at: number | undefined
  /** 128 and the number of the signal, as a shell says it; undefined where none came. */
  exitStatus: number | undefined

  constructor() {
    // As many calls as there are at once wait for it.
    setMaxListeners(0, this.#controller.signal)
    for (const name of SIGNALS) process.on(name, this.#listener)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  stop(): void {
    for (const name of SIGNALS) process.off(name, this.#listener)
  }

  #interrupt(name: NodeJS.Signals): void {
    if (this.#at === undefined) {
      this.#at = performance.now()
      this.exitStatus = 128 + constants.signals[name]
      this.#controller.abort(new Smapiv3Error('CANCELLED', `interrupted by ${name}`))
    } else if (performance.now() - this.#at > SAME * 1000) {
      process.exit(this.exitStatus)
    }
  }
}
