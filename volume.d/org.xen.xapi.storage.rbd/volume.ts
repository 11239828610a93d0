/** The methods of class Volume that make, change and remove volumes. */
import type { Params, Result } from '../../src/contract/methods.ts'
import type { CephSession } from '../../src/engine/ceph/session.ts'
import { randomUuid } from '../../src/engine/identifiers.ts'
import { VolumeInUseError, VolumeReadOnlyError } from '../../src/engine/sr/errors.ts'
import { errors } from '../../src/kit/index.ts'
import { wishJob } from './flatten-job.ts'
import { isWorkLeft } from './flattening.ts'
import { awaitUnused, collect, without } from './images.ts'
import { IMAGES, isKey, ownName, SR_KEY, VOLUMES, type Volume } from './records.ts'
import { checkIdentity, type Repository, withRepository } from './repository.ts'
import { describeVolume } from './stat.ts'
import { readRecords, type Transaction, transact } from './transaction.ts'
import { atWork, stopFlattening } from './work.ts'

type Description = Result<'Volume.create'>

/** Bytes of which every size is a multiple: a disk has whole blocks. */
const SIZE_UNIT = 4096

/** Bytes of the largest image that Ceph keeps a map of objects for. */
const MAX_SIZE = 256_000_000 * 4 * 2 ** 20

/**
 * A volume, in a transaction on an SR that can be used.
 * @throws PluginError Volume_does_not_exist
 */
export async function volumeIn(transaction: Transaction, repository: Repository, key: string): Promise<Volume> {
  checkIdentity(repository, await transaction.identity())
  const volume = await transaction.volume(key)
  if (volume === undefined || volume.destroying) throw errors.volumeDoesNotExist(key)
  return volume
}

/** Reads a volume. */
export function readVolume(repository: Repository, key: string): Promise<Volume> {
  const ahead = isKey(key) ? [VOLUMES + key] : []
  return transact(repository.session, ahead, (transaction) => volumeIn(transaction, repository, key))
}

export function stat({ sr, key }: Params<'Volume.stat'>): Promise<Description> {
  return withRepository(sr, async (repository) =>
    describeVolume(repository.session, repository.location, key, await readVolume(repository, key)),
  )
}

export function create({ sr, name, description, size, sharable }: Params<'Volume.create'>): Promise<Description> {
  const bytes = imageSize(size)
  return withRepository(sr, (repository) => {
    const { session, location } = repository
    const key = randomUuid()
    const image = ownName(key)
    return atWork(repository, { images: [image] }, async (work) => {
      const image_id = await session.request('create', { image, size: bytes })
      const volume: Volume = {
        name,
        description,
        read_write: true,
        sharable,
        keys: {},
        size: bytes,
        image,
        image_id,
        root: key,
        cbt_enabled: false,
      }
      await transact(session, [], async (transaction) => {
        checkIdentity(repository, await transaction.identity())
        transaction.setVolume(key, volume)
        transaction.setImage(image, { id: image_id, volumes: { [key]: '' }, children: [], depth: 0 })
        work.end(transaction)
      })
      return describeVolume(session, location, key, volume)
    })
  })
}

/** Changes the record of a volume. */
export function change(sr: string, key: string, body: (volume: Volume) => Partial<Volume>): Promise<void> {
  return withRepository(sr, ({ session, ...rest }) =>
    transact(session, isKey(key) ? [VOLUMES + key] : [], async (transaction) => {
      const volume = await volumeIn(transaction, { session, ...rest }, key)
      transaction.setVolume(key, { ...volume, ...body(volume) })
    }),
  )
}

export function resize({ sr, key, new_size }: Params<'Volume.resize'>): Promise<void> {
  const size = imageSize(new_size)
  return withRepository(sr, async (repository) => {
    const before = await readVolume(repository, key)
    if (before.size === size) return
    refuseReadOnly(key, before)
    if (before.size > size) {
      throw errors.invalidSize(`shrinking is not possible: the volume has ${before.size} bytes, not ${size}`)
    }
    await atWork(repository, {}, () => grow(repository, key, size))
  })
}

async function grow(repository: Repository, key: string, size: number): Promise<void> {
  const { session } = repository
  for (;;) {
    const { image } = await readVolume(repository, key)
    const now = await session.request('grow', { image, size })
    const done = await transact(session, [VOLUMES + key], async (transaction) => {
      const volume = await volumeIn(transaction, repository, key)
      // Reverted meanwhile: it is another image now.
      if (volume.image !== image) return false
      transaction.setVolume(key, { ...volume, size: now })
      return true
    })
    if (done) return
  }
}

/** What is gone is no error; what a killed call left of it is removed. */
export function destroy({ sr, key }: Params<'Volume.destroy'>): Promise<void> {
  if (!isKey(key)) throw errors.volumeDoesNotExist(key)
  return withRepository(sr, async (repository) => {
    const [, [, text] = ['', '']] = await readRecords(repository.session, [SR_KEY, VOLUMES + key])
    if (text === '') return
    const isWished = await atWork(repository, {}, () => removeVolume(repository, key))
    if (isWished) await wishJob(sr)
  })
}

/**
 * Removes a volume, whole or half; it is no error where there is nothing.
 * @returns whether the job that flattens images has something to do
 */
export async function removeVolume(repository: Repository, key: string): Promise<boolean> {
  const { session } = repository
  const known = await transact(session, [VOLUMES + key], (transaction) => transaction.volume(key))
  if (known === undefined) return false
  const isStopped = known.snapshot === undefined && !known.destroying && (await refuseInUse(session, key, known.image))
  const image = await transact(session, [VOLUMES + key], async (transaction) => {
    const found = await transaction.volume(key)
    if (found !== undefined) transaction.setVolume(key, { ...found, destroying: true })
    return found?.image
  })
  if (image === undefined) return isStopped
  await transact(session, [IMAGES + image], async (transaction) => {
    const found = await transaction.image(image)
    if (found !== undefined) transaction.setImage(image, without(found, key))
  })
  const needed = await collect(session, image)
  await transact(session, [VOLUMES + key], async (transaction) => transaction.setVolume(key, undefined))
  return isStopped || (needed !== undefined && (await isWorkLeft(session, needed)))
}

/** @returns whether somebody was stopped who flattened the image */
async function refuseInUse(session: CephSession, key: string, image: string): Promise<boolean> {
  let isStopped = false
  const users = await awaitUnused(session, image, async () => {
    if (await stopFlattening(session, image)) isStopped = true
  })
  if (users.length === 0) return isStopped
  throw new VolumeInUseError(`${key} is in use: ${users.join(', ')} has the image ${image} open`)
}

/** @throws VolumeReadOnlyError */
export function refuseReadOnly(key: string, { read_write }: Volume): void {
  if (!read_write) throw new VolumeReadOnlyError(`${key} is a snapshot: its content and size never change; clone it`)
}

/**
 * The size of an image for a size that was asked for.
 * @throws PluginError SR_BACKEND_FAILURE_79
 */
function imageSize(size: number | bigint): number {
  if (size < 1) throw errors.invalidSize(`a volume of ${size} bytes is not possible; the smallest size is 1`)
  if (size > MAX_SIZE) throw errors.invalidSize(`${size} bytes are more than the ${MAX_SIZE} that an image can have`)
  return Math.ceil(Number(size) / SIZE_UNIT) * SIZE_UNIT
}
