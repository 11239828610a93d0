/**
 * Tells systemd how the daemon is (sd_notify). Node has no datagram sockets of the Unix family, so systemd-notify sends
 * what a small shell reads; the unit must allow it with NotifyAccess=all.
 */
import { startShell } from '../../invoke/spawn.ts'
import type { Log } from '../log.ts'

const RELAY = 'while IFS= read -r state; do systemd-notify "$state" || echo "$state was not sent"; done'

export interface SupervisorEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined
  /** Microseconds in which the watchdog wants a sign of life. */
  readonly WATCHDOG_USEC?: string | undefined
}

export class Supervisor {
  readonly #write: (line: string) => void
  readonly #end: () => void
  #watchdog: NodeJS.Timeout | undefined

  private constructor(write: (line: string) => void, end: () => void) {
    this.#write = write
    this.#end = end
  }

  /** Where systemd does not listen, nothing is told. */
  static async find(log: Log, environment: SupervisorEnvironment = process.env): Promise<Supervisor> {
    if (!environment.NOTIFY_SOCKET) return new Supervisor(nothing, nothing)
    try {
      const shell = await startShell(RELAY, [])
      shell.stdout.on('data', (text: Buffer) => log('warn', { notify: String(text).trim() }, 'systemd was not told'))
      return new Supervisor(
        (line) => shell.stdin.write(`${line}\n`),
        () => shell.stdin.end(),
      )
    } catch (error) {
      log('warn', { error: (error as Error).message }, 'systemd is told nothing')
      return new Supervisor(nothing, nothing)
    }
  }

  /** From now on the watchdog gets its signs of life, as often as the event loop turns. */
  ready(status: string, { WATCHDOG_USEC }: SupervisorEnvironment = process.env): void {
    this.#write('READY=1')
    this.status(status)
    const microseconds = Number(WATCHDOG_USEC)
    if (microseconds > 0) this.#watchdog = setInterval(() => this.#write('WATCHDOG=1'), microseconds / 2000).unref()
  }

  status(text: string): void {
    this.#write(`STATUS=${text.replaceAll('\n', ' ')}`)
  }

  /** The watchdog goes on, as stopping may take its time. */
  stopping(): void {
    this.#write('STOPPING=1')
  }

  close(): void {
    clearInterval(this.#watchdog)
    this.#end()
  }
}

function nothing(): void {}
