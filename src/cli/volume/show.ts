import type { Result } from '../../contract/methods.ts'
import { redactUri } from '../../contract/redact.ts'
import { answer } from '../answer.ts'
import { shownConfiguration } from '../configuration.ts'
import { card } from '../render/table.ts'
import type { Answer } from '../session.ts'
import { formatSize } from '../size.ts'

export type Volume = Result<'Volume.stat'>

/** The record of a volume as an answer. */
export function shownVolume(volume: Volume): Answer {
  return answer(volume, () => textOf(volume))
}

function textOf(volume: Volume): string {
  const keys = Object.entries(shownConfiguration(volume.keys)).map(([key, value]) => `${key}=${value}`)
  return card([
    ['Key', volume.key],
    ...(volume.uuid === undefined ? [] : [['Uuid', volume.uuid] as const]),
    ['Name', volume.name],
    ['Description', volume.description],
    ['Size', `${formatSize(volume.virtual_size)} (${volume.virtual_size} bytes)`],
    ['Used', `${formatSize(volume.physical_utilisation)}`],
    ['Access', volume.read_write ? 'read and write' : 'read only'],
    ['Sharable', volume.sharable ? 'yes' : 'no'],
    ['Contents', volume.volume_type ?? 'Data'],
    ['Tracks changes', volume.cbt_enabled === true ? 'yes' : 'no'],
    ...volume.uri.map((uri) => ['URI', redactUri(uri)] as const),
    ...keys.map((entry) => ['Metadata', entry] as const),
  ])
}
