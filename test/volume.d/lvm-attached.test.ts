/** Logical volumes that are attached, on kernels without device-mapper: nobody may take their extents. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasDeviceMapper } from '../../src/engine/lvm/device-mapper.ts'
import { blockDevice, type TestDevice } from '../support/block-device.ts'
import { installDatapath } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'
import { changed, expectContent, withDisk, write, zeroes } from './suites/content.ts'

const EXTENT = 4 * 2 ** 20

const missing = lacks('lvm', 'losetup', 'loop devices', 'qemu-io', 'qemu-storage-daemon')

// With device-mapper LVM itself refuses to take a device away from who has it open.
describe.skipIf(missing || hasDeviceMapper())('a logical volume that is attached', { timeout: 120_000 }, () => {
  let plugin: TestPlugin
  let datapath: TestPlugin
  let device: TestDevice
  beforeAll(async () => {
    plugin = await installPlugin('volume.d/org.xen.xapi.storage.lvm')
    datapath = await installDatapath('datapath.d/file', {}, plugin)
    device = blockDevice(64 * 2 ** 20)
  })
  afterAll(async () => {
    await datapath.remove()
    device.remove()
    await plugin.remove()
  })

  test('is neither destroyed, resized, reverted, nor destroyed with its SR until it is detached', async () => {
    const request = { uuid: crypto.randomUUID(), name: 'test', description: '' }
    const configuration = await plugin.call('SR.create', { ...request, configuration: { device: device.path } })
    const sr = await plugin.call('SR.attach', { configuration })
    const volume = await plugin.call('Volume.create', { sr, name: '', description: '', size: EXTENT, sharable: false })
    const { key } = volume
    const content = changed(zeroes(EXTENT), 1, 2, 0xa5)
    await write(datapath, volume, 1, 2, 0xa5)
    const snapshot = await plugin.call('Volume.snapshot', { sr, key })
    const resize = { sr, key, new_size: 2 * EXTENT }
    const revert = { sr, key, snapshot: snapshot.key }
    await withDisk(datapath, volume, async () => {
      for (const error of [
        await plugin.fail('Volume.destroy', { sr, key }),
        await plugin.fail('Volume.resize', resize),
        await plugin.fail('Volume.revert', revert),
        await plugin.fail('SR.destroy', { sr }),
      ]) {
        expect(error.params.join(': ')).toBe(`VolumeInUseError: ${key} is attached: detach it first`)
      }
      // Nothing has begun: the others can be used, and changed.
      await plugin.call('Volume.set', { sr, key, k: 'k', v: 'v' })
      await plugin.call('Volume.destroy', { sr, key: snapshot.key })
    })
    await expectContent(datapath, await plugin.call('Volume.stat', { sr, key }), content)
    await plugin.call('Volume.resize', resize)
    await plugin.call('Volume.destroy', { sr, key })
    await plugin.call('SR.destroy', { sr })
  })
})
