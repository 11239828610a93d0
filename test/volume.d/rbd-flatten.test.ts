/** Images of destroyed volumes, which the job in the background takes from below those that need them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { CephSession } from '../../src/engine/ceph/session.ts'
import { lock } from '../../src/engine/lock.ts'
import { sendSignal } from '../../src/engine/qsd/daemon-process.ts'
import { formatRecord, IMAGES, OBJECT, parseWork, WORK } from '../../volume.d/org.xen.xapi.storage.rbd/records.ts'
import { processesNaming } from '../support/datapath.ts'
import { installPlugin } from '../support/plugin.ts'
import { eventually } from '../support/servers/eventually.ts'
import { imageOf, missing, underCeph } from './rbd-fixture.ts'
import { type FlattenedSr, flattenedSr, nameOf, slowOsd } from './rbd-left.ts'
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

  test('on another host do not keep a volume from being destroyed that is being flattened there', async () => {
    const place = await flattenedSr(it, 32)
    const { sr, session } = place
    const held = lock(place.lockFile)
    const volumes = [await left(place), await left(place)]
    const watchTimeout = (seconds: number) =>
      it.ceph.ceph('tell', 'osd.0', 'config', 'set', 'osd_client_watch_timeout', String(seconds))
    await watchTimeout(120)
    // So that each of many steps takes as long as a look at what the job does: it is met in the middle of an image.
    await slowOsd(it.ceph, 0.03)
    const host = await otherHost()
    const elsewhere = await installPlugin('volume.d/org.xen.xapi.storage.rbd', undefined, {}, host.through)
    const signal = (name: NodeJS.Signals) => {
      for (const pid of processesNaming(join(elsewhere.directory, 'cluster'))) sendSignal(pid, name)
    }
    try {
      // It starts a job there.
      await elsewhere.call('SR.attach', { configuration: { uri: sr } })
      const subject = await stoppedAt(session, volumes, signal)
      await slowOsd(it.ceph, 0)
      // Who has it open does not answer, and the cluster would count him as one who does for two minutes.
      await it.call('Volume.destroy', { sr, key: subject.key })
      signal('SIGCONT')
      const others = volumes.filter((volume) => volume !== subject)
      const isEnded = () => processesNaming(elsewhere.directory).length === 0
      await eventually(isEnded, 'the job has ended', PATIENCE)
      for (const volume of others) {
        expect(await it.parentOf(volume)).toBeUndefined()
        place.expectHeld(volume, [0xa5, 0x33])
      }
      expect(await place.images()).toEqual(others.map(nameOf).sort())
    } finally {
      host.end()
      await slowOsd(it.ceph, 0)
      await watchTimeout(5)
      await elsewhere.remove()
    }
    held.remove()
    await place.destroy()
  }, 240_000)
})

/** A namespace of processes: what runs in it is none of this host's to the plugin. */
async function otherHost() {
  const options = [
    '--pid',
    '--mount',
    '--fork',
    '--kill-child',
    'sh',
    '-c',
    'mount -t proc proc /proc && echo && exec cat',
  ]
  const holder = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'unshare', ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(holder.stdout, 'data')
  const [first] = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8').split(' ')
  return { through: ['nsenter', `--target=${first}`, '--pid', '--mount', '--'], end: () => holder.kill('SIGKILL') }
}

/** A volume that stands on the image of a destroyed one, which nothing else needs. */
async function left({ sr, create, put }: FlattenedSr): Promise<Volume> {
  const source = await create()
  put(source, 0, 0xa5)
  const volume = await it.call('Volume.clone', { sr, key: source.key })
  put(volume, 1, 0x33)
  await it.call('Volume.destroy', { sr, key: source.key })
  return volume
}

/** Stops a job's connection to the cluster while it has an image open to flatten it. */
async function stoppedAt(session: CephSession, volumes: readonly Volume[], signal: (name: NodeJS.Signals) => void) {
  const flattened = async () => {
    const works = await session.request('list_records', { object: OBJECT, prefix: WORK })
    const names = Object.entries(works).map(([key, text]) => parseWork(key, text).flattening)
    return volumes.find((volume) => names.includes(nameOf(volume)))
  }
  let subject: Volume | undefined
  await eventually(
    async () => {
      if ((await flattened()) === undefined) return false
      signal('SIGSTOP')
      subject = await flattened()
      if (subject !== undefined && (await session.request('watchers', { image: nameOf(subject) })).length > 0)
        return true
      signal('SIGCONT')
      return false
    },
    'an image is being flattened',
    PATIENCE,
  )
  if (subject === undefined) throw new Error('no volume is being flattened')
  return subject
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
