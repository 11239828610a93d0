/** The jobs in the background of plugins. */
import { readFileSync } from 'node:fs'

/** Whether a process is the job of an SR with such a handle. */
export function isJobOf(pid: number, isHandle: (text: string) => boolean, argument = '--coalesce'): boolean {
  const words = commandLine(pid)
  const handle = words[words.indexOf(argument) + 1]
  return words.includes(argument) && handle !== undefined && isHandle(handle)
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
