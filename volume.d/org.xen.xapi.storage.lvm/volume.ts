/** The methods of class Volume that make, change and remove volumes. */
import type { Params, Result } from '../../src/contract/methods.ts'
import { saysAbsent } from '../../src/engine/lvm/command.ts'
import { changeLogicalVolume } from '../../src/engine/lvm/logical-volumes.ts'
import { tagChanges } from '../../src/engine/lvm/tags.ts'
import { VolumeReadOnlyError } from '../../src/engine/sr/errors.ts'
import { errors } from '../../src/kit/index.ts'
import { refuseAttached } from './in-use.ts'
import { removeVolume } from './leftovers.ts'
import { withMetadata, withTwoVolumes, withVolume } from './locking.ts'
import { makeVolume, replaceVolume } from './making.ts'
import { fieldsOfMetadata, isKey, type Metadata, metadataOf, newKey } from './metadata.ts'
import { type Attachment, attachments, findVolume, pathsOf } from './repository.ts'
import { growVolume } from './resizing.ts'
import { inExtents, volumeSize } from './sizes.ts'

type Volume = Result<'Volume.create'>

export function create({ sr, name, description, size, sharable }: Params<'Volume.create'>): Volume {
  const bytes = volumeSize(size)
  const key = newKey()
  const metadata = { name, description, read_write: true, sharable, keys: {}, root: key }
  return makeVolume(attachments.of(sr), key, metadata, { bytes })
}

export function snapshot({ sr, key }: Params<'Volume.snapshot'>): Volume {
  const attachment = attachments.of(sr)
  return addCopy(attachment, key, attachment, false)
}

export function clone({ sr, key }: Params<'Volume.clone'>): Volume {
  const attachment = attachments.of(sr)
  return addCopy(attachment, key, attachment, true)
}

export function copy({ sr, key, dest_sr }: Params<'Volume.copy'>): Volume {
  return addCopy(attachments.of(sr), key, attachments.of(dest_sr), true)
}

/** The volume has the one content or the other, never a mixture. */
export function revert({ sr, snapshot, key }: Params<'Volume.revert'>): null {
  const attachment = attachments.of(sr)
  withTwoVolumes(attachment, key, snapshot, (held) => {
    const found = findVolume(attachment, key)
    refuseReadOnly(key, metadataOf(found.generation))
    if (snapshot === key) return
    refuseAttached(found)
    const source = findVolume(attachment, snapshot)
    const { volume } = source.generation
    const { root } = metadataOf(source.generation)
    replaceVolume(attachment, found, { origin: snapshot, root }, { bytes: volume.size, source }, held)
  })
  return null
}

export function resize({ sr, key, new_size }: Params<'Volume.resize'>): null {
  const bytes = volumeSize(new_size)
  const attachment = attachments.of(sr)
  withVolume(attachment, key, (held) => {
    const found = findVolume(attachment, key)
    const { size } = found.generation.volume
    const wanted = inExtents(bytes, found.layout.extentSize)
    if (wanted === size) return
    refuseReadOnly(key, metadataOf(found.generation))
    if (wanted < size) throw errors.invalidSize(`shrinking is not possible: the volume has ${size} bytes, not ${bytes}`)
    growVolume(attachment, found, wanted, held)
  })
  return null
}

/** Changes what is said of a volume. */
export function change(sr: string, key: string, changed: (metadata: Metadata) => Partial<Metadata>): null {
  const attachment = attachments.of(sr)
  withMetadata(attachment, key, (held) => {
    const { generation } = findVolume(attachment, key)
    const { volume } = generation
    const before = metadataOf(generation)
    const changes = tagChanges(fieldsOfMetadata(before), fieldsOfMetadata({ ...before, ...changed(before) }))
    try {
      changeLogicalVolume(pathsOf(attachment), attachment.vg, volume.name, changes, held.descriptor)
    } catch (error) {
      throw saysAbsent(error) ? errors.volumeDoesNotExist(key) : error
    }
  })
  return null
}

/** What is gone is no error; what a killed call left of it is removed. */
export function destroy({ sr, key }: Params<'Volume.destroy'>): null {
  const attachment = attachments.of(sr)
  if (!isKey(key)) throw errors.volumeDoesNotExist(key)
  removeVolume(attachment, key)
  return null
}

function addCopy(source: Attachment, key: string, destination: Attachment, writable: boolean): Volume {
  return withVolume(source, key, () => {
    const from = findVolume(source, key)
    const { volume } = from.generation
    const { name, description, sharable, root } = metadataOf(from.generation)
    const metadata = { name, description, read_write: writable, sharable, keys: {}, origin: key, root }
    return makeVolume(destination, newKey(), metadata, { bytes: volume.size, source: from })
  })
}

function refuseReadOnly(key: string, { read_write }: Metadata): void {
  if (!read_write) throw new VolumeReadOnlyError(`${key} is a snapshot: its content and size never change; clone it`)
}
