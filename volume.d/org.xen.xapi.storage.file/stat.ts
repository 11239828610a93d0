/** SRs and volumes as the interface describes them. */
import { int64 } from '../../src/contract/json.ts'
import type { Result } from '../../src/contract/methods.ts'
import { formatFileUri } from '../../src/engine/file-uri.ts'
import { allocatedBytes, spaceOf } from '../../src/engine/space.ts'
import type { Attachment } from './attachment.ts'
import type { Identity } from './identity.ts'
import { statImage } from './image.ts'
import { DamagedFileError } from './json-file.ts'
import { imageFile, readContents, volumeKeys } from './layout.ts'
import { readMetadata } from './metadata.ts'

type SrStat = Result<'SR.stat'>
type Volume = Result<'Volume.stat'>

/** The record of an SR that is there. */
export function describeSr(sr: string, directory: string, identity: Identity): SrStat {
  const { free, total } = spaceOf(directory)
  return {
    sr,
    uuid: identity.uuid,
    name: identity.name,
    description: identity.description,
    free_space: free,
    total_space: total,
    datasources: [],
    clustered: false,
    health: identity.destroying ? ['Recovering', 'being destroyed; repeat SR.destroy to finish it'] : ['Healthy', ''],
  }
}

/** The record of an attached SR whose directory cannot be used: it may come back, so the call itself succeeds. */
export function describeUnreachableSr({ sr, uuid }: Attachment, reason: unknown): SrStat {
  return {
    sr,
    uuid,
    name: '',
    description: '',
    free_space: 0,
    total_space: 0,
    datasources: [],
    clustered: false,
    health: ['Unreachable', reason instanceof Error ? reason.message : String(reason)],
  }
}

/**
 * The record of a volume.
 * @throws PluginError Volume_does_not_exist
 * @throws DamagedFileError
 */
export function describeVolume(directory: string, key: string): Volume {
  const metadata = readMetadata(directory, key)
  const image = statImage(directory, key)
  return {
    key,
    uuid: key,
    name: metadata.name,
    description: metadata.description,
    read_write: metadata.read_write,
    sharable: metadata.sharable,
    virtual_size: int64(image.size),
    physical_utilisation: allocatedBytes(image),
    uri: [formatFileUri(imageFile(directory, key))],
    keys: { ...metadata.keys },
  }
}

/** The volumes of a directory: those that can be read, and the errors of those that cannot. */
export interface Volumes {
  readonly volumes: readonly Volume[]
  readonly damaged: readonly Error[]
}

/** Reads all volumes; one that is destroyed meanwhile is left out. */
export function describeVolumes(directory: string): Volumes {
  const volumes: Volume[] = []
  const damaged: Error[] = []
  for (const key of volumeKeys(readContents(directory))) {
    try {
      volumes.push(describeVolume(directory, key))
    } catch (error) {
      if (error instanceof DamagedFileError) damaged.push(error)
      else if (exists(directory, key)) throw error
    }
  }
  return { volumes, damaged }
}

function exists(directory: string, key: string): boolean {
  return readContents(directory).volumes.get(key)?.has('.json') ?? false
}
