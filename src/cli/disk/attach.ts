import type { Result } from '../../contract/methods.ts'
import type { AttachedDisk } from '../../host/disks.ts'
import { answer } from '../answer.ts'
import { DOMAIN, flag, KEY, SR } from '../arguments.ts'
import { printableLines } from '../render/printable.ts'
import { card, table } from '../render/table.ts'
import { verb } from '../verb.ts'

type Implementation = Result<'Datapath.attach'>['implementations'][number]

export const attach = verb({
  command: 'attach <sr> <key>',
  summary: 'Make a volume usable by a domain (open, attach, activate) and tell how it is reached',
  details: 'Repeating it is harmless and answers the same. What was done is undone where a step fails.',
  examples: [
    ['disk attach images KEY', 'for the control domain itself'],
    ['disk attach images KEY --domain 7 --read-only', 'for domain 7, to read'],
    ['disk attach images KEY --non-persistent', 'writes are thrown away at the end'],
  ],
  takes: (yargs) =>
    yargs
      .positional('sr', SR)
      .positional('key', KEY)
      .option('domain', DOMAIN)
      .option('read-only', flag('For reading only'))
      .option('non-persistent', flag('Writes go where they are thrown away at the end')),
  run: async ({ sr, key, domain, ...flags }, { host, call }) => {
    const request = { ...call, domain, readOnly: flags['read-only'], persistent: flags['non-persistent'] !== true }
    const disk = await host.disks.connect(sr, key, request)
    return answer(disk.backend, () => textOf(disk))
  },
})

/** The whole choice: which URI and why not those before it, its datapath, and what that says of its implementations. */
function textOf({ backend, uri, datapath, passedOver, domain, said, volume }: AttachedDisk): string {
  return [
    card([
      ['Domain', domain],
      ['Volume', volume],
      ...passedOver.map(({ uri, reason }) => ['Passed over', `${uri}: ${reason}`] as const),
      ['Datapath', `${datapath}, for ${uri}`],
    ]),
    ...printableLines(said).map((line) => `  ${line}`),
    '',
    implementationsText(backend),
  ].join('\n')
}

/** The ways to reach a disk as a table. */
export function implementationsText({ implementations }: Result<'Datapath.attach'>): string {
  return table(['IMPLEMENTATION', 'WHERE'], implementations.map(rowOf))
}

function rowOf(implementation: Implementation): [string, string] {
  switch (implementation[0]) {
    case 'XenDisk': {
      const { backend_type, params, extra } = implementation[1]
      const further = Object.entries(extra).map(([key, value]) => ` ${key}=${value}`)
      return ['XenDisk', `${backend_type} params=${params}${further.join('')}`]
    }
    case 'Nbd':
      return ['Nbd', implementation[1].uri]
    default:
      return [implementation[0], implementation[1].path]
  }
}
