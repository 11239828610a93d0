/**
 * The command line, which the executable main.cjs runs. `call` must start about as quickly as Node itself, so it is built
 * into one file with this one, and nothing else is: the other commands, which load yargs, are a module beside it.
 */
import { PIPES } from '../invoke/pipes.ts'
import { run as call } from './call/lean.ts'
import { nounOf } from './options.ts'

async function main(words: readonly string[]): Promise<number> {
  if (nounOf(words) !== 'call') return (await import('./program.ts')).run(words)
  PIPES.prepare()
  return call(words)
}

main(process.argv.slice(2)).then((status) => process.exit(status))
