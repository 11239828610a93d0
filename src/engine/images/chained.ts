/** Snapshots, clones, copies and reverts of volumes: by putting images below each other where the format can. */

import { chmodSync } from 'node:fs'
import type { Params, Result } from '../../contract/methods.ts'
import { errors } from '../../kit/index.ts'
import { randomUuid } from '../identifiers.ts'
import type { Lock } from '../lock.ts'
import { VolumeInUseError } from '../sr/errors.ts'
import { withLock } from '../sr/locks.ts'
import { withChain } from './chain.ts'
import { wishJob } from './coalesce-job.ts'
import type { RepositoryDriver } from './driver.ts'
import { VOLUME_FORMATS } from './format.ts'
import { makeDurable, READ_ONLY, replaceImage, unchanged, WRITABLE, withSource } from './image.ts'
import { freeze, makeOverlay, removeUnusedNode, withLocalWriter } from './layer.ts'
import { imageFile, isIso, volumeLockFile } from './layout.ts'
import { formatOf, type Metadata, readMetadata, writeMetadata } from './metadata.ts'
import { convert, rebaseUnsafe } from './qemu-img.ts'
import { openForChange, openRepository, type Repository } from './repository.ts'
import { keepChangesOfNode, sizeOf } from './tracking.ts'
import {
  addCopy,
  addVolume,
  metadataOfCopy,
  refuseReadOnly,
  refuseWithoutData,
  revertByCopy,
  withVolume,
} from './volume.ts'

type Volume = Result<'Volume.create'>

export async function snapshot(driver: RepositoryDriver, { sr, key }: Params<'Volume.snapshot'>): Promise<Volume> {
  const repository = await openForChange(driver, sr)
  if (!hasChains(repository, key)) return addCopy(repository, key, repository, false)
  return withVolume(repository, key, (_repository, metadata, held) => {
    refuseWithoutData(key, metadata)
    // The image of a snapshot stays as it is: another one of it is a new image that nobody writes to.
    if (!metadata.read_write) return addOverlay(repository, key, metadata, key, false)
    const { directory } = repository
    return addVolume(
      repository,
      'qcow2',
      async (node, _image) => {
        const { cbt } = metadata
        beginUntracked(directory, key, metadata)
        await freeze(repository, key, node, held, cbt !== undefined)
        return { ...metadataOfCopy(key, metadata, false), ...(cbt === undefined ? {} : { cbt }) }
      },
      (node) => removeUnusedNode(directory, key, node),
    ).then((volume) => {
      trackSince(directory, key, metadata, volume.key)
      return volume
    })
  })
}

export async function clone(driver: RepositoryDriver, { sr, key }: Params<'Volume.clone'>): Promise<Volume> {
  const repository = await openForChange(driver, sr)
  if (!hasChains(repository, key)) return addCopy(repository, key, repository, true)
  return withVolume(repository, key, (_repository, metadata, held) =>
    onNode(repository, key, metadata, held, (node) => addOverlay(repository, key, metadata, node, true)),
  )
}

/** A copy shares no block with its source, so that it may be on other storage. */
export async function copy(driver: RepositoryDriver, { sr, key, dest_sr }: Params<'Volume.copy'>): Promise<Volume> {
  const source = await openRepository(driver, sr)
  const destination = await openForChange(driver, dest_sr)
  const format = formatOf(readMetadata(source.directory, key))
  if (format === destination.format && !VOLUME_FORMATS[format].chains) return addCopy(source, key, destination, true)
  const isChained = VOLUME_FORMATS[format].chains && !source.attachment.read_only
  if (!isChained) return convertTo(source, key, key, destination)
  const made = await withVolume(source, key, (_repository, metadata, held) =>
    onNode(source, key, metadata, held, (node) => convertTo(source, key, node, destination)),
  )
  // Nothing but the volume stands on the image that was copied.
  await wishJob(source)
  return made
}

export async function revert(driver: RepositoryDriver, params: Params<'Volume.revert'>): Promise<void> {
  const { sr, snapshot, key } = params
  const repository = await openForChange(driver, sr)
  const { directory } = repository
  const metadata = readMetadata(directory, key)
  refuseReadOnly(key, metadata)
  if (snapshot === key) return
  const source = readMetadata(directory, snapshot)
  refuseWithoutData(snapshot, source)
  if (formatOf(metadata) === 'qcow2' && formatOf(source) === 'qcow2') {
    await revertChained(repository, snapshot, key)
    await wishJob(repository)
  } else if (formatOf(metadata) === formatOf(source)) await revertByCopy(repository, snapshot, key)
  else throw new Error(`${key} and ${snapshot} have images of different formats: copy the snapshot instead`)
}

/** Lays a volume on another one: what its own image does not have shows through from there. */
export async function compose(driver: RepositoryDriver, { sr, key, key2 }: Params<'Volume.compose'>): Promise<void> {
  const repository = await openForChange(driver, sr)
  const { directory } = repository
  await withBoth(repository, key2, key, (parent, child, held) => {
    refuseReadOnly(key, child)
    for (const metadata of [parent, child]) {
      if (formatOf(metadata) !== 'qcow2')
        throw errors.unimplemented('Volume.compose', 'only volumes with qcow2 images can be laid on each other')
    }
    return onNode(repository, key2, parent, held, async (node) => {
      await withLocalWriter(repository, key, (writer) => {
        if (writer !== undefined) throw new VolumeInUseError(`${key} is in use: detach it before it is laid on another`)
        rebaseUnsafe(imageFile(directory, key, 'qcow2'), imageFile(directory, node, 'qcow2'), held)
      })
      const cbt = child.cbt === undefined ? {} : { cbt: { ...child.cbt, lost: true } }
      writeMetadata(directory, key, { ...child, root: parent.root, ...cbt })
    })
  })
  await wishJob(repository)
}

async function revertChained(repository: Repository, snapshot: string, key: string): Promise<void> {
  const { directory } = repository
  await withBoth(repository, snapshot, key, (source, metadata, held) =>
    onNode(repository, snapshot, source, held, async (node) => {
      await withLocalWriter(repository, key, (writer) => {
        if (writer !== undefined) throw new VolumeInUseError(`${key} is in use: detach it before it is reverted`)
        const { cbt } = metadata
        beginUntracked(directory, key, metadata)
        const size = BigInt(sizeOf(directory, snapshot, source))
        makeOverlay(directory, key, node, size, held, cbt !== undefined)
        replaceImage(directory, key, 'qcow2')
        const isTracked = cbt !== undefined && source.cbt !== undefined && !source.read_write
        const tracking = cbt === undefined ? {} : { cbt: isTracked ? { parent: snapshot } : {} }
        writeMetadata(directory, key, { ...metadata, origin: snapshot, root: source.root, ...tracking })
      })
    }),
  )
}

/** Runs a body with an image that has the content of a volume and never changes; the volume's lock is held. */
async function onNode<T>(
  repository: Repository,
  key: string,
  metadata: Metadata,
  held: Lock,
  body: (node: string) => T | Promise<T>,
): Promise<T> {
  refuseWithoutData(key, metadata)
  if (!metadata.read_write) return await body(key)
  const { directory, locks } = repository
  const node = randomUuid()
  return await withLock(locks, volumeLockFile(directory, node), async () => {
    beginUntracked(directory, key, metadata)
    try {
      await freeze(repository, key, node, held, metadata.cbt !== undefined)
    } catch (error) {
      removeUnusedNode(directory, key, node)
      throw error
    }
    if (metadata.cbt !== undefined) keepChangesOfNode(directory, node, metadata)
    trackSince(directory, key, metadata, node)
    return await body(node)
  })
}

/** A new volume whose image stands on a node. */
function addOverlay(
  repository: Repository,
  key: string,
  metadata: Metadata,
  node: string,
  writable: boolean,
): Promise<Volume> {
  const { directory } = repository
  return addVolume(repository, 'qcow2', (made, image, held) => {
    const size = BigInt(sizeOf(directory, key, metadata))
    makeOverlay(directory, made, node, size, held, false)
    replaceImage(directory, made, 'qcow2')
    if (!writable) chmodSync(image, READ_ONLY)
    return metadataOfCopy(key, metadata, writable)
  })
}

function convertTo(source: Repository, key: string, node: string, destination: Repository): Promise<Volume> {
  const { directory } = source
  return withSource(directory, key, ({ metadata, path, descriptor }) =>
    addVolume(destination, destination.format, (made, image, held) => {
      const { format } = destination
      const from = { path: imageFile(directory, node, formatOf(metadata)), format: formatOf(metadata) }
      const verify = node === key ? unchanged(path, descriptor) : () => {}
      const run = (): void => convert(from, { path: image, format }, held)
      if (VOLUME_FORMATS[from.format].chains) withChain(directory, node, run)
      else run()
      verify()
      makeDurable(image, WRITABLE)
      const root = source.directory === destination.directory ? metadata.root : made
      return { ...metadataOfCopy(key, metadata, true), root, format }
    }),
  )
}

/** Runs a body with two volumes locked, always in the same order. */
function withBoth<T>(
  repository: Repository,
  one: string,
  other: string,
  body: (one: Metadata, other: Metadata, held: Lock) => T | Promise<T>,
): Promise<T> {
  const { directory } = repository
  if (isIso(one))
    return withVolume(repository, other, (_, metadata, held) => body(readMetadata(directory, one), metadata, held))
  const [first = '', second = ''] = [one, other].sort()
  return withVolume(repository, first, () =>
    withVolume(repository, second, (_, __, held) =>
      body(readMetadata(directory, one), readMetadata(directory, other), held),
    ),
  )
}

function hasChains({ directory }: Repository, key: string): boolean {
  return VOLUME_FORMATS[formatOf(readMetadata(directory, key))].chains
}

/** Says, before the image of a tracked volume changes, that what it changed is not known: a crash leaves it so. */
function beginUntracked(directory: string, key: string, metadata: Metadata): void {
  if (metadata.cbt !== undefined) writeMetadata(directory, key, { ...metadata, cbt: { ...metadata.cbt, lost: true } })
}

/** Says that the changes of a volume are recorded since a node. */
function trackSince(directory: string, key: string, metadata: Metadata, node: string): void {
  if (metadata.cbt !== undefined) writeMetadata(directory, key, { ...metadata, cbt: { parent: node } })
}
