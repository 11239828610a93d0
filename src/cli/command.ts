/**
 * The command line, which the executable main.cjs runs. `call` must start about as quickly as Node itself, so it is built
 * into one file with this one, and nothing else is: the other commands, which load yargs, are a script beside it.
 */
import { ERRORS } from '../contract/errors.ts'
import { PIPES } from '../invoke/pipes.ts'
import { run as call } from './call/lean.ts'
import { nounOf } from './options.ts'

async function main(words: readonly string[]): Promise<number> {
  if (nounOf(words) !== 'call') return (await import('./program.ts')).run(words)
  PIPES.prepare()
  return call(words)
}

/**
 * Node ends a process with status 0 when it has nothing left to wait for, although a promise is open: a defect, and what was
 * asked for is not done.
 */
function endedEarly(): void {
  if (process.exitCode !== undefined) return
  process.stderr.write('smapiv3: INTERNAL: ended before it was done, with nothing left to wait for\n')
  process.exitCode = ERRORS.INTERNAL.exitStatus
}

process.once('exit', endedEarly)
main(process.argv.slice(2)).then((status) => {
  process.off('exit', endedEarly)
  process.exit(status)
})
