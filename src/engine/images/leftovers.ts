/** What killed calls leave in an SR's directory, and how files of volumes are removed. */
import { rmSync } from 'node:fs'
import { syncPath } from '../atomic-file.ts'
import { withLock } from '../sr/locks.ts'
import {
  type Contents,
  imageFile,
  metadataFile,
  newImageFile,
  newMetadataFile,
  readContents,
  volumeLockFile,
} from './layout.ts'
import type { Directory } from './repository.ts'

/** The files of each volume that exists. Anything else is being written, or was when its writer died. */
const COMPLETE = ['.json', '.raw', '.lock']

/**
 * Removes what killed calls left: images without metadata and half-written files. What a running call is at work on is
 * locked, and left alone.
 */
export async function sweepLeftovers({ directory, locks }: Directory): Promise<void> {
  for (const key of leftoverKeys(readContents(directory))) {
    const held = await locks.tryLock(volumeLockFile(directory, key))
    if (held === undefined) continue
    try {
      removeTemporaryFiles(directory, key)
      if (readContents(directory).volumes.get(key)?.has('.json')) continue
      rmSync(imageFile(directory, key), { force: true })
      held.remove()
    } finally {
      held.release()
    }
  }
}

/** Keys of which files are there that belong to no volume. */
export function leftoverKeys({ volumes }: Contents): readonly string[] {
  return [...volumes]
    .filter(([, endings]) => !endings.has('.json') || [...endings].some((ending) => !COMPLETE.includes(ending)))
    .map(([key]) => key)
}

/**
 * Removes a volume, whole or half, once nobody is at work on it. The metadata goes first, for good, so that no volume
 * without its image is ever seen. It is no error where there is nothing.
 */
export async function removeVolume({ directory, locks }: Directory, key: string): Promise<void> {
  await withLock(locks, volumeLockFile(directory, key), (held) => {
    rmSync(metadataFile(directory, key), { force: true })
    syncPath(directory)
    rmSync(imageFile(directory, key), { force: true })
    removeTemporaryFiles(directory, key)
    held.remove()
  })
}

function removeTemporaryFiles(directory: string, key: string): void {
  rmSync(newImageFile(directory, key), { force: true })
  rmSync(newMetadataFile(directory, key), { force: true })
}
