/** The log of the daemon on standard error: JSON lines, with the level as journald reads it where that listens. */
import pino from 'pino'
import type { Log } from '../log.ts'

/** Levels of syslog, which journald takes from the beginning of a line. */
const PRIORITIES: Readonly<Record<number, number>> = { 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 }
const INFO = 30

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug'

/** @param isJournal whether standard error goes to journald, as it says by JOURNAL_STREAM */
export function journaldLog(level: LogLevel, isJournal = process.env.JOURNAL_STREAM !== undefined): Log {
  const stderr = pino.destination({ dest: 2, sync: true })
  // A log that nobody reads any more must not end the daemon.
  stderr.on('error', () => {})
  const stream = {
    [Symbol.for('pino.metadata')]: true,
    lastLevel: INFO,
    write(line: string) {
      stderr.write(isJournal ? `<${PRIORITIES[this.lastLevel] ?? 6}>${line}` : line)
    },
  }
  const formatters = { level: (label: string) => ({ level: label }) }
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, stream)
  return (at, fields, message) => logger[at](fields, message)
}
