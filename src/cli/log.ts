import { LOG_LEVELS, type LogLevel } from './options.ts'

type Level = Exclude<LogLevel, 'silent'>

/** The log on standard error. The library behind it is loaded when there is something to say. */
export class Log {
  readonly #level: LogLevel
  readonly #written: Promise<void>[] = []

  constructor(level: LogLevel) {
    this.#level = level
  }

  isOn(level: Level): boolean {
    return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(this.#level)
  }

  write(level: Level, message: string, details: object = {}): void {
    if (this.isOn(level)) this.#written.push(this.#write(level, message, details))
  }

  /** Returns when everything said so far is written. */
  async flush(): Promise<void> {
    await Promise.all(this.#written.splice(0))
  }

  async #write(level: Level, message: string, details: object): Promise<void> {
    const { logger } = await import('./logger.ts')
    logger(this.#level)[level](details, message)
  }
}
