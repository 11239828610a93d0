/** SRs and volumes as the interface describes them. */
import { basename } from 'node:path'
import { int64 } from '../../contract/json.ts'
import type { Result } from '../../contract/methods.ts'
import { allocatedBytes, spaceOf } from '../space.ts'
import { type SrStat, srStat } from '../sr/health.ts'
import { DamagedFileError } from '../sr/record-file.ts'
import type { Identity } from './identity.ts'
import { statImage } from './image.ts'
import { imageFile, readContents, volumeKeys } from './layout.ts'
import { readMetadata } from './metadata.ts'
import type { Repository } from './repository.ts'

type Volume = Result<'Volume.stat'>

/** The record of an SR that is there. */
export function describeSr(sr: string, directory: string, identity: Identity): SrStat {
  const { uuid, name, description } = identity
  const { free, total } = spaceOf(directory)
  return srStat(
    { sr, uuid, name, description, free_space: free, total_space: total },
    identity.destroying ? 'being destroyed; repeat SR.destroy to finish it' : undefined,
  )
}

/**
 * The record of a volume.
 * @throws PluginError Volume_does_not_exist
 * @throws DamagedFileError
 */
export function describeVolume(repository: Repository, key: string): Volume {
  const { directory } = repository
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
    uri: [repository.imageUri(basename(imageFile(directory, key)))],
    keys: { ...metadata.keys },
  }
}

/** The volumes of a directory: those that can be read, and the errors of those that cannot. */
export interface Volumes {
  readonly volumes: readonly Volume[]
  readonly damaged: readonly Error[]
}

/** Reads all volumes; one that is destroyed meanwhile is left out. */
export function describeVolumes(repository: Repository): Volumes {
  const { directory } = repository
  const volumes: Volume[] = []
  const damaged: Error[] = []
  for (const key of volumeKeys(readContents(directory))) {
    try {
      volumes.push(describeVolume(repository, key))
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
