/** Volumes of the file plugin that are attached: their SR is not taken away from under them, whatever serves them; qcow2 images are in file-qcow2.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installDatapath } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import type { TestPlugin } from '../support/plugin.ts'
import { fileStorage } from './file-storage.ts'
import { changed, expectBytes, expectStored, withDisk, write, zeroes } from './suites/content.ts'
import { underTest } from './suites/storage.ts'

const SIZE = 2 ** 20

const BY_KERNEL = { engine: 'kernel' }
const BY_QEMU = { engine: 'qsd' }

const CASES = [
  { format: 'raw', options: BY_KERNEL, missing: lacks('losetup', 'loop devices', 'qemu-io') },
  { format: 'raw', options: BY_QEMU, missing: lacks('qemu-storage-daemon', 'qemu-io') },
  { format: 'vhd', options: BY_QEMU, missing: lacks('qemu-storage-daemon', 'qemu-io', 'qemu-img') },
] as const

for (const { format, options, missing } of CASES) {
  describe.skipIf(missing)(`a ${format} volume attached through ${options.engine}`, () => {
    const it = underTest(fileStorage(format))
    let datapath: TestPlugin
    beforeAll(async () => {
      datapath = await installDatapath('datapath.d/file', options, it.plugin)
    }, 120_000)
    afterAll(() => datapath.remove())

    test('keeps its SR from being destroyed until it is detached', async () => {
      const { plugin, storage } = it
      const { sr, place } = await it.newSr()
      const request = { sr, name: '', description: '', size: SIZE, sharable: false }
      const volume = await plugin.call('Volume.create', request)
      await plugin.call('Volume.create', request)
      const content = changed(zeroes(SIZE), 1, 2, 0xa5)
      await write(datapath, volume, 1, 2, 0xa5)
      await withDisk(datapath, volume, async (target) => {
        const { params } = await plugin.fail('SR.destroy', { sr })
        expect(params.join(': ')).toBe(`VolumeInUseError: ${volume.key} is in use: detach it first`)
        // Nothing has begun: all volumes are there, and the others can be changed.
        expect(await plugin.call('SR.ls', { sr })).toHaveLength(2)
        await plugin.call('Volume.create', request)
        await expectBytes(target, content)
      })
      await expectStored(it, volume, content)
      await plugin.call('SR.destroy', { sr })
      expect(await storage.remains(place)).toEqual([])
    }, 120_000)
  })
}
