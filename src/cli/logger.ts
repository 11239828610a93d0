import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'
import type { LogLevel } from './options.ts'
import { hasColour } from './render/style.ts'

let only: Logger | undefined

/** The logger of the process: JSON lines on standard error, or text where that is a terminal. */
export function logger(level: LogLevel): Logger {
  only ??= pino({ level, base: null }, process.stderr.isTTY ? forPeople() : pino.destination({ dest: 2, sync: true }))
  return only
}

function forPeople() {
  return pretty({ destination: 2, sync: true, colorize: hasColour(process.stderr), translateTime: 'SYS:HH:MM:ss' })
}
