import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The directory of this package, which holds volume.d and datapath.d: the nearest one above this file. */
export function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(directory, 'volume.d')) && dirname(directory) !== directory) directory = dirname(directory)
  return directory
}
