import { answer } from '../answer.ts'
import { SR } from '../arguments.ts'
import { table } from '../render/table.ts'
import type { Answer, Session } from '../session.ts'
import { formatSize } from '../size.ts'
import { verb } from '../verb.ts'
import type { Volume } from './show.ts'

export const ls = verb({
  command: 'ls <sr>',
  summary: 'List the volumes of an SR',
  takes: (yargs) => yargs.positional('sr', SR),
  run: ({ sr }, session) => volumesOf(sr, session),
})

/** The volumes of an SR as an answer. */
export async function volumesOf(sr: string, { host, call }: Session): Promise<Answer> {
  const volumes = await host.volumes.list(sr, call)
  return answer(volumes, () => textOf(volumes))
}

function textOf(volumes: readonly Volume[]): string {
  if (volumes.length === 0) return 'The SR has no volume.'
  const rows = volumes.map((volume) => [
    volume.key,
    volume.name,
    formatSize(volume.virtual_size),
    formatSize(volume.physical_utilisation),
    volume.read_write ? 'rw' : 'ro',
    volume.description,
  ])
  return table(['KEY', 'NAME', 'SIZE', 'USED', 'ACCESS', 'DESCRIPTION'], rows)
}
