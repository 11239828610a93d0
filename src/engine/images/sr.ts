/** The methods of class SR, except SR.probe. */
import { existsSync } from 'node:fs'
import type { Params, Result } from '../../contract/methods.ts'
import { errors } from '../../kit/index.ts'
import { removeFile, syncPath } from '../atomic-file.ts'
import { isAttachedHere } from '../qsd/attached.ts'
import { withWriter } from '../qsd/live.ts'
import { ConfigurationError, SrMismatchError, SrReadOnlyError, VolumeInUseError } from '../sr/errors.ts'
import { unreachableSr } from '../sr/health.ts'
import { withLock } from '../sr/locks.ts'
import { endJob, forgetJob, wishJob, workInProgress } from './coalesce-job.ts'
import { collect } from './collect.ts'
import type { Configuration, DirectoryAttachment, Location, RepositoryDriver } from './driver.ts'
import { FORMAT_NAMES, formatIn } from './format.ts'
import { type Identity, newIdentity, readIdentity, uuidFor, writeIdentity } from './identity.ts'
import { servedImages } from './image.ts'
import { identityFile, jobLockFile, jobRequestFile, readContents, srLockFile } from './layout.ts'
import { isWritable, makeDirectory, refuseMissing, refuseOccupied, removeIfEmpty } from './place.ts'
import { removeVolumes } from './remove-all.ts'
import {
  attachmentsFor,
  checkRepository,
  type Directory,
  openForChange,
  openRepository,
  readIdentityOf,
} from './repository.ts'
import { describeSr } from './stat.ts'

/** The complete configuration of the SR at a location. */
export function completeConfiguration(given: Configuration, location: Location, uuid: string): Configuration {
  return { ...given, ...location.configuration, sr_uuid: uuid }
}

/** Runs a body with a location connected; where no SR is attached there afterwards, it is disconnected. */
export async function withConnection<T>(
  driver: RepositoryDriver,
  location: Location,
  configuration: Configuration,
  body: (directory: Directory) => T | Promise<T>,
): Promise<T> {
  try {
    const directory = await driver.connect(location, configuration)
    return await body({ directory, locks: driver.locks })
  } finally {
    await disconnect(driver, location.sr)
  }
}

export function create(driver: RepositoryDriver, params: Params<'SR.create'>): Promise<Result<'SR.create'>> {
  const { configuration, uuid, name, description } = params
  const location = driver.locate(configuration)
  const image_format = formatIn(configuration)
  return withConnection(driver, location, configuration, async ({ directory, locks }) => {
    if (holdsIsos(configuration)) {
      refuseMissing(location, directory)
      return completeConfiguration(configuration, location, uuid)
    }
    const madeDirectory = makeDirectory(directory)
    try {
      refuseOccupied(directory)
      await withLock(locks, srLockFile(directory), (held) => {
        try {
          refuseOccupied(directory)
          writeIdentity(
            directory,
            newIdentity({ uuid, name, description, made_directory: madeDirectory, image_format }),
          )
        } catch (error) {
          if (!hasIdentity(directory)) held.remove()
          throw error
        }
      })
    } catch (error) {
      if (madeDirectory) removeIfEmpty(directory)
      throw error
    }
    return completeConfiguration(configuration, location, uuid)
  })
}

export async function attach(
  driver: RepositoryDriver,
  { configuration }: Params<'SR.attach'>,
): Promise<Result<'SR.attach'>> {
  const location = driver.locate(configuration)
  const { sr } = location
  await withConnection(driver, location, configuration, async ({ directory, locks }) => {
    if (holdsIsos(configuration)) {
      refuseMissing(location, directory)
      const uuid = configuration.sr_uuid ?? uuidFor(sr)
      return attachmentsFor(driver).record({ sr, directory, uuid, read_only: true, isos: true })
    }
    // Before the lock as well, so that no lock file is made in a directory that is no SR.
    const { uuid } = expectedIdentity(configuration, location, directory)
    if (!isWritable(directory)) return attachmentsFor(driver).record({ sr, directory, uuid, read_only: true })
    await withLock(locks, srLockFile(directory), async () => {
      const { destroying } = expectedIdentity(configuration, location, directory)
      if (!destroying) await collect({ directory, locks })
      attachmentsFor(driver).record({ sr, directory, uuid })
      if (!destroying) await wishJob(await openRepository(driver, sr))
    })
  })
  return sr
}

export async function detach(driver: RepositoryDriver, { sr }: Params<'SR.detach'>): Promise<void> {
  const attachment = attachmentsFor(driver).find(sr)
  attachmentsFor(driver).forget(sr)
  forgetJob(driver, sr)
  if (attachment !== undefined) await disconnect(driver, sr)
}

/**
 * The identity and the attachment say first that the SR is being destroyed, and go last: a call that was killed can be
 * repeated, and nothing that it left looks like an SR with fewer volumes.
 */
export async function destroy(driver: RepositoryDriver, { sr }: Params<'SR.destroy'>): Promise<void> {
  const { locks } = driver
  const attachment = attachmentsFor(driver).of(sr)
  const { directory } = attachment
  let { destroying } = attachment
  if (attachment.read_only) throw new SrReadOnlyError(`${directory} can only be read: detach the SR instead`)
  if (destroying === undefined) await refuseInUse(driver, attachment)
  if (destroying === undefined || hasIdentity(directory)) {
    destroying = { made_directory: (await readIdentityOf(driver, attachment)).made_directory }
    await withLock(locks, srLockFile(directory), async () => {
      writeIdentity(directory, { ...(await readIdentityOf(driver, attachment)), destroying: true })
      attachmentsFor(driver).record({ ...attachment, ...(destroying === undefined ? {} : { destroying }) })
      await endJob(sr)
      const job = await locks.lock(jobLockFile(directory))
      try {
        await removeVolumes({ directory, locks })
      } finally {
        removeFile(jobRequestFile(directory))
        job.remove()
      }
      removeFile(identityFile(directory))
      syncPath(directory)
    })
  }
  // Also that of a call which was killed when the identity was gone already; between hosts a lock is no file.
  if (existsSync(srLockFile(directory))) (await locks.lock(srLockFile(directory))).remove()
  if (destroying.made_directory) removeIfEmpty(directory)
  await detach(driver, { sr, dbg: '' })
}

export async function stat(driver: RepositoryDriver, { sr }: Params<'SR.stat'>): Promise<Result<'SR.stat'>> {
  const attachment = attachmentsFor(driver).of(sr)
  const { directory } = attachment
  try {
    const identity = await readIdentityOf(driver, attachment)
    const work = await workInProgress({ directory, locks: driver.locks })
    return describeSr(sr, directory, identity, work, driver.space?.(attachment))
  } catch (error) {
    return unreachableSr(attachment, error)
  }
}

/** Changes name or description. */
export async function changeIdentity(
  driver: RepositoryDriver,
  sr: string,
  change: Pick<Partial<Identity>, 'name' | 'description'>,
): Promise<void> {
  const repository = await openForChange(driver, sr)
  const { directory, locks } = repository
  await withLock(locks, srLockFile(directory), () => {
    writeIdentity(directory, { ...checkRepository(repository).identity, ...change })
  })
}

/** @throws VolumeInUseError where the datapath of this host writes to a volume, or has the kernel serve one */
async function refuseInUse(driver: RepositoryDriver, attachment: DirectoryAttachment): Promise<void> {
  const { directory } = attachment
  await readIdentityOf(driver, attachment)
  const served = servedImages(directory)
  for (const [key, endings] of readContents(directory).volumes) {
    if (!endings.has('.json')) continue
    for (const format of FORMAT_NAMES) {
      if (!endings.has(`.${format}`)) continue
      const name = `${key}.${format}`
      if (served.has(name) || (await isWritten(driver, attachment, name))) {
        throw new VolumeInUseError(`${key} is in use: detach it first`)
      }
    }
  }
}

/** Whether the datapath of this host has an image open for writing. */
async function isWritten(driver: RepositoryDriver, attachment: DirectoryAttachment, name: string): Promise<boolean> {
  const local = driver.localDisk?.(driver.imageUri(attachment, name))
  // Few are attached, and only of those the daemon has to be asked.
  if (local === undefined || !isAttachedHere(local.disk)) return false
  return await withWriter(local.disk, (writer) => writer !== undefined)
}

async function disconnect(driver: RepositoryDriver, sr: string): Promise<void> {
  const attached: readonly DirectoryAttachment[] = attachmentsFor(driver).all()
  if (attached.every((attachment) => attachment.sr !== sr)) await driver.disconnect?.(sr, attached)
}

/** Whether a configuration says that the directory holds ISO images and is to be left as it is. */
function holdsIsos({ iso }: Configuration): boolean {
  if (iso === undefined || iso === 'true' || iso === 'false') return iso === 'true'
  throw new ConfigurationError(`iso is ${iso}; it can be true or false`)
}

function expectedIdentity(configuration: Configuration, { sr }: Location, directory: string): Identity {
  const identity = readIdentity(directory)
  if (identity === undefined) throw errors.srDoesNotExist(sr)
  const expected = configuration.sr_uuid
  if (expected === undefined || expected === identity.uuid) return identity
  throw new SrMismatchError(`${directory} holds the SR ${identity.uuid}, not ${expected}`)
}

function hasIdentity(directory: string): boolean {
  return existsSync(identityFile(directory))
}
