/**
 * Which images stand on which. A qcow2 image names the one below it in its header, relative to the directory, and
 * nowhere else. Below the images of volumes are those of snapshots, and those that nothing names any more: of volumes
 * that are gone, or that a clone and its origin have in common.
 */
import { DamagedFileError } from '../sr/record-file.ts'
import { errnoOf } from '../storage-error.ts'
import { imageFile, keyOfBacking, readContents } from './layout.ts'
import { readQcow2Header } from './qcow2.ts'

/** Images below a volume at most: each one costs memory and time when the disk is activated and read. */
export const LONGEST_CHAIN = 30

/** Times that the images are looked at when they change meanwhile. */
const ATTEMPTS = 20

/** The key of the image below one; undefined where there is none. */
export function parentOf(directory: string, key: string): string | undefined {
  return parentIn(imageFile(directory, key, 'qcow2'))
}

/** The keys of an image and of all below it, from the top. */
export function chainOf(directory: string, key: string): readonly string[] {
  const chain = [key]
  for (let next = parentOf(directory, key); next !== undefined; next = parentOf(directory, next)) {
    if (chain.includes(next)) throw new DamagedFileError(imageFile(directory, key, 'qcow2'), 'it stands on itself')
    chain.push(next)
  }
  return chain
}

/** Key of an image → keys of those that stand on it, for every image of a directory. */
export type Children = ReadonlyMap<string, ReadonlySet<string>>

/**
 * All images and what stands on them, as of one instant.
 * @throws DamagedFileError where an image is missing that another one stands on
 */
export function childrenIn(directory: string): Children {
  for (let attempt = 1; ; attempt++) {
    const children = new Map<string, Set<string>>()
    const parents = new Map<string, string>()
    for (const [key, endings] of readContents(directory).volumes) {
      for (const ending of ['.qcow2', '.qcow2.tmp']) {
        if (!endings.has(ending)) continue
        if (ending === '.qcow2') children.set(key, children.get(key) ?? new Set())
        const parent = parentIfReadable(`${imageFile(directory, key, 'qcow2')}${ending.slice('.qcow2'.length)}`)
        if (parent !== undefined) parents.set(`${key}${ending}`, parent)
      }
    }
    // A call that puts an image below another one while we look shows one of both states by its name, not both.
    const missing = [...parents].find(([, parent]) => !children.has(parent))
    if (missing === undefined) {
      for (const [file, parent] of parents) children.get(parent)?.add(file.slice(0, file.indexOf('.')))
      return children
    }
    if (attempt === ATTEMPTS) {
      throw new DamagedFileError(imageFile(directory, missing[1], 'qcow2'), `${missing[0]} needs it, and it is missing`)
    }
  }
}

/** Undefined also for an image that is gone, or is not written yet. */
function parentIfReadable(path: string): string | undefined {
  try {
    return parentIn(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || (error instanceof DamagedFileError && path.endsWith('.tmp'))) return undefined
    throw error
  }
}

function parentIn(path: string): string | undefined {
  const { backing } = readQcow2Header(path)
  if (backing === undefined) return undefined
  const key = keyOfBacking(backing)
  if (key === undefined) throw new DamagedFileError(path, `it stands on ${backing}, which is no image of this SR`)
  return key
}
