import { usage } from '../options.ts'
import { verb } from '../verb.ts'
import { SERVE_OPTIONS } from './options.ts'

/** Stands in the help and the completion; {@link import('./run.ts')} runs it. */
export const serve = verb({
  command: 'serve',
  summary: 'Serve the plugins to a Xen toolstack, in the place of xapi-storage-script',
  details: `One queue of message-switch for each volume plugin, opened and closed as plugins come and go. SIGTERM takes no further
request and waits for those that run; SIGHUP looks for plugins anew. What is logged goes to standard error as JSON lines.
Started under the name xapi-storage-script, this program takes that daemon’s own options.`,
  examples: [
    ['serve --state-file /var/run/nonpersistent/xapi-storage-script/state.db', 'for a toolstack'],
    ['serve --listen /run/smapiv3.sock', 'for everybody else'],
  ],
  takes: (yargs) => yargs.options(SERVE_OPTIONS),
  run: async () => {
    throw usage('`serve` must be the first word of the command line')
  },
})
