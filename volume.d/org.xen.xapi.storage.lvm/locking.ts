/** Locks of the volumes of an SR, between the processes of this host. */
import { type Lock, withLock } from '../../src/engine/lock.ts'
import { errors, PluginError } from '../../src/kit/index.ts'
import { isKey } from './metadata.ts'
import { type Attachment, metadataLockFile, volumeLockFile } from './repository.ts'

/**
 * Runs a body while nobody changes, copies or removes the bytes of a volume.
 * @throws PluginError Volume_does_not_exist for a text that cannot be a key
 */
export function withVolume<T>(attachment: Attachment, key: string, body: (held: Lock) => T): T {
  return locked(volumeLockFile, attachment, key, body)
}

/** The same for two volumes, which any number of calls may name in any order. */
export function withTwoVolumes<T>(attachment: Attachment, key: string, other: string, body: (held: Lock) => T): T {
  if (key === other) return withVolume(attachment, key, body)
  return key < other
    ? withVolume(attachment, key, (held) => withVolume(attachment, other, () => body(held)))
    : withVolume(attachment, other, () => withVolume(attachment, key, body))
}

/** Runs a body, which may take a moment only, while nobody else changes what is said of a volume. */
export function withMetadata<T>(attachment: Attachment, key: string, body: (held: Lock) => T): T {
  return locked(metadataLockFile, attachment, key, body)
}

function locked<T>(
  fileOf: (attachment: Attachment, key: string) => string,
  attachment: Attachment,
  key: string,
  body: (held: Lock) => T,
): T {
  if (!isKey(key)) throw errors.volumeDoesNotExist(key)
  return withLock(fileOf(attachment, key), (held) => {
    try {
      return body(held)
    } catch (error) {
      // The lock file was made by the wait for it.
      if (error instanceof PluginError && error.params[0] === 'Volume_does_not_exist') held.remove()
      throw error
    }
  })
}
