/** What a plugin tells whoever reads its stderr, beside its answer. */
import { writeOutput } from '../kit/streams.ts'

const STDERR = 2

/** Says a line. Not by process.stderr, which takes three milliseconds to make. That nobody listens is no failure. */
export function notice(line: string): void {
  try {
    writeOutput(STDERR, `${line}\n`)
  } catch {}
}
