/** What a user does with an SR from its creation to its end, through the command line `smapiv3`. */
import { describe, expect, test } from 'vitest'
import { io, targetOf } from '../../support/datapath.ts'
import { commandLine, settings, typeOf } from './command-line.ts'
import { BLOCK, type Content, changed, expectAllStored, expectBytes, grown, store, zeroes } from './content.ts'
import { type Configuration, type StorageDescription, underTest, type Volume } from './storage.ts'

export function story(description: StorageDescription): void {
  describe('a user', () => {
    const it = underTest(description)
    const cli = commandLine(it, description)

    /** Runs commands of qemu-io on a disk that the command line attaches and detaches. */
    async function onDisk(key: string, body: (target: string) => Promise<void>, ...options: string[]): Promise<void> {
      const backend = await cli<Parameters<typeof targetOf>[0]>('disk', 'attach', 'story', key, ...options)
      try {
        await body(targetOf(backend))
      } finally {
        await cli('disk', 'detach', 'story', key)
      }
    }
    const writeTo = (key: string, first: number, value: number) =>
      onDisk(key, (target) => io(target, [`write -P ${value} ${first * BLOCK} ${BLOCK}`, 'flush']))
    const expectIn = (key: string, content: Content) =>
      onDisk(key, (target) => expectBytes(target, content), '--read-only')

    test('makes an SR, uses volumes and removes all of it', async () => {
      const { storage, unit } = it
      const type = typeOf(description)
      const { uuid, configuration } = await cli<{ uuid: string; configuration: Configuration }>(
        ...['sr', 'create', type, '--name', 'story', ...settings(await storage.newPlace())],
      )
      const attach = () => cli('sr', 'attach', type, '--uuid', uuid, ...settings(configuration))
      await attach()
      expect(await cli('sr', 'stat', 'story')).toMatchObject({ uuid, name: 'story', health: ['Healthy', ''] })
      const { key } = await cli<Volume>('volume', 'create', 'story', 'disk', String(2 * unit))
      await cli('sr', 'detach', 'story')
      await attach()
      const list = () => cli<Volume[]>('volume', 'ls', 'story')
      expect(await list()).toMatchObject([{ key, name: 'disk', virtual_size: 2 * unit, read_write: true }])

      const empty = zeroes(2 * unit)
      const before = changed(empty, 2, 1, 0xa5)
      const after = changed(before, 3, 1, 0x5a)
      await expectIn(key, empty)
      await writeTo(key, 2, 0xa5)
      const contents = new Map([[key, before]])

      if (it.has('VDI_SNAPSHOT')) {
        const snapshot = await cli<Volume>('volume', 'snapshot', 'story', key)
        expect(snapshot).toMatchObject({ read_write: false, virtual_size: 2 * unit })
        await writeTo(key, 3, 0x5a)
        contents.set(snapshot.key, before).set(key, after)
        if (it.has('VDI_CLONE')) {
          const clone = await cli<Volume>('volume', 'clone', 'story', snapshot.key)
          expect(clone).toMatchObject({ read_write: true, virtual_size: 2 * unit })
          await writeTo(clone.key, 9, 0x33)
          contents.set(clone.key, changed(before, 9, 1, 0x33))
        }
        for (const [each, content] of contents) await expectIn(each, content)
        if (it.has('VDI_REVERT')) {
          await cli('volume', 'revert', 'story', key, snapshot.key)
          contents.set(key, before)
        }
      }
      if (it.has('VDI_RESIZE')) {
        await cli('volume', 'resize', 'story', key, String(3 * unit))
        contents.set(key, grown(contents.get(key) ?? empty, 3 * unit))
        await writeTo(key, (3 * unit) / BLOCK - 1, 0x11)
        contents.set(key, changed(contents.get(key) ?? empty, (3 * unit) / BLOCK - 1, 1, 0x11))
      }
      for (const [each, content] of contents) await expectIn(each, content)

      await cli('sr', 'detach', 'story')
      await attach()
      await storage.settle?.(configuration)
      const volumes = await list()
      expect(volumes.map((volume) => volume.key).sort()).toEqual([...contents.keys()].sort())
      await storage.check(configuration, volumes)
      for (const each of [...contents.keys()]) await cli('volume', 'destroy', 'story', each)
      expect(await list()).toEqual([])
      await cli('sr', 'destroy', 'story')
      expect(await storage.remains(configuration)).toEqual([])
    }, 300_000)

    test('destroys a volume, its snapshot and the clone of that in every order', async () => {
      const { plugin, storage, unit } = it
      if (!it.has('VDI_SNAPSHOT') || !it.has('VDI_CLONE')) return
      const { sr, place } = await it.newSr()
      for (const order of ORDERS) {
        const request = { sr, name: '', description: '', size: unit, sharable: false }
        const volume = await plugin.call('Volume.create', request)
        await store(it, volume, 1, 2, 0xa5)
        const snapshot = await plugin.call('Volume.snapshot', { sr, key: volume.key })
        await store(it, volume, 4, 2, 0x5a)
        const clone = await plugin.call('Volume.clone', { sr, key: snapshot.key })
        await store(it, clone, 7, 2, 0x33)
        const before = changed(zeroes(unit), 1, 2, 0xa5)
        const all = { volume, snapshot, clone }
        const content = { volume: changed(before, 4, 2, 0x5a), snapshot: before, clone: changed(before, 7, 2, 0x33) }
        for (const [done, name] of order.entries()) {
          await plugin.call('Volume.destroy', { sr, key: all[name].key })
          const left = new Map(order.slice(done + 1).map((name) => [all[name].key, content[name]]))
          const volumes = await plugin.call('SR.ls', { sr })
          expect(volumes.map(({ key }) => key).sort()).toEqual([...left.keys()].sort())
          await expectAllStored(
            it,
            volumes.map((volume) => [volume, left.get(volume.key) ?? []]),
          )
        }
      }
      await storage.settle?.(place)
      await plugin.call('SR.attach', { configuration: place })
      await storage.check(place, [])
      await plugin.call('SR.destroy', { sr })
      expect(await storage.remains(place)).toEqual([])
    }, 300_000)
  })
}

const ORDERS = [
  ['volume', 'snapshot', 'clone'],
  ['volume', 'clone', 'snapshot'],
  ['snapshot', 'volume', 'clone'],
  ['snapshot', 'clone', 'volume'],
  ['clone', 'volume', 'snapshot'],
  ['clone', 'snapshot', 'volume'],
] as const
