/** The jobs in the background of plugins whose SRs are directories of images. */
import { readFileSync } from 'node:fs'

/** Whether a process is the job of an SR with such a handle. */
export function isJobOf(pid: number, isHandle: (text: string) => boolean): boolean {
  const words = commandLine(pid)
  const handle = words[words.indexOf('--coalesce') + 1]
  return words.includes('--coalesce') && handle !== undefined && isHandle(handle)
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
