/** Where SRs can be made: the configuration given, with a different word for `{sr}` each time. */
import { NotApplicable } from './violation.ts'

export type Configuration = Readonly<Record<string, string>>

const VARIABLE = '{sr}'
const REMEDY = `put ${VARIABLE} where a --config value differs from SR to SR, such as uri=file:///srv/scratch/${VARIABLE}`

export class Places {
  /** As it was given. */
  readonly template: Configuration
  readonly #name: string
  #made = 0
  #free: Promise<void> = Promise.resolve()

  constructor(template: Configuration, name: string) {
    this.template = template
    this.#name = name
  }

  /** Whether there can be several SRs at the same time. */
  get isMany(): boolean {
    return Object.values(this.template).some((value) => value.includes(VARIABLE))
  }

  /** @throws NotApplicable where there is room for one SR only */
  requireMany(): void {
    if (!this.isMany) throw new NotApplicable('needs room for two SRs', REMEDY)
  }

  /** A place of one's own; where there is only one it is waited for. */
  async take(): Promise<{ readonly configuration: Configuration; readonly release: () => void }> {
    if (this.isMany) return { configuration: this.another(), release: () => {} }
    const before = this.#free
    let release: () => void = () => {}
    this.#free = new Promise((resolve) => {
      release = resolve
    })
    await before
    return { configuration: this.template, release }
  }

  /** A configuration that leads nowhere, like one that was mistyped. */
  missing(): Configuration {
    const suffix = this.isMany ? '' : '-smapiv3-missing'
    return Object.fromEntries(Object.entries(this.another()).map(([key, value]) => [key, value + suffix]))
  }

  /** A configuration that leads nowhere so far. */
  another(): Configuration {
    this.#made += 1
    const word = `${this.#name}-${this.#made}`
    const entries = Object.entries(this.template).map(([key, value]) => [key, value.replaceAll(VARIABLE, word)])
    return Object.fromEntries(entries)
  }
}
