/** The methods of changed block tracking. */
import type { Params, Result } from '../../contract/methods.ts'
import { errors } from '../../kit/index.ts'
import { BLOCK_SIZE } from '../compare.ts'
import { addLiveBitmap, removeLiveBitmap } from '../qsd/live.ts'
import { withLock } from '../sr/locks.ts'
import { blocksOf, slice } from './blocks.ts'
import { wishJob } from './coalesce-job.ts'
import type { RepositoryDriver } from './driver.ts'
import { withLocalWriter } from './layer.ts'
import { imageFile, isKey, volumeLockFile } from './layout.ts'
import { findMetadata, hasData, readMetadata, writeMetadata } from './metadata.ts'
import { hasBitmap } from './qcow2-bitmap.ts'
import { addBitmap, removeBitmap } from './qemu-img.ts'
import { openRepository, type Repository } from './repository.ts'
import {
  BITMAP,
  type Changes,
  canTrack,
  changesAtRest,
  changesNow,
  keepChanges,
  readChanges,
  sizeOf,
} from './tracking.ts'
import { changeVolume, refuseReadOnly } from './volume.ts'

/** Changes are asked for that nobody has recorded. */
export class ChangesUnknownError extends Error {
  override readonly name = 'ChangesUnknownError'
}

export function enable(driver: RepositoryDriver, { sr, key }: Params<'Volume.enable_cbt'>): Promise<void> {
  return changeVolume(driver, sr, key, async (repository, metadata, held) => {
    if (metadata.cbt !== undefined) return
    refuseReadOnly(key, metadata)
    if (!canTrack(metadata))
      throw errors.unimplemented(
        'Volume.enable_cbt',
        `only changes of qcow2 images can be tracked, and ${key} has none`,
      )
    const image = imageFile(repository.directory, key, 'qcow2')
    await withLocalWriter(repository, key, async (writer) => {
      // Of a call that was killed before it said so in the metadata.
      if (writer !== undefined) {
        await removeLiveBitmap(writer, BITMAP)
        await addLiveBitmap(writer, BITMAP, BLOCK_SIZE)
      } else {
        if (hasBitmap(image, BITMAP)) removeBitmap(image, BITMAP, held)
        addBitmap(image, BITMAP, held)
      }
    })
    writeMetadata(repository.directory, key, { ...metadata, cbt: {} })
  })
}

export function disable(driver: RepositoryDriver, { sr, key }: Params<'Volume.disable_cbt'>): Promise<void> {
  return changeVolume(driver, sr, key, async (repository, metadata, held) => {
    const { cbt, ...rest } = metadata
    if (cbt === undefined) return
    refuseReadOnly(key, metadata)
    const image = imageFile(repository.directory, key, 'qcow2')
    writeMetadata(repository.directory, key, rest)
    await withLocalWriter(repository, key, async (writer) => {
      if (writer !== undefined) await removeLiveBitmap(writer, BITMAP)
      else if (hasBitmap(image, BITMAP)) removeBitmap(image, BITMAP, held)
    })
  })
}

/** Only the record of what it changed is left of a snapshot. */
export async function destroyData(driver: RepositoryDriver, { sr, key }: Params<'Volume.data_destroy'>): Promise<void> {
  const repository = await changeVolume(driver, sr, key, (repository, metadata) => {
    const { directory } = repository
    if (!hasData(metadata)) return repository
    if (metadata.cbt === undefined) throw new ChangesUnknownError(`nobody tracked the changes of ${key}`)
    if (metadata.read_write) throw new ChangesUnknownError(`${key} is no snapshot: its data are in use`)
    keepChanges(directory, key, metadata)
    writeMetadata(directory, key, { ...metadata, size_of_destroyed_data: sizeOf(directory, key, metadata) })
    return repository
  })
  await wishJob(repository, 'always')
}

/** The blocks that were written between two volumes of which the newer one descends from the older one. */
export async function listChangedBlocks(
  driver: RepositoryDriver,
  params: Params<'Volume.list_changed_blocks'>,
): Promise<Result<'Volume.list_changed_blocks'>> {
  const { sr, key, key2, offset, length } = params
  const repository = await openRepository(driver, sr)
  const { directory } = repository
  const older = sizeOf(directory, key, readMetadata(directory, key))
  const newer = sizeOf(directory, key2, readMetadata(directory, key2))
  const changed = blocksOf(newer)
  for (let at: string | undefined = key2; at !== key; ) {
    const changes: Changes | undefined = at === undefined ? undefined : await changesOf(repository, at)
    if (changes === undefined) {
      throw new ChangesUnknownError(`no changes were recorded from ${key} to ${key2}: copy the whole volume`)
    }
    changed.add(changes.blocks)
    at = changes.parent
  }
  changed.setRange(Math.floor(older / BLOCK_SIZE), changed.count)
  const first = Math.floor(Number(offset) / BLOCK_SIZE)
  const end = length < 0 ? changed.count : Math.ceil((Number(offset) + Number(length)) / BLOCK_SIZE)
  return {
    granularity: BLOCK_SIZE,
    bitmap: slice(changed, first, Math.min(Math.max(end, first), Math.max(changed.count, first))).toString('base64'),
  }
}

/** What a volume, or what is left of one, changed; undefined where nobody knows. */
async function changesOf(repository: Repository, key: string): Promise<Changes | undefined> {
  const { directory, locks, attachment } = repository
  if (!isKey(key)) return undefined
  const metadata = findMetadata(directory, key)
  if (metadata === undefined) return readChanges(directory, key)
  if (metadata.cbt === undefined) return undefined
  if (attachment.read_only) return changesAtRest(directory, key, metadata)
  return await withLock(locks, volumeLockFile(directory, key), (held) =>
    changesNow(repository, key, readMetadata(directory, key), held),
  )
}
