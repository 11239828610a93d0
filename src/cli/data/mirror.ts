import { verb } from '../verb.ts'
import { nameOf } from './operation.ts'
import { run, WAITING } from './run.ts'
import { sourceFrom, takesSource } from './source.ts'

export const mirror = verb({
  command: 'mirror <source> [key]',
  summary: 'Mirror an activated disk: all of it, and every write from now on; wait until both are the same',
  details: `A mirror in sync goes on until it is cancelled or the disk is deactivated. ${WAITING}`,
  examples: [
    ['data mirror images KEY --to nbd://host/disk', 'a volume that `disk attach` has made usable'],
    [
      'data mirror file:///srv/disk.qcow2 --to "nbd+unix:///disk?socket=/run/s" --no-wait',
      'by its URI, in the background',
    ],
  ],
  takes: takesSource,
  run: ({ source, key, to, domain, ...flags }, session) => {
    const request = { ...session.call, source: sourceFrom(source, key), domain, remote: to }
    const done = (mirrored: Parameters<typeof nameOf>[0]) =>
      `In sync; every write goes to both until \`smapiv3 data destroy ${mirrored.datapath} ${nameOf(mirrored)}\`.`
    return run(request, { wait: flags['no-wait'] !== true, done }, session)
  },
})
