/** Removing every volume of an SR that is being destroyed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { VolumeInUseError } from '../sr/errors.ts'
import { removeAll } from './collect.ts'
import { readContents } from './layout.ts'
import type { Directory } from './repository.ts'

/** Milliseconds between two looks at files that are still listed: a server may list for a while what is removed. */
const INTERVAL = 500

/** Milliseconds after which files that are removed and still listed are taken as open elsewhere. */
const PATIENCE = 30_000

/**
 * Removes every volume; one that is being made is waited for, and finds out that the SR is being destroyed.
 * @throws VolumeInUseError where files stay, as on SMB servers while somebody has them open
 */
export async function removeVolumes(place: Directory): Promise<void> {
  const seen = new Set<string>()
  let progress = performance.now()
  for (let keys = allKeys(place); keys.length > 0; keys = allKeys(place)) {
    if (keys.some((key) => !seen.has(key))) progress = performance.now()
    else if (performance.now() - progress < PATIENCE) await sleep(INTERVAL)
    else {
      throw new VolumeInUseError(
        `the files of ${keys.join(', ')} stay in ${place.directory} although they were removed: ` +
          'somebody has them open; close them and repeat SR.destroy',
      )
    }
    for (const key of keys) {
      seen.add(key)
      await removeAll(place, key)
    }
  }
}

function allKeys({ directory }: Directory): readonly string[] {
  return [...readContents(directory).volumes.keys()]
}
