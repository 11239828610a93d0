/** Images: how one begins with the content of a volume, and how one goes that nobody needs any more. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CephError, type CephSession } from '../../src/engine/ceph/session.ts'
import { IMAGES, type Image, ownName, type Point, parseImage, type Volume } from './records.ts'
import type { Repository } from './repository.ts'
import { makeSnapshot, removeSnapshot } from './snapshots.ts'
import { listRecords, type Transaction, transact } from './transaction.ts'

/** Images in a chain at most: a read may have to ask each. What would be longer is copied instead. */
const LONGEST_CHAIN = 16

/** Milliseconds to wait for those who have an image open: the cluster counts a dead client as one for 30 seconds. */
const PATIENCE = 40_000
const INTERVAL = 500

/** An image that holds what a volume held. */
export interface Derived {
  readonly id: string
  /** Bytes. */
  readonly size: number
  /** Missing where the content was copied. */
  readonly parent?: Point & { readonly snapshot: string }
  readonly depth: number
}

/** Name of a snapshot through which a volume that is none is copied; nobody sees it, and it goes again. */
export function hiddenSnapshot(key: string): string {
  return ownName(`hidden.${key}`)
}

/**
 * Makes an image with the content of a volume, in constant time unless the chain is too long.
 * @param stem see {@link stemOf}; made where the volume is no snapshot
 */
export async function derive(
  { session, location }: Repository,
  source: Volume,
  depth: number,
  image: string,
  stem: string,
): Promise<Derived> {
  if (depth + 1 >= LONGEST_CHAIN) {
    return withSnapshot(session, source, stem, async (snapshot) => {
      const { pool, namespace } = location
      const copied = await session.request('copy', { image: source.image, snapshot, pool, namespace, copy: image })
      return { ...copied, depth: 0 }
    })
  }
  const { snapshot = stem, snapshot_id } = source
  const { id: number, size } =
    source.snapshot === undefined
      ? await makeSnapshot(session, source.image, stem)
      : { id: snapshot_id, size: source.size }
  const id = await session.request('clone', { parent: source.image, snapshot, image })
  const parent = { image: source.image, snapshot, ...(number === undefined ? {} : { snapshot_id: number }) }
  return { id, size, parent, depth: depth + 1 }
}

/** Runs a body with a snapshot of a volume, which is the volume itself where that is one. */
export async function withSnapshot<T>(
  session: CephSession,
  { image, snapshot, size }: Volume,
  hidden: string,
  body: (snapshot: string, size: number) => Promise<T>,
): Promise<T> {
  if (snapshot !== undefined) return body(snapshot, size)
  const made = await makeSnapshot(session, image, hidden)
  try {
    return await body(hidden, made.size)
  } finally {
    await removeSnapshot(session, image, hidden)
  }
}

/** The record of an image of which something new may be made; undefined where it is gone, or going. */
export async function usableImage(transaction: Transaction, name: string): Promise<Image | undefined> {
  const image = await transaction.image(name)
  return image?.removing ? undefined : image
}

/** Adds an image that was derived, for a volume, to the records; false where its parent is going. */
export async function recordDerived(
  transaction: Transaction,
  name: string,
  key: string,
  { id, parent, depth }: Derived,
): Promise<boolean> {
  if (parent !== undefined) {
    const above = await usableImage(transaction, parent.image)
    if (above === undefined) return false
    const held = { ...above.held, [name]: parent.snapshot }
    transaction.setImage(parent.image, { ...above, children: [...above.children, name], held })
  }
  transaction.setImage(name, {
    id,
    volumes: { [key]: '' },
    children: [],
    ...(parent === undefined ? {} : { parent }),
    depth,
  })
  return true
}

/** The record of an image without one of its volumes or children. A snapshot that nothing else needs is to be removed then. */
export function without(image: Image, name: string): Image {
  const { [name]: ofVolume, ...volumes } = image.volumes
  const { [name]: ofChild, ...held } = image.held ?? {}
  const children = image.children.filter((child) => child !== name)
  const rest = { ...image, volumes, children, held }
  // The image itself is no snapshot.
  const snapshot = ofVolume || ofChild
  if (!snapshot || [...Object.values(volumes), ...Object.values(held)].includes(snapshot)) return rest
  return { ...rest, unused: [...(image.unused ?? []), snapshot] }
}

/** Removes the snapshots of an image that nothing needs. Repeatable. */
async function removeUnused(session: CephSession, name: string, { unused = [] }: Image): Promise<void> {
  if (unused.length === 0) return
  for (const snapshot of unused) await absentAsDone(removeSnapshot(session, name, snapshot))
  await transact(session, [IMAGES + name], async (transaction) => {
    const found = await transaction.image(name)
    if (found?.unused === undefined) return
    transaction.setImage(name, { ...found, unused: found.unused.filter((snapshot) => !unused.includes(snapshot)) })
  })
}

/** Another call may have removed the image meanwhile. */
async function absentAsDone(removal: Promise<null>): Promise<void> {
  try {
    await removal
  } catch (error) {
    if (!(error instanceof CephError && error.errno === 'ENOENT')) throw error
  }
}

/**
 * Removes an image that has neither volumes nor children, and after it its parent where that is so then. Of one that
 * lives on in its snapshots or children only, the blocks are freed that they do not have, see {@link isHeadless}. Repeatable.
 * @returns name of the image at which it ended because that is needed
 */
export async function collect(session: CephSession, name: string): Promise<string | undefined> {
  for (let next = name; ; ) {
    const { parent, needed } = await collectOne(session, next)
    if (parent === undefined) return needed
    next = parent
  }
}

/** @returns the image to look at next, or the one that is needed */
async function collectOne(
  session: CephSession,
  name: string,
): Promise<{ readonly parent?: string | undefined; readonly needed?: string }> {
  const image = await transact(session, [IMAGES + name], async (transaction) => {
    const found = await transaction.image(name)
    if (found === undefined || found.removing || isNeeded(found)) return found
    const removing = { ...found, removing: true }
    transaction.setImage(name, removing)
    return removing
  })
  if (image === undefined) return {}
  if (!image.removing) {
    await removeUnused(session, name, image)
    await emptyUnused(session, name, image)
    return { needed: name }
  }
  if (!(await removed(session, name))) return {}
  const parent = image.parent?.image
  await transact(session, [IMAGES + name], async (transaction) => {
    transaction.setImage(name, undefined)
    const above = parent === undefined ? undefined : await transaction.image(parent)
    if (parent === undefined || above === undefined) return
    transaction.setImage(parent, without(above, name))
  })
  return { parent }
}

/** Whether a killed call has left something to do with an image, see {@link collect}. */
export function isUnfinished(image: Image): boolean {
  return image.removing === true || !isNeeded(image) || isHeadless(image) || (image.unused ?? []).length > 0
}

/** Whether volumes or children need an image. */
function isNeeded({ volumes, children }: Image): boolean {
  return Object.keys(volumes).length + children.length > 0
}

/**
 * Whether an image has blocks to be freed: its volume has gone, and it lives on in snapshots and children. Not so what
 * is a clone, or was: when Ceph (16.2) shrinks one that has snapshots, it leaves objects behind that are never removed.
 */
function isHeadless({ volumes, emptied, parent, flattened }: Image): boolean {
  return !emptied && !flattened && parent === undefined && !Object.values(volumes).includes('')
}

async function emptyUnused(session: CephSession, name: string, image: Image): Promise<void> {
  if (!isHeadless(image)) return
  // Whoever still has it open gets no errors for it; SR.attach looks again.
  if ((await session.request('watchers', { image: name })).length > 0) return
  await session.request('empty', { image: name })
  await transact(session, [IMAGES + name], async (transaction) => {
    const found = await transaction.image(name)
    if (found !== undefined) transaction.setImage(name, { ...found, emptied: true })
  })
}

/** What Ceph says of an image that is in use, has children, or is being removed by another call. */
const NOT_NOW = ['EBUSY', 'ENOTEMPTY', 'ESTALE']

/** Whether the image is gone. One that is in use, or that a call is just making a child of, is left to SR.attach. */
async function removed(session: CephSession, image: string): Promise<boolean> {
  try {
    await session.request('remove', { image })
    return true
  } catch (error) {
    if (error instanceof CephError && NOT_NOW.includes(error.errno)) return false
    throw error
  }
}

/**
 * Waits until nobody has an image open to write it.
 * @param meanwhile called while somebody has
 * @returns the addresses of those who have it open all the same
 */
export async function awaitUnused(
  session: CephSession,
  image: string,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<readonly string[]> {
  const end = Date.now() + PATIENCE
  for (;;) {
    const addresses = await session.request('watchers', { image })
    if (addresses.length === 0 || Date.now() > end) return addresses
    await meanwhile()
    await sleep(INTERVAL)
  }
}

/** The records of all images. */
export async function readImages(session: CephSession): Promise<ReadonlyMap<string, Image>> {
  const images = new Map<string, Image>()
  for (const [name, text] of await listRecords(session, IMAGES)) images.set(name, parseImage(name, text))
  return images
}
