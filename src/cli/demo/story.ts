/** The way from an SR to the bytes of a volume and back. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Host } from '../../host/host.ts'
import { undoneOnFailure } from '../../host/undo.ts'
import { implementationsText } from '../disk/attach.ts'
import { table } from '../render/table.ts'
import type { Session } from '../session.ts'
import { formatSize, parseSize } from '../size.ts'
import type { Narrator } from './narrator.ts'
import { writeAndReadBack } from './pattern.ts'

const PLUGIN = 'file'
const SIZE = '1GiB'

/** Needs no tools but those of every system. */
const FORMAT = 'raw'

/** What the story came to, for machines. */
export interface Told {
  readonly plugins: readonly string[]
  readonly uuid: string
  readonly volume: object
  readonly datapath: string
  readonly uri: string
  readonly implementations: readonly unknown[]
  readonly written_to: string
}

/**
 * Tells and does it all below a directory that the caller removes.
 * @throws the error of the step that failed, after what was done is undone
 */
export async function story(directory: string, narrator: Narrator, session: Session): Promise<Told> {
  const { roots } = session.options
  const onWarning = (message: string) => session.log.write('warn', message)
  const stateDirectory = join(directory, 'state')
  const host = new Host({ roots, stateDirectory, onWarning })
  try {
    narrator.tell(`Everything happens in ${directory}; type the commands with SMAPIV3_STATE_DIR set to keep it so.`)
    return await undoneOnFailure((onFailure) => tell(host, join(directory, 'sr'), narrator, session, onFailure))
  } finally {
    host.close()
  }
}

async function tell(
  host: Host,
  place: string,
  narrator: Narrator,
  { call }: Session,
  onFailure: (undo: () => Promise<unknown>) => void,
): Promise<Told> {
  narrator.step('The plugins found', 'plugin', 'ls')
  const { plugins } = await host.plugins()
  narrator.tell(
    table(
      ['KIND', 'NAME', 'STATUS'],
      plugins.map(({ kind, name, status }) => [kind, name, status]),
    ),
  )

  await mkdir(place)
  const uri = pathToFileURL(place).href
  const settings = [`uri=${uri}`, `format=${FORMAT}`]
  narrator.step('A storage repository', 'sr', 'create', PLUGIN, ...settings, '--name', 'demo', '--attach')
  const created = await host.srs.create({ plugin: PLUGIN, configuration: { uri, format: FORMAT }, name: 'demo' }, call)
  const { uuid } = created
  onFailure(() => destroyed(host, { plugin: PLUGIN, ...created }))
  await host.srs.attach({ plugin: PLUGIN, ...created }, call)
  narrator.tell(`SR ${uuid} is attached.`)

  narrator.step('A volume in it', 'volume', 'create', 'demo', 'disk', SIZE)
  const params = { name: 'disk', description: '', size: parseSize(SIZE), sharable: false }
  const volume = await host.volumes.call('Volume.create', uuid, params, call)
  const { key } = volume
  narrator.tell(
    `Volume ${key} has ${formatSize(volume.virtual_size)} and uses ${formatSize(volume.physical_utilisation)}.`,
  )
  narrator.tell(`Its bytes are at ${volume.uri.join(', ')}.`)

  narrator.step('The disk, through the datapath plugin of the URI’s scheme', 'disk', 'attach', 'demo', key)
  onFailure(() => host.disks.disconnect(uuid, key))
  const disk = await host.disks.connect(uuid, key, call)
  for (const { uri, reason } of disk.passedOver) narrator.tell(`${uri} is passed over: ${reason}.`)
  narrator.tell(`Datapath plugin ${disk.datapath} is chosen: it serves the scheme of ${disk.uri},`)
  narrator.tell('the first URI of the volume whose scheme has a datapath plugin.')
  narrator.tell(implementationsText(disk.backend))

  narrator.step('Bytes written, and read back')
  const writtenTo = await writeAndReadBack(disk.backend, call.signal)
  narrator.tell(`A pattern went to ${writtenTo} and came back unchanged.`)

  narrator.step('And back', 'disk', 'detach', 'demo', key)
  await host.disks.disconnect(uuid, key, call)
  narrator.step('The end of the SR with everything in it', 'sr', 'destroy', 'demo')
  await host.srs.destroy(uuid, call)
  return {
    plugins: plugins.map(({ name }) => name),
    uuid,
    volume,
    datapath: disk.datapath,
    uri: disk.uri,
    implementations: disk.backend.implementations,
    written_to: writtenTo,
  }
}

/** Only an attached SR can be destroyed. */
async function destroyed(host: Host, sr: { plugin: string; uuid: string; configuration: Record<string, string> }) {
  if (host.srs.attached().length === 0) await host.srs.attach(sr)
  await host.srs.destroy(sr.uuid)
}
