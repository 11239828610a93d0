import { describe, expect } from 'vitest'
import { blockDevice, type TestDevice } from '../support/block-device.ts'
import { lvm, lvmReport } from '../support/lvm.ts'
import { lacks } from '../support/needs.ts'
import { crash } from './suites/crash.ts'
import { model } from './suites/model.ts'
import type { Configuration, StorageDescription } from './suites/storage.ts'
import { story } from './suites/story.ts'

const MIB = 2 ** 20

const description: StorageDescription = {
  volume: 'volume.d/org.xen.xapi.storage.lvm',
  datapath: 'datapath.d/file',
  // An extent.
  unit: 4 * MIB,
  async start() {
    const devices: TestDevice[] = []
    const deviceOf = ({ device = '' }: Configuration) => [device]
    return {
      async newPlace() {
        // Not empty: what was there before must never be seen.
        const device = blockDevice(1024 * MIB, Buffer.alloc(64 * MIB, 'somebody else'))
        devices.push(device)
        return { device: device.path }
      },
      async check(place, volumes) {
        lvm(deviceOf(place), 'vgck')
        const rows = lvmReport(deviceOf(place), 'lvs', 'lv_name,lv_size')
        const seen = rows.map(({ lv_name = '', lv_size }) => [lv_name.slice(0, 36), Number(lv_size)])
        expect(seen.sort()).toEqual(volumes.map(({ key, virtual_size }) => [key, virtual_size]).sort())
      },
      async remains(place) {
        return lvmReport(deviceOf(place), 'pvs', 'pv_name,vg_name').map((row) => JSON.stringify(row))
      },
      image({ uri: [uri = ''] }) {
        const { pathname, searchParams } = new URL(uri)
        const part = `offset=${searchParams.get('offset')},size=${searchParams.get('size')}`
        return { open: `-o driver=raw,${part},file.driver=host_device,file.filename=${pathname}` }
      },
      async remove() {
        for (const device of devices) device.remove()
      },
    }
  },
}

describe.skipIf(lacks('lvm', 'losetup', 'loop devices', 'qemu-io', 'qemu-storage-daemon'))(
  'org.xen.xapi.storage.lvm',
  () => {
    story(description)
    crash(description)
    model(description)
  },
)
