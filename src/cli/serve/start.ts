/** Whether a command line is one of the daemon, which reads its options itself. */
import { nounOf } from '../options.ts'

/** Runs a command line. */
type Program = (words: readonly string[]) => Promise<number>

/** The name of the daemon that `serve` replaces: under it, the executable takes that daemon’s command line. */
const REFERENCE = /(^|\/)xapi-storage-script$/

/** @param name the path by which the executable was started */
export async function daemonProgram(name: string, words: readonly string[]): Promise<Program | undefined> {
  if (REFERENCE.test(name)) return (await import('./xapi-storage-script.ts')).run
  if (nounOf(words) === 'serve') return (await import('./run.ts')).run
  return undefined
}
