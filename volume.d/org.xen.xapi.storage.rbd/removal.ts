/** What dead calls left of volumes and images, and the end of all of them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CephError, type CephSession } from '../../src/engine/ceph/session.ts'
import { VolumeInUseError } from '../../src/engine/sr/errors.ts'
import { isAnyLeft } from './flattening.ts'
import { awaitUnused, collect, isUnfinished, readImages } from './images.ts'
import { isOwnName, parseVolume, VOLUMES } from './records.ts'
import type { Repository } from './repository.ts'
import { listRecords } from './transaction.ts'
import { removeVolume } from './volume.ts'
import { removeLeftovers } from './work.ts'

/** Milliseconds to wait for calls at work on an SR that is being destroyed: they notice, and undo what they did. */
const PATIENCE = 60_000
const INTERVAL = 100

/**
 * Finishes what dead calls began.
 * @returns whether there are images to be flattened
 */
export async function sweep(repository: Repository): Promise<boolean> {
  const { session } = repository
  await removeLeftovers(session)
  for (const [key, text] of await listRecords(session, VOLUMES)) {
    if (text.includes('"destroying"') && parseVolume(key, text).destroying) await removeVolume(repository, key)
  }
  for (const [name, image] of await readImages(session)) {
    if (isUnfinished(image)) await collect(session, name)
  }
  return isAnyLeft(session)
}

/**
 * Removes all images of an SR that is being destroyed, children before their parents, and leaves the records.
 * @throws VolumeInUseError where somebody has one open
 */
export async function removeEverything({ session }: Repository): Promise<void> {
  await awaitCalls(session)
  const images = await readImages(session)
  const known = [...images].sort(([, left], [, right]) => right.depth - left.depth).map(([name]) => name)
  const unknown = (await session.request('images', {})).filter((name) => isOwnName(name) && !images.has(name))
  const there = new Set(await session.request('images', {}))
  for (const image of [...unknown, ...known]) if (there.has(image)) await removeImage(session, image)
}

async function removeImage(session: CephSession, image: string): Promise<void> {
  const users = await usersOf(session, image)
  if (users.length > 0) throw new VolumeInUseError(`${users.join(', ')} has the image ${image} open`)
  await session.request('remove', { image })
}

/** An image whose removal was killed is listed, and cannot be opened: nobody uses it. */
async function usersOf(session: CephSession, image: string): Promise<readonly string[]> {
  try {
    return await awaitUnused(session, image)
  } catch (error) {
    if (error instanceof CephError && error.errno === 'ENOENT') return []
    throw error
  }
}

async function awaitCalls(session: CephSession): Promise<void> {
  const end = Date.now() + PATIENCE
  while ((await removeLeftovers(session)) && Date.now() < end) await sleep(INTERVAL)
}
