/**
 * Which images stand on which. A qcow2 image names the one below it in its header, relative to the directory, and
 * nowhere else. Below the images of volumes are those of snapshots, and those that nothing names any more: of volumes
 * that are gone, or that a clone and its origin have in common.
 */
import { existsSync } from 'node:fs'
import { VolumeInUseError } from '../sr/errors.ts'
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

/**
 * The keys of an image and of all below it, from the top.
 * @throws DamagedFileError where one of them is missing
 */
export function chainOf(directory: string, key: string): readonly string[] {
  for (let attempt = 1; ; attempt++) {
    try {
      return readChain(directory, key)
    } catch (error) {
      // One below was merged with the one above it when that had been read; where the image itself is gone, all is said.
      if (errnoOf(error) !== 'ENOENT' || !existsSync(imageFile(directory, key, 'qcow2'))) throw error
      if (attempt === ATTEMPTS)
        throw new DamagedFileError(imageFile(directory, key, 'qcow2'), 'an image below is missing')
    }
  }
}

function readChain(directory: string, key: string): readonly string[] {
  const chain = [key]
  for (let next = parentOf(directory, key); next !== undefined; next = parentOf(directory, next)) {
    if (chain.includes(next)) throw new DamagedFileError(imageFile(directory, key, 'qcow2'), 'it stands on itself')
    chain.push(next)
  }
  return chain
}

/**
 * Runs what opens an image and all below it, by their names and one after the other, as QEMU does. The job may merge two
 * of them meanwhile: what is open stays as it was, and what is opened by a name shows what it always did, so no wrong byte
 * is read; but where the upper one was opened before it was replaced and the lower one is looked for after it was removed,
 * that fails. It is then tried again.
 * @param open gets the chain that it is told in; where that is another one afterwards, it may have failed for that
 */
export function withChain<T>(directory: string, key: string, open: (chain: readonly string[]) => T): T {
  for (let attempt = 1; ; attempt++) {
    const chain = chainOf(directory, key)
    try {
      return open(chain)
    } catch (error) {
      if (attempt === ATTEMPTS || isSame(chain, chainOf(directory, key))) throw error
    }
  }
}

/** The same, tried again also where it succeeds but a snapshot or the job has changed the chain meanwhile. */
export function onOneChain<T>(directory: string, key: string, look: (chain: readonly string[]) => T): T {
  return withChain(directory, key, (chain) => {
    const seen = look(chain)
    if (isSame(chain, chainOf(directory, key))) return seen
    throw new VolumeInUseError(`the images of ${key} change again and again: repeat the call`)
  })
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.join() === other.join()
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
