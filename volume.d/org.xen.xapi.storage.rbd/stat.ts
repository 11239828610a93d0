/** SRs and volumes as the interface describes them. */
import { int64 } from '../../src/contract/json.ts'
import type { Result } from '../../src/contract/methods.ts'
import { formatImageUri, formatSrUri, type SrLocation } from '../../src/engine/ceph/location.ts'
import type { CephSession } from '../../src/engine/ceph/session.ts'
import { type SrStat, srStat } from '../../src/engine/sr/health.ts'
import { DamagedFileError } from '../../src/engine/sr/record-file.ts'
import { errors } from '../../src/kit/index.ts'
import { type Identity, parseVolume, VOLUMES, type Volume } from './records.ts'
import { listRecords } from './transaction.ts'

type Description = Result<'Volume.stat'>

/**
 * The record of an SR that is there.
 * @param work what the job in the background is at
 */
export async function describeSr(
  session: CephSession,
  location: SrLocation,
  identity: Identity,
  work?: string,
): Promise<SrStat> {
  const space = await session.request('space', { pool: location.pool })
  const stat = srStat(
    {
      sr: formatSrUri(location),
      uuid: identity.uuid,
      name: identity.name,
      description: identity.description,
      free_space: space?.free ?? 0,
      total_space: space?.total ?? 0,
    },
    identity.destroying ? 'being destroyed; repeat SR.destroy to finish it' : work,
  )
  if (space !== null || stat.health[0] !== 'Healthy') return stat
  return { ...stat, health: ['Healthy', 'how much space there is is not known: the cluster has no manager daemon'] }
}

/** A volume that is there. */
export interface KeyedVolume extends Volume {
  readonly key: string
}

/** The records of volumes, with the space that each uses. */
export async function describeVolumes(
  session: CephSession,
  location: SrLocation,
  volumes: readonly KeyedVolume[],
): Promise<Description[]> {
  const points = volumes.map(({ image_id, snapshot_id, size }) => [image_id, snapshot_id ?? null, size] as const)
  const usage = await session.request('usage', { points })
  return volumes.map((volume, index) => describe(location, volume, usage[index] ?? 0))
}

/** The record of one volume. */
export async function describeVolume(
  session: CephSession,
  location: SrLocation,
  key: string,
  volume: Volume,
): Promise<Description> {
  const [description] = await describeVolumes(session, location, [{ ...volume, key }])
  if (description === undefined) throw errors.volumeDoesNotExist(key)
  return description
}

function describe(location: SrLocation, volume: KeyedVolume, usage: number): Description {
  const { key, image, snapshot, data_destroyed } = volume
  return {
    key,
    uuid: key,
    name: volume.name,
    description: volume.description,
    read_write: volume.read_write,
    sharable: volume.sharable,
    virtual_size: int64(BigInt(volume.size)),
    physical_utilisation: int64(BigInt(usage)),
    uri: data_destroyed ? [] : [formatImageUri(location, image, snapshot)],
    keys: { ...volume.keys },
    volume_type: data_destroyed ? 'CBT_Metadata' : 'Data',
    cbt_enabled: volume.cbt_enabled,
  }
}

/** The volumes of an SR: those whose records can be read, and the errors of those that cannot. */
export interface Volumes {
  readonly volumes: readonly KeyedVolume[]
  readonly damaged: readonly Error[]
}

export async function readVolumes(session: CephSession): Promise<Volumes> {
  const volumes: KeyedVolume[] = []
  const damaged: Error[] = []
  for (const [key, text] of await listRecords(session, VOLUMES)) {
    try {
      const volume = parseVolume(key, text)
      if (!volume.destroying) volumes.push({ ...volume, key })
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error
      damaged.push(error)
    }
  }
  return { volumes, damaged }
}
