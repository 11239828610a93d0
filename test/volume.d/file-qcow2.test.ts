/** What qcow2 images are for: snapshots of disks in use, chains that are merged, sizes, copies. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { MethodName, Params } from '../../src/contract/methods.ts'
import { lock } from '../../src/engine/lock.ts'
import { nodeNames } from '../../src/engine/qsd/nodes.ts'
import { withQmp } from '../../src/engine/qsd/qmp.ts'
import { removeExport } from '../../src/engine/qsd/undo.ts'
import { killDaemons } from '../datapath.d/networked.ts'
import { io, targetOf } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { fileStorage } from './file-storage.ts'
import {
  BLOCK,
  type Content,
  changed,
  expectBytes,
  expectContent,
  expectStored,
  grown,
  write,
  zeroes,
} from './suites/content.ts'
import { randomNumbers, SEED } from './suites/random.ts'
import { type Configuration, underTest, type Volume } from './suites/storage.ts'

const MIB = 2 ** 20
const SIZE = 2 * MIB

/** Kills of calls on a disk in use. */
const CRASHES = Number(process.env.SMAPIV3_CRASHES ?? 12)

describe.skipIf(lacks('qemu-img', 'qemu-io', 'qemu-storage-daemon'))('qcow2 images', () => {
  const it = underTest(fileStorage('qcow2'))
  const create = (sr: string, size = SIZE) =>
    it.plugin.call('Volume.create', { sr, name: 'v', description: '', size, sharable: false })
  const pathOf = ({ uri: [uri = ''] }: Volume) => fileURLToPath(uri)

  /** Attaches and activates a volume, and gives what qemu-io takes. */
  async function use(volume: Volume, domain = '1'): Promise<string> {
    const [uri = ''] = volume.uri
    const backend = await it.datapath.call('Datapath.attach', { uri, domain })
    onTestFinished(() => leave(volume, domain))
    await it.datapath.call('Datapath.activate', { uri, domain })
    return targetOf(backend)
  }
  async function leave({ uri: [uri = ''] }: Volume, domain = '1'): Promise<void> {
    await it.datapath.call('Datapath.deactivate', { uri, domain })
    await it.datapath.call('Datapath.detach', { uri, domain })
  }
  const put = (target: string, first: number, value: number) =>
    io(target, [`write -P ${value} ${first * BLOCK} ${BLOCK}`, 'flush'])

  async function settle(sr: string, place: Configuration, keys: readonly string[]): Promise<void> {
    await it.plugin.call('SR.attach', { configuration: place })
    await it.storage.settle?.(place)
    const volumes = await it.plugin.call('SR.ls', { sr })
    expect(volumes.map(({ key }) => key).sort()).toEqual([...keys].sort())
    await it.storage.check(place, volumes)
  }

  test('a disk in use goes on while snapshots and clones are made of it, and while it grows', async () => {
    const { plugin } = it
    const { sr, place } = await it.newSr()
    const volume = await create(sr)
    const { key } = volume
    const target = await use(volume)
    let content = zeroes(SIZE)
    const snapshots = new Map<Volume, typeof content>()
    for (let round = 0; round < 3; round++) {
      await put(target, round, 0x10 + round)
      content = changed(content, round, 1, 0x10 + round)
      const made = await plugin.call(round === 1 ? 'Volume.clone' : 'Volume.snapshot', { sr, key })
      snapshots.set(made, content)
      await put(target, 8 + round, 0x20 + round)
      content = changed(content, 8 + round, 1, 0x20 + round)
      await expectBytes(target, content)
      await expectContent(it.datapath, made, snapshots.get(made) ?? [])
    }
    await plugin.call('Volume.resize', { sr, key, new_size: 2 * SIZE })
    content = grown(content, 2 * SIZE)
    expect(await plugin.call('Volume.stat', { sr, key })).toMatchObject({ virtual_size: 2 * SIZE })
    await put(target, 40, 0x33)
    content = changed(content, 40, 1, 0x33)
    await expectBytes(target, content)
    const [snapshot] = snapshots.keys()
    const revert = { sr, key, snapshot: snapshot?.key ?? '' }
    expect((await plugin.fail('Volume.revert', revert)).params[0]).toBe('VolumeInUseError')
    expect((await plugin.fail('Volume.destroy', { sr, key })).params[0]).toBe('VolumeInUseError')
    await leave(volume)
    await expectContent(it.datapath, volume, content)
    for (const [made, held] of snapshots) await expectStored(it, made, held)
    await settle(sr, place, [key, ...[...snapshots.keys()].map((made) => made.key)])
    await plugin.call('Volume.revert', revert)
    await expectContent(it.datapath, volume, snapshot === undefined ? [] : (snapshots.get(snapshot) ?? []))
    await plugin.call('SR.destroy', { sr })
  }, 240_000)

  test('images below a disk in use are merged, its own is not touched', async () => {
    const { plugin, storage } = it
    const { sr, place } = await it.newSr()
    const volume = await create(sr)
    const target = await use(volume)
    let content = zeroes(SIZE)
    const keys: string[] = []
    for (let round = 0; round < 4; round++) {
      await put(target, round, 0x40 + round)
      content = changed(content, round, 1, 0x40 + round)
      keys.push((await plugin.call('Volume.snapshot', { sr, key: volume.key })).key)
    }
    const { ino } = statSync(pathOf(volume))
    const last = keys.pop() ?? ''
    for (const key of keys) await plugin.call('Volume.destroy', { sr, key })
    await storage.settle?.(place)
    expect(statSync(pathOf(volume)).ino).toBe(ino)
    await expectBytes(target, content)
    const directory = fileURLToPath(sr)
    const images = () => readdirSync(directory).filter((name) => name.endsWith('.qcow2'))
    expect(images().sort()).toEqual([`${volume.key}.qcow2`, `${last}.qcow2`].sort())
    await plugin.call('Volume.destroy', { sr, key: last })
    await storage.settle?.(place)
    expect(statSync(pathOf(volume)).ino).toBe(ino)
    await leave(volume)
    await settle(sr, place, [volume.key])
    expect(images()).toEqual([`${volume.key}.qcow2`])
    await expectContent(it.datapath, volume, content)
    await plugin.call('SR.destroy', { sr })
  }, 240_000)

  test(
    `${CRASHES} calls on a disk in use are killed, and no write is lost (SMAPIV3_SEED=${SEED})`,
    async () => {
      const { plugin } = it
      const random = randomNumbers(SEED)
      const { sr, place } = await it.newSr()
      const volume = await create(sr)
      const { key } = volume
      const target = await use(volume)
      let content = zeroes(SIZE)
      const durations = new Map<string, number>()

      async function kill<M extends MethodName>(method: M, params: Omit<Params<M>, 'dbg'>): Promise<void> {
        const begin = performance.now()
        const child = plugin.start(method, params)
        const closed = once(child, 'close')
        const known = durations.get(method)
        if (known !== undefined) {
          await Promise.race([closed, sleep((known * random(1000)) / 1000)])
          child.kill('SIGKILL')
        }
        await closed
        if (known === undefined) durations.set(method, performance.now() - begin)
      }

      for (let done = 0; done < CRASHES; done++) {
        const value = 1 + random(255)
        const first = random(content.length)
        await put(target, first, value)
        content = changed(content, first, 1, value)
        if (done % 3 === 2) {
          const new_size = content.length * BLOCK + MIB
          await kill('Volume.resize', { sr, key, new_size })
          await plugin.call('Volume.resize', { sr, key, new_size })
          content = grown(content, new_size)
        } else await kill(done % 3 === 0 ? 'Volume.snapshot' : 'Volume.clone', { sr, key })
        await put(target, 0, value)
        content = changed(content, 0, 1, value)
        const made = await plugin.call('Volume.snapshot', { sr, key })
        await put(target, 1, value)
        await expectStored(it, made, content)
        content = changed(content, 1, 1, value)
        await expectBytes(target, content)
        for (const { key: other } of await plugin.call('SR.ls', { sr })) {
          if (other !== key) await plugin.call('Volume.destroy', { sr, key: other })
        }
      }
      await leave(volume)
      await expectContent(it.datapath, await plugin.call('Volume.stat', { sr, key }), content)
      await settle(sr, place, [key])
      await expectContent(it.datapath, await plugin.call('Volume.stat', { sr, key }), content)
      await plugin.call('SR.destroy', { sr })
      expect(await it.storage.remains(place)).toEqual([])
    },
    Math.max(300_000, CRASHES * 20_000),
  )

  test.each(['Volume.resize', 'Datapath.attach'] as const)(
    'a disk that a killed call made larger and did not show is shown by %s',
    async (method) => {
      const { plugin, datapath } = it
      const { sr } = await it.newSr()
      const volume = await create(sr)
      const [uri = ''] = volume.uri
      const target = await use(volume)
      await put(target, 0, 0x11)
      const [, socket = '', id = ''] = /^nbd:unix:(.*):exportname=(.*)$/.exec(target) ?? []
      // What Volume.resize does, up to the instant.
      await withQmp(join(dirname(socket), 'qmp'), async (qmp) => {
        await removeExport(qmp, `${id}-nbd`)
        await qmp.execute('block_resize', { 'node-name': nodeNames(id).top, size: 2 * SIZE })
      })
      if (method === 'Volume.resize') await plugin.call(method, { sr, key: volume.key, new_size: 2 * SIZE })
      else await datapath.call(method, { uri, domain: '1' })
      await put(target, 40, 0x33)
      const content = changed(changed(grown(zeroes(SIZE), 2 * SIZE), 0, 1, 0x11), 40, 1, 0x33)
      await expectBytes(target, content)
      const { implementations } = await datapath.call('Datapath.attach', { uri, domain: '1' })
      for (const [kind, value] of implementations) {
        if (kind !== 'BlockDevice') continue
        expect(execFileSync('blockdev', ['--getsize64', value.path], { encoding: 'utf8' }).trim()).toBe(`${2 * SIZE}`)
        await expectBytes(value.path, content)
      }
      await leave(volume)
      await plugin.call('SR.destroy', { sr })
    },
  )

  test('a chain that is too long is SR_BACKEND_FAILURE_109, until snapshots are destroyed', async () => {
    const { plugin, storage } = it
    const { sr, place } = await it.newSr()
    const volume = await create(sr)
    await write(it.datapath, volume, 3, 1, 0x77)
    const snapshot = () => plugin.call('Volume.snapshot', { sr, key: volume.key })
    const keys: string[] = []
    for (let depth = 1; depth < 30; depth++) keys.push((await snapshot()).key)
    expect(await plugin.fail('Volume.snapshot', { sr, key: volume.key })).toMatchObject({
      code: 'SR_BACKEND_FAILURE_109',
    })
    for (const key of keys) await plugin.call('Volume.destroy', { sr, key })
    await storage.settle?.(place)
    keys.push((await snapshot()).key)
    await expectContent(it.datapath, volume, changed(zeroes(SIZE), 3, 1, 0x77))
    await plugin.call('SR.destroy', { sr })
  }, 240_000)

  test('the SR is recovering while the job is at work', async () => {
    const { plugin } = it
    const { sr } = await it.newSr()
    const held = lock(join(fileURLToPath(sr), 'coalesce.lock'))
    expect((await plugin.call('SR.stat', { sr })).health[0]).toBe('Recovering')
    held.remove()
    expect((await plugin.call('SR.stat', { sr })).health).toEqual(['Healthy', ''])
    await plugin.call('SR.destroy', { sr })
  })

  test('an SR is not destroyed while one of its volumes is in use', async () => {
    const { plugin, storage } = it
    const { sr, place } = await it.newSr()
    const volume = await create(sr)
    await create(sr)
    const target = await use(volume)
    const error = await plugin.fail('SR.destroy', { sr })
    expect(error.params.join(': ')).toBe(`VolumeInUseError: ${volume.key} is in use: detach it first`)
    expect(await plugin.call('SR.ls', { sr })).toHaveLength(2)
    await put(target, 1, 0xa5)
    await leave(volume)
    await plugin.call('SR.destroy', { sr })
    expect(await storage.remains(place)).toEqual([])
  })

  test('an SR can be destroyed while the job is at work', async () => {
    const { plugin, storage } = it
    const { sr, place } = await it.newSr()
    const volume = await create(sr)
    for (let round = 0; round < 4; round++) {
      await write(it.datapath, volume, 0, SIZE / BLOCK, 1 + round)
      const { key } = await plugin.call('Volume.snapshot', { sr, key: volume.key })
      await plugin.call('Volume.destroy', { sr, key })
    }
    await plugin.call('SR.destroy', { sr })
    expect(storage.jobs?.(place)).toEqual([])
    expect(await storage.remains(place)).toEqual([])
  }, 120_000)

  test('images in the middle of a chain are merged, one above the other', async () => {
    const { plugin, storage } = it
    const { sr, place } = await it.newSr()
    const volume = await create(sr)
    const snapshots: Volume[] = []
    const contents = new Map<string, Content>()
    let content = zeroes(SIZE)
    for (let round = 0; round < 6; round++) {
      await write(it.datapath, volume, round, 2, 0x50 + round)
      content = changed(content, round, 2, 0x50 + round)
      const made = await plugin.call('Volume.snapshot', { sr, key: volume.key })
      snapshots.push(made)
      contents.set(made.key, content)
    }
    for (const index of [1, 2, 4]) {
      await plugin.call('Volume.destroy', { sr, key: snapshots[index]?.key ?? '' })
      contents.delete(snapshots[index]?.key ?? '')
    }
    await settle(sr, place, [volume.key, ...contents.keys()])
    const images = readdirSync(fileURLToPath(sr)).filter((name) => name.endsWith('.qcow2'))
    expect(images.sort()).toEqual([volume.key, ...contents.keys()].map((key) => `${key}.qcow2`).sort())
    for (const made of snapshots) {
      const held = contents.get(made.key)
      if (held !== undefined) await expectStored(it, made, held)
    }
    await expectStored(it, volume, content)
    await storage.check(place, await plugin.call('SR.ls', { sr }))
    await plugin.call('SR.destroy', { sr })
  }, 240_000)

  test('a volume that another process writes is left alone', async () => {
    const { plugin } = it
    const { sr } = await it.newSr()
    const volume = await create(sr)
    const holder = spawn('qemu-io', ['-f', 'qcow2', pathOf(volume)])
    try {
      // It prompts when it has the image open.
      await once(holder.stdout, 'data')
      const { key } = volume
      for (const failed of [
        plugin.fail('Volume.snapshot', { sr, key }),
        plugin.fail('Volume.clone', { sr, key }),
        plugin.fail('Volume.resize', { sr, key, new_size: 2 * SIZE }),
        plugin.fail('Volume.destroy', { sr, key }),
      ]) {
        expect((await failed).params[0]).toBe('VolumeInUseError')
      }
    } finally {
      const closed = once(holder, 'close')
      holder.stdin.end()
      await closed
    }
    await plugin.call('SR.destroy', { sr })
  }, 120_000)

  test('its daemon is killed: the volume keeps what was flushed, and snapshots of it work', async () => {
    const { plugin } = it
    const { sr } = await it.newSr()
    const volume = await create(sr)
    const target = await use(volume)
    await put(target, 2, 0x44)
    const first = await plugin.call('Volume.snapshot', { sr, key: volume.key })
    await put(target, 3, 0x45)
    await killDaemons(plugin.runDirectory)
    const second = await plugin.call('Volume.snapshot', { sr, key: volume.key })
    await leave(volume)
    const content = changed(zeroes(SIZE), 2, 1, 0x44)
    await expectStored(it, first, content)
    await expectStored(it, second, changed(content, 3, 1, 0x45))
    await expectContent(it.datapath, volume, changed(content, 3, 1, 0x45))
    await plugin.call('SR.destroy', { sr })
  }, 120_000)
})
