/**
 * Gives images what they have of images without volumes, which destroyed volumes and reverts leave below them: `rbd flatten`.
 * Those then go. Only where nothing else needs any of them, so that no block is there twice afterwards, and only for images
 * without snapshots, whose history stays as Ceph recorded it.
 */
import { CephError, type CephSession } from '../../src/engine/ceph/session.ts'
import { collect, isUnfinished, readImages, without } from './images.ts'
import { IMAGES, type Image } from './records.ts'
import type { Repository } from './repository.ts'
import { type Transaction, transact } from './transaction.ts'
import { atWork } from './work.ts'

/** Whether an image is there for one child only. */
function isLeftBelow({ volumes, children }: Image): boolean {
  return Object.keys(volumes).length === 0 && children.length === 1
}

/**
 * The record of an image that can be flattened: it is a volume and nothing else, all images above it are left for it, and
 * the snapshot that it is a child of is held for it, which it is not where a version that did not flatten made the child.
 */
async function flattenable({ image: read }: Reader, name: string): Promise<Image | undefined> {
  const image = await read(name)
  if (image?.parent === undefined || image.removing || image.children.length > 0) return undefined
  if (Object.values(image.volumes).join() !== '' || Object.keys(image.volumes).length !== 1) return undefined
  if ((await read(image.parent.image))?.held?.[name] === undefined) return undefined
  for (let at: Image | undefined = image; at?.parent !== undefined; ) {
    const above: Image | undefined = await read(at.parent.image)
    if (above === undefined || !isLeftBelow(above)) return undefined
    at = above
  }
  return image
}

/** How the records of images are read. */
interface Reader {
  image(name: string): Promise<Image | undefined>
}

/** Names of the images that can be flattened. */
async function allFlattenable(session: CephSession): Promise<readonly string[]> {
  const images = await readImages(session)
  const reader = { image: async (name: string) => images.get(name) }
  const found: string[] = []
  for (const name of images.keys()) if ((await flattenable(reader, name)) !== undefined) found.push(name)
  return found
}

/** Whether there is an image that can be flattened. */
export async function isAnyLeft(session: CephSession): Promise<boolean> {
  return (await allFlattenable(session)).length > 0
}

/** Whether a call that left an image as it is now has left one that can be flattened. */
export function isWorkLeft(session: CephSession, name: string): Promise<boolean> {
  return transact(session, [IMAGES + name], async (transaction) => {
    let leaf = name
    for (
      let at = await transaction.image(name);
      at !== undefined && isLeftBelow(at);
      at = await transaction.image(leaf)
    ) {
      leaf = at.children[0] ?? leaf
    }
    return (await flattenable(transaction, leaf)) !== undefined
  })
}

/**
 * Flattens one image after the other, until there is none left. What is not possible now, a later job tries again.
 * @param passed names of the images that are not to be tried again; those that are tried are added
 * @returns whether it came to the end: somebody who needed an image may have taken away what this connection had open
 */
export async function flattenAll(repository: Repository, passed: Set<string>): Promise<boolean> {
  const { session } = repository
  // A job that was killed may have been about to remove them; what it has open is not removed before it is known as dead.
  await atWork(repository, {}, async () => {
    for (const [name, image] of await readImages(session)) if (isUnfinished(image)) await collect(session, name)
  })
  for (;;) {
    const names = (await allFlattenable(session)).filter((name) => !passed.has(name))
    if (names.length === 0) return true
    for (const name of names) {
      passed.add(name)
      try {
        await atWork(repository, { flattening: name }, () => flatten(session, name))
      } catch (error) {
        if (!(error instanceof CephError)) throw error
        process.stderr.write(`${name}: ${error.message}\n`)
        if (error.errno === 'ESHUTDOWN') return false
      }
    }
  }
}

/**
 * Killed at any instant, it can be repeated: as long as the records say that the image is a child, the snapshot that it is
 * a child of stays.
 */
async function flatten(session: CephSession, name: string): Promise<void> {
  const isPossible = await transact(session, [IMAGES + name], async (transaction) => {
    const found = await flattenable(transaction, name)
    if (found !== undefined) transaction.setImage(name, { ...found, flattened: true })
    return found !== undefined
  })
  if (!isPossible) return
  await session.request('flatten', { image: name })
  const parent = await transact(session, [IMAGES + name], (transaction) => takeOff(transaction, name))
  if (parent !== undefined) await collect(session, parent)
}

/** @returns the name of the image that the image was a child of */
async function takeOff(transaction: Transaction, name: string): Promise<string | undefined> {
  const found = await transaction.image(name)
  if (found?.parent === undefined) return undefined
  const { parent, ...rest } = found
  transaction.setImage(name, { ...rest, depth: 0 })
  const above = await transaction.image(parent.image)
  if (above !== undefined) transaction.setImage(parent.image, without(above, name))
  return parent.image
}
