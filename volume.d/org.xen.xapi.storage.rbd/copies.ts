/** The methods of class Volume whose result begins with the content of another volume. */
import type { Params, Result } from '../../src/contract/methods.ts'
import { CephError } from '../../src/engine/ceph/session.ts'
import { randomUuid } from '../../src/engine/identifiers.ts'
import { errors } from '../../src/kit/index.ts'
import { wishJob } from './flatten-job.ts'
import { isWorkLeft } from './flattening.ts'
import { collect, derive, hiddenSnapshot, recordDerived, usableImage, without, withSnapshot } from './images.ts'
import { IMAGES, ownName, stemOf, VOLUMES, type Volume } from './records.ts'
import { checkIdentity, type Repository, withRepository } from './repository.ts'
import { makeSnapshot } from './snapshots.ts'
import { describeVolume } from './stat.ts'
import { transact } from './transaction.ts'
import { readVolume, refuseReadOnly, volumeIn } from './volume.ts'
import { atWork } from './work.ts'

type Description = Result<'Volume.snapshot'>

/** Content that is not there any more: Volume.data_destroy has been called. */
export class DataDestroyedError extends Error {
  override readonly name = 'DataDestroyedError'
}

/** A copy that Ceph cannot make; the caller copies blocks through the datapath instead. */
class CopyBetweenClustersError extends Error {
  override readonly name = 'CopyBetweenClustersError'
}

export function snapshot({ sr, key }: Params<'Volume.snapshot'>): Promise<Description> {
  return withRepository(sr, async (repository) => {
    const source = await readContent(repository, key)
    const made = randomUuid()
    const volume = await (source.snapshot === undefined
      ? snapshotImage(repository, key, source, made)
      : shareSnapshot(repository, key, made))
    return describeVolume(repository.session, repository.location, made, volume)
  })
}

function snapshotImage(repository: Repository, key: string, source: Volume, made: string): Promise<Volume> {
  const { session } = repository
  const { image } = source
  const name = ownName(made)
  return atWork(repository, { snapshots: [[image, name]] }, async (work) => {
    const { id, size } = await ofVolume(key, makeSnapshot(session, image, name))
    const volume: Volume = { ...heirOf(key, source), read_write: false, size, snapshot: name, snapshot_id: id }
    await transact(session, [VOLUMES + key, IMAGES + image], async (transaction) => {
      await volumeIn(transaction, repository, key)
      const found = await usableImage(transaction, image)
      if (found === undefined) throw errors.volumeDoesNotExist(key)
      transaction.setVolume(made, volume)
      transaction.setImage(image, { ...found, volumes: { ...found.volumes, [made]: name } })
      work.end(transaction)
    })
    return volume
  })
}

/** A snapshot of a snapshot is the same one again. */
function shareSnapshot(repository: Repository, key: string, made: string): Promise<Volume> {
  return transact(repository.session, [VOLUMES + key], async (transaction) => {
    const source = await volumeIn(transaction, repository, key)
    const { image, snapshot: name = '' } = source
    const found = await usableImage(transaction, image)
    if (found === undefined) throw errors.volumeDoesNotExist(key)
    const volume = { ...source, ...heirOf(key, source) }
    transaction.setVolume(made, volume)
    transaction.setImage(image, { ...found, volumes: { ...found.volumes, [made]: name } })
    return volume
  })
}

export function clone({ sr, key }: Params<'Volume.clone'>): Promise<Description> {
  return withRepository(sr, async (repository) => {
    const { session, location } = repository
    const source = await readContent(repository, key)
    const made = randomUuid()
    const volume = await derived(repository, key, source, made, async (transaction, image, { id, size }) => {
      const fresh = { ...heirOf(key, source), read_write: true, size, image, image_id: id }
      transaction.setVolume(made, fresh)
      return fresh
    })
    return describeVolume(session, location, made, volume)
  })
}

/**
 * The volume gets another image, in one step: it has the one content or the other, never a mixture, and reverting takes
 * as long as cloning, whatever the size.
 */
export function revert({ sr, snapshot: from, key }: Params<'Volume.revert'>): Promise<void> {
  return withRepository(sr, async (repository) => {
    refuseReadOnly(key, await readVolume(repository, key))
    const source = await readContent(repository, from)
    if (from === key) return
    const before = await derived(repository, from, source, key, async (transaction, image, { id, size }) => {
      const volume = await volumeIn(transaction, repository, key)
      const old = await transaction.image(volume.image)
      if (old !== undefined) transaction.setImage(volume.image, without(old, key))
      const { root } = source
      transaction.setVolume(key, { ...volume, image, image_id: id, size, origin: from, root })
      return volume.image
    })
    const { session } = repository
    const isWished = await atWork(repository, {}, async () => {
      const needed = await collect(session, before)
      return needed !== undefined && (await isWorkLeft(session, needed))
    })
    if (isWished) await wishJob(sr)
  })
}

/** A copy that shares nothing with its source. */
export function copy({ sr, key, dest_sr }: Params<'Volume.copy'>): Promise<Description> {
  return withRepository(sr, (repository) =>
    withRepository(dest_sr, async (destination) => {
      if (repository.session.fsid !== destination.session.fsid) {
        throw new CopyBetweenClustersError(`${sr} and ${dest_sr} are in different Ceph clusters: copy the blocks`)
      }
      const source = await readContent(repository, key)
      const made = randomUuid()
      const image = ownName(made)
      const hidden = hiddenSnapshot(made)
      const { pool, namespace } = destination.location
      const { session } = destination
      const volume = await atWork(destination, { images: [image] }, async (work) => {
        const { id, size } = await atWork(repository, hiddenPlan(source, hidden), () =>
          ofVolume(
            key,
            withSnapshot(repository.session, source, hidden, (name) =>
              repository.session.request('copy', {
                ...{ image: source.image, snapshot: name },
                ...{ pool, namespace, copy: image },
              }),
            ),
          ),
        )
        const fresh: Volume = { ...heirOf(key, source), read_write: true, size, image, image_id: id }
        await transact(session, [], async (transaction) => {
          checkIdentity(destination, await transaction.identity())
          transaction.setVolume(made, fresh)
          transaction.setImage(image, { id, volumes: { [made]: '' }, children: [], depth: 0 })
          work.end(transaction)
        })
        return fresh
      })
      return describeVolume(session, destination.location, made, volume)
    }),
  )
}

/**
 * Makes an image with the content of a volume for another one.
 * @param record writes the volume's record, in the transaction that makes the image its own
 */
function derived<T>(
  repository: Repository,
  key: string,
  source: Volume,
  made: string,
  record: (
    transaction: Parameters<Parameters<typeof transact>[2]>[0],
    image: string,
    derived: Awaited<ReturnType<typeof derive>>,
  ) => Promise<T>,
): Promise<T> {
  const { session } = repository
  const id = randomUuid()
  const image = ownName(id)
  const stem = stemOf(image)
  return atWork(repository, { images: [image], ...hiddenPlan(source, stem) }, async (work) => {
    const above = await transact(session, [], (transaction) => transaction.image(source.image))
    if (above === undefined) throw errors.volumeDoesNotExist(key)
    const fresh = await ofVolume(key, derive(repository, source, above.depth, image, stem))
    return transact(session, [IMAGES + source.image, VOLUMES + made], async (transaction) => {
      checkIdentity(repository, await transaction.identity())
      // A snapshot stays for a child that is recorded as long as it is a volume.
      if (source.snapshot !== undefined) await volumeIn(transaction, repository, key)
      const result = await record(transaction, image, fresh)
      if (!(await recordDerived(transaction, image, made, fresh))) throw errors.volumeDoesNotExist(key)
      work.end(transaction)
      return result
    })
  })
}

function hiddenPlan({ image, snapshot }: Volume, hidden: string) {
  return snapshot === undefined ? { snapshots: [[image, hidden] as const] } : {}
}

/** A volume whose content can be read. */
async function readContent(repository: Repository, key: string): Promise<Volume> {
  const volume = await readVolume(repository, key)
  if (!volume.data_destroyed) return volume
  throw new DataDestroyedError(`the content of ${key} was given up by Volume.data_destroy`)
}

/** What a volume inherits: not what Volume.set stored. */
function heirOf(key: string, source: Volume) {
  const { name, description, sharable, size, image, image_id, root, cbt_enabled } = source
  return { name, description, sharable, keys: {}, size, image, image_id, origin: key, root, cbt_enabled }
}

/** Something of a volume's that is not there means that the volume was destroyed meanwhile. */
async function ofVolume<T>(key: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw error instanceof CephError && error.errno === 'ENOENT' ? errors.volumeDoesNotExist(key) : error
  }
}
