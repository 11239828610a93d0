/** The executable. `call` must start about as quickly as Node itself, so nothing else is imported on its way. */
import { nounOf } from './options.ts'

const words = process.argv.slice(2)
const { run } = nounOf(words) === 'call' ? await import('./call/lean.ts') : await import('./program.ts')
process.exit(await run(words))
