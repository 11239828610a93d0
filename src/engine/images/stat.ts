/** SRs and volumes as the interface describes them. */
import { statSync } from 'node:fs'
import type { Result } from '../../contract/methods.ts'
import { allocatedBytes, type Space, spaceOf } from '../space.ts'
import { type SrStat, srStat } from '../sr/health.ts'
import { DamagedFileError } from '../sr/record-file.ts'
import type { Identity } from './identity.ts'
import { imageSizes } from './image.ts'
import { changesFile, imageName, isKey, readContents, volumeKeys } from './layout.ts'
import { findMetadata, formatOf, hasData, type Metadata, readMetadata } from './metadata.ts'
import type { Repository } from './repository.ts'
import { sizeOf } from './tracking.ts'

type Volume = Result<'Volume.stat'>

/**
 * The record of an SR that is there.
 * @param work what it is busy with, if anything
 * @param space that of the directory's file system unless given
 */
export function describeSr(
  sr: string,
  directory: string,
  identity: Identity,
  work?: string,
  space: Space = spaceOf(directory),
): SrStat {
  const { uuid, name, description } = identity
  const { free, total } = space
  return srStat(
    { sr, uuid, name, description, free_space: free, total_space: total },
    identity.destroying ? 'being destroyed; repeat SR.destroy to finish it' : work,
  )
}

/**
 * The record of a volume.
 * @throws PluginError Volume_does_not_exist
 * @throws DamagedFileError
 */
export function describeVolume(repository: Repository, key: string): Volume {
  const metadata = readMetadata(repository.directory, key)
  const { name, description, read_write, sharable, cbt, keys } = metadata
  return {
    key,
    // An ISO image has no identity beside its name.
    ...(isKey(key) ? { uuid: key } : {}),
    name,
    description,
    read_write,
    sharable,
    ...(hasData(metadata) ? describeImage(repository, key, metadata) : describeRecord(repository, key, metadata)),
    keys: { ...keys },
    ...(cbt === undefined ? {} : { volume_type: volumeType(metadata), cbt_enabled: true }),
  }
}

type Place = Pick<Volume, 'virtual_size' | 'physical_utilisation' | 'uri'>

function describeImage(repository: Repository, key: string, metadata: Metadata): Place {
  const { directory } = repository
  const { virtual, allocated } = imageSizes(directory, key, metadata)
  return {
    virtual_size: virtual,
    physical_utilisation: allocated,
    uri: [repository.imageUri(imageName(key, formatOf(metadata)))],
  }
}

/** Of a volume of which only the record of what it changed is left. */
function describeRecord({ directory }: Repository, key: string, metadata: Metadata): Place {
  return {
    virtual_size: sizeOf(directory, key, metadata),
    physical_utilisation: allocatedBytes(statSync(changesFile(directory, key))),
    uri: [],
  }
}

function volumeType(metadata: Metadata): NonNullable<Volume['volume_type']> {
  return hasData(metadata) ? 'Data_and_CBT_Metadata' : 'CBT_Metadata'
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
  const contents = readContents(directory)
  for (const key of [...volumeKeys(contents), ...contents.isos]) {
    try {
      volumes.push(...describePresent(repository, key))
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error
      damaged.push(error)
    }
  }
  return { volumes, damaged }
}

/** Attempts to read a volume that is there: smbnetfs says for an instant of a file that is being made that there is none. */
const ATTEMPTS = 10

/** Nothing for a volume that is not there any more. */
function describePresent(repository: Repository, key: string): readonly Volume[] {
  for (let attempt = 1; ; attempt++) {
    try {
      return [describeVolume(repository, key)]
    } catch (error) {
      if (error instanceof DamagedFileError) throw error
      if (!exists(repository.directory, key)) return []
      if (attempt === ATTEMPTS) throw error
    }
  }
}

/** By its metadata and not by its name, which an SMB server goes on listing while somebody reads a file that was removed. */
function exists(directory: string, key: string): boolean {
  return findMetadata(directory, key) !== undefined
}
