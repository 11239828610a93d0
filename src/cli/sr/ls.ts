import type { AttachedSr } from '../../host/attached-srs.ts'
import { answer } from '../answer.ts'
import { table } from '../render/table.ts'
import { verb } from '../verb.ts'
import { volumesOf } from '../volume/ls.ts'

export const ls = verb({
  command: 'ls [sr]',
  summary: 'List the attached SRs, or the volumes of one',
  takes: (yargs) =>
    yargs.positional('sr', { type: 'string', describe: 'Attached SR whose volumes to list: its uuid or unique name' }),
  run: async ({ sr }, session) => {
    if (sr !== undefined) return volumesOf(sr, session)
    const attached = session.host.srs.attached()
    return answer(
      attached.map(({ uuid, plugin, sr }) => ({ uuid, plugin, sr })),
      () => textOf(attached),
    )
  },
})

function textOf(attached: readonly AttachedSr[]): string {
  if (attached.length === 0) return 'No SR is attached. Create one with smapiv3 sr create, or attach one.'
  const rows = attached.map(({ uuid, name, plugin, sr }) => [uuid, name, plugin, sr])
  return table(['UUID', 'NAME', 'PLUGIN', 'HANDLE'], rows)
}
