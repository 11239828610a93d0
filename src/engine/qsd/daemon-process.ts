/**
 * The processes of qemu-storage-daemon, found in /proc. A daemon is recognised by its command line, which names its own
 * QMP socket: a pid that was given to another process in the meantime is never taken for it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from '../storage-error.ts'

/** Milliseconds between two looks at something that is about to happen. */
const INTERVAL = 2

/** Milliseconds in which a process that is ending comes to its end, unless storage that does not answer keeps it. */
const MOMENT = 1_000

/** A flag of the kernel's: a process is ending (PF_EXITING). */
const ENDING = 0x4

/** The argument that makes a daemon listen for QMP on a socket. */
export function qmpArgument(socket: string): string {
  return `socket,id=qmp,path=${socket},server=on,wait=off`
}

/** Whether the process runs and is the daemon of this QMP socket. */
export function isDaemon(pid: number, socket: string): boolean {
  // A process that has ended and was not waited for has an empty command line.
  return commandLine(pid).includes(qmpArgument(socket))
}

/** The daemon of a QMP socket, found by looking at every process; for when its directory was removed. */
export function findDaemon(socket: string): number | undefined {
  return findProcess(qmpArgument(socket))
}

/** A process that has these very arguments on its command line. */
export function findProcess(...wanted: readonly string[]): number | undefined {
  return readdirSync('/proc')
    .map(Number)
    .find((pid) => {
      if (!Number.isInteger(pid)) return false
      const line = commandLine(pid)
      return wanted.every((argument) => line.includes(argument))
    })
}

/**
 * Ends a daemon: SIGTERM, at which it flushes every disk, and SIGKILL where that takes longer than the patience.
 * @param patience milliseconds for each signal
 */
export async function endDaemon(
  pid: number,
  socket: string,
  patience: number,
  signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGKILL'],
): Promise<void> {
  for (const signal of signals) {
    if (!isDaemon(pid, socket)) return
    sendSignal(pid, signal)
    if (await waitUntil(() => !isDaemon(pid, socket), patience)) return
  }
  throw new Error(`qemu-storage-daemon (process ${pid}) does not end: it waits for storage that does not answer`)
}

/**
 * Waits until a process has let go of what it had, though not for long. One that ends has no command line any more, and still
 * for a moment its files locked, its sockets and its mounts.
 */
export async function lettingGo(pid: number): Promise<void> {
  await waitUntil(() => !isEnding(pid), MOMENT)
}

function isEnding(pid: number): boolean {
  try {
    // The name, in parentheses, may hold anything; the ninth field has the flags.
    const [, state = '', flags = '0'] =
      /^\d+ \(.*\) (\S)(?: -?\d+){5} (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    if ((Number(flags) & ENDING) === 0) return false
    // One that nobody has waited for has nothing, once its other threads have ended as well.
    return !'ZX'.includes(state) || readdirSync(`/proc/${pid}/task`).length > 1
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errnoOf(error) ?? '')) return false
    throw error
  }
}

/** Waits for a condition; whether it came true within so many milliseconds. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, patience: number): Promise<boolean> {
  const end = Date.now() + patience
  for (;;) {
    if (await condition()) return true
    if (Date.now() > end) return false
    await sleep(INTERVAL)
  }
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(errnoOf(error) ?? '')) return []
    throw error
  }
}

/** Sends a signal to a process, which may have ended. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}
