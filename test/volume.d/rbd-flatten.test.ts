/** Images of destroyed volumes, which the job in the background takes from below those that need them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { lock } from '../../src/engine/lock.ts'
import { formatRecord, IMAGES, OBJECT } from '../../volume.d/org.xen.xapi.storage.rbd/records.ts'
import { eventually } from '../support/servers/eventually.ts'
import { imageOf, missing, underCeph } from './rbd-fixture.ts'
import { type FlattenedSr, flattenedSr, nameOf } from './rbd-left.ts'
import type { Volume } from './suites/storage.ts'

const OBJECTS = 3

/** Milliseconds to wait for what must come about. */
const PATIENCE = 120_000

const it = underCeph()

describe.skipIf(missing)('images of destroyed volumes', () => {
  test('go when the only image that stands on them has got its blocks of them', async () => {
    const place = await flattenedSr(it, OBJECTS)
    const { sr, put, noJob, images } = place
    const held = lock(place.lockFile)
    const volume = await reverted(place)
    expect((await it.call('SR.stat', { sr })).health).toEqual(['Recovering', expect.anything()])
    held.remove()
    await place.attach()
    await noJob()
    expect(await images()).toEqual([nameOf(volume)])
    expect(await it.parentOf(volume)).toBeUndefined()
    place.expectHeld(volume, [0xa5, 0, 0x33])

    const clone = await it.call('Volume.clone', { sr, key: volume.key })
    const other = await it.call('Volume.clone', { sr, key: volume.key })
    put(clone, 1, 0x11)
    await it.call('Volume.destroy', { sr, key: volume.key })
    await noJob()
    expect([await it.parentOf(clone), await it.parentOf(other)]).toEqual([nameOf(volume), nameOf(volume)])
    const above = await it.call('Volume.clone', { sr, key: clone.key })
    await it.call('Volume.destroy', { sr, key: clone.key })
    await noJob()
    // Its blocks would be there twice: the first one is needed by another as well.
    expect(await it.parentOf(above)).toBe(nameOf(clone))
    await it.call('Volume.destroy', { sr, key: other.key })
    await noJob()
    expect(await images()).toEqual([nameOf(above)])
    place.expectHeld(above, [0xa5, 0x11, 0x33])
    expect(await it.call('SR.stat', { sr })).toMatchObject({ health: ['Healthy', expect.anything()] })
    await place.destroy()
  }, 240_000)

  test('stay where the snapshot below is one that Ceph keeps for its children only', async () => {
    const place = await flattenedSr(it, OBJECTS)
    const { sr, session } = place
    const held = lock(place.lockFile)
    const volumes = [await left(place), await left(place)]
    for (const [index, volume] of volumes.entries()) {
      const image = (await place.recordOf(nameOf(volume))).parent?.image ?? ''
      const record = await place.recordOf(image)
      // As versions did that did not flatten: the second one's record still says that it is held.
      const [pool, namespace] = imageOf(volume).split('/')
      await it.ceph.rbd(
        'snap',
        'rm',
        '--no-progress',
        `${pool}/${namespace}/${image}@${Object.values(record.held ?? {})[0]}`,
      )
      if (index > 0) continue
      const { held: _, ...former } = record
      const values = { [IMAGES + image]: formatRecord(former) }
      expect(await session.request('write', { object: OBJECT, compare: {}, values, remove: [] })).toBe(true)
    }
    held.remove()
    await place.attach()
    await place.noJob()
    for (const volume of volumes) {
      expect(await it.parentOf(volume)).toBeDefined()
      place.expectHeld(volume, [0xa5, 0x33])
      await it.call('Volume.destroy', { sr, key: volume.key })
    }
    await place.noJob()
    expect(await place.images()).toEqual([])
    await place.destroy()
  }, 240_000)

  test('go while the volume is written', async () => {
    const place = await flattenedSr(it, OBJECTS)
    const held = lock(place.lockFile)
    const volume = await left(place)
    const target = `rbd:${imageOf(volume)}:conf=${it.ceph.configuration}:keyring=${it.ceph.keyring}`
    const user = spawn('qemu-io', ['-f', 'raw', target], { stdio: ['pipe', 'pipe', 'inherit'] })
    const said = { text: '' }
    user.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.text += text
    })
    const ended = once(user, 'exit')
    user.stdin.write('write -P 0x44 4M 64k\n')
    await eventually(() => said.text.includes('wrote 65536'), 'the user has written', PATIENCE)
    held.remove()
    await place.attach()
    await place.noJob()
    expect(await it.parentOf(volume)).toBeUndefined()
    user.stdin.end('write -P 0x55 4160k 64k\nread -P 0xa5 0 64k\nq\n')
    expect(await ended).toEqual([0, null])
    expect(said.text).not.toMatch(/verification failed|error/i)
    it.io(volume, 'read -P 0x44 4M 64k', 'read -P 0x55 4160k 64k', 'read -P 0x33 64k 64k', 'read -P 0xa5 8M 64k')
    await place.destroy()
  }, 240_000)
})

/** A volume that stands on the image of a destroyed one, which nothing else needs. */
async function left({ sr, create, put }: FlattenedSr): Promise<Volume> {
  const source = await create()
  put(source, 0, 0xa5)
  const volume = await it.call('Volume.clone', { sr, key: source.key })
  put(volume, 1, 0x33)
  await it.call('Volume.destroy', { sr, key: source.key })
  return volume
}

/** A volume that stands on the image which it had before it was reverted, and that nothing else needs. */
async function reverted({ sr, create, put }: FlattenedSr): Promise<Volume> {
  const volume = await create()
  const { key } = volume
  put(volume, 0, 0xa5)
  const snapshot = await it.call('Volume.snapshot', { sr, key })
  put(volume, 1, 0x5a)
  await it.call('Volume.revert', { sr, key, snapshot: snapshot.key })
  const after = await it.call('Volume.stat', { sr, key })
  put(after, 2, 0x33)
  await it.call('Volume.destroy', { sr, key: snapshot.key })
  return after
}
