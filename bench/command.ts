/** What one call from the command line costs beside starting Node.js at all. */
import { type Bench, COMMAND, PARAMS } from './bench.ts'
import { type Figure, milliseconds, ratio } from './figure.ts'
import { inTurn, medianOf, NODE, run } from './measure.ts'

const ROUNDS = 41

export function command({ root, stateDirectory, script }: Bench): Figure[] {
  const call = [process.execPath, COMMAND, '--root', root, '--state-dir', stateDirectory, 'call', 'bench'] as const
  const times = inTurn(
    ROUNDS,
    () => run([...call, 'Plugin.diagnostics']),
    () => run(NODE),
    () => run([script, '--json'], PARAMS),
  )
  return [
    {
      what: 'smapiv3 call, C plugin; ratio without the plugin',
      median: milliseconds(medianOf(times, (whole) => whole)),
      ratio: ratio(medianOf(times, (whole, node, plugin) => (whole - plugin) / node)),
      peer: `node -e 0: ${milliseconds(medianOf(times, (_, node) => node))}`,
    },
  ]
}
