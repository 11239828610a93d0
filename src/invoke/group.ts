/** Process groups: every plugin leads one, so that what it started can be ended with it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { StartedProcess } from './spawn.ts'
import { within } from './wait.ts'

const POLL = 10
/** Milliseconds in which what was killed ends: on a busy machine it waits for a processor, or for what the disk still writes. */
const LONGEST_DEATH = 10_000

/**
 * Ends a process and all of its group: SIGTERM, then SIGKILL for what is still there after the grace.
 * @param grace milliseconds; with 0 SIGKILL comes at once
 * @returns whether the process itself is gone; what waits for a dead disk or server cannot be killed
 */
export async function endGroup({ pid, exited }: StartedProcess, grace: number): Promise<boolean> {
  const end = performance.now() + grace
  if (grace === 0) {
    signalGroup(pid, 'SIGKILL')
    return within(exited, LONGEST_DEATH)
  }
  signalGroup(pid, 'SIGTERM')
  await within(exited, grace)
  while (performance.now() < end && signalGroup(pid, 0)) await delay(Math.min(POLL, grace))
  signalGroup(pid, 'SIGKILL')
  return within(exited, Math.max(grace, LONGEST_DEATH))
}

/** Whether there was a group to be signalled. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Nobody is left, or only what runs as another user, which its parent's end shows.
    if (code === 'ESRCH' || code === 'EPERM') return false
    throw error
  }
}

const running = new Set<number>()

/** Has the group killed should this process exit before {@link forget} is called. */
export function remember(pid: number): void {
  if (running.size === 0) process.on('exit', killAll)
  running.add(pid)
}

export function forget(pid: number): void {
  running.delete(pid)
  if (running.size === 0) process.off('exit', killAll)
}

function killAll(): void {
  for (const pid of running) signalGroup(pid, 'SIGKILL')
}
