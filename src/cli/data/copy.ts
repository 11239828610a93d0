import type { Source } from '../../host/operations.ts'
import { option } from '../arguments.ts'
import { usage } from '../options.ts'
import type { Session } from '../session.ts'
import { verb } from '../verb.ts'
import { type Blocklist, readBlocklist, wholeDisk } from './blocklist.ts'
import { run, WAITING } from './run.ts'
import { sourceFrom, takesSource } from './source.ts'

export const copy = verb({
  command: 'copy <source> [key]',
  summary: 'Copy blocks of an activated disk, as it is now, to an NBD server',
  details: `Without --blocks the whole volume is copied. ${WAITING}`,
  examples: [
    ['data copy images KEY --to nbd://host/disk', 'all of a volume that `disk attach` has made usable'],
    [
      'volume compare images OLD NEW --json | smapiv3 data copy images NEW --to nbd://host/old --blocks -',
      'what differs',
    ],
  ],
  takes: (yargs) =>
    takesSource(yargs).option(
      'blocks',
      option('The blocks to copy, as `volume compare --json` prints them: a file, - for standard input', 'FILE'),
    ),
  run: async ({ source, key, to, domain, blocks, ...flags }, session) => {
    const from = sourceFrom(source, key)
    const blocklist = await blocklistFor(from, blocks, session)
    const request = { ...session.call, source: from, domain, remote: to, blocklist }
    return run(request, { wait: flags['no-wait'] !== true, done: () => 'The copy is complete.' }, session)
  },
})

async function blocklistFor(source: Source, file: string | undefined, { host, call }: Session): Promise<Blocklist> {
  if (file !== undefined) return readBlocklist(file, call.signal)
  if ('uri' in source) throw usage('the size of a disk that is named by its URI is not known: give --blocks')
  const { virtual_size } = await host.volumes.call('Volume.stat', source.sr, { key: source.key }, call)
  return wholeDisk(virtual_size)
}
