/** What starting a bundled plugin costs beside starting Node.js at all. */
import { join } from 'node:path'
import { PARAMS, REPOSITORY } from './bench.ts'
import { type Figure, milliseconds, ratio } from './figure.ts'
import { inTurn, medianOf, NODE, run } from './measure.ts'

const ROUNDS = 41

export function pluginStart(): Figure[] {
  const query = join(REPOSITORY, 'volume.d', 'org.xen.xapi.storage.file', 'Plugin.query')
  const times = inTurn(
    ROUNDS,
    () => run([query, '--json'], PARAMS),
    () => run(NODE),
  )
  return [
    {
      what: 'Plugin.query of a bundled plugin',
      median: milliseconds(medianOf(times, (plugin) => plugin)),
      ratio: ratio(medianOf(times, (plugin, node) => plugin / node)),
      peer: `node -e 0: ${milliseconds(medianOf(times, (_, node) => node))}`,
    },
  ]
}
