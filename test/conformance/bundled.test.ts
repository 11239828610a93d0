/** The bundled volume plugins whose storage is this host's: every MUST and SHOULD that applies to them holds. */
import { blockDevice } from '../support/block-device.ts'
import { lacks } from '../support/needs.ts'
import { allConform, QEMU } from './bundled.ts'

const files = (format: string) => async (directory: string) => ({
  configuration: { uri: `file://${directory}/{sr}`, format },
  remove: async () => {},
})

allConform([
  {
    name: 'file, raw',
    volume: 'volume.d/org.xen.xapi.storage.file',
    datapath: 'datapath.d/file',
    isMissing: lacks('loop devices', 'losetup'),
    start: files('raw'),
  },
  {
    name: 'file, qcow2',
    volume: 'volume.d/org.xen.xapi.storage.file',
    datapath: 'datapath.d/file',
    isMissing: lacks('loop devices', 'losetup', ...QEMU),
    start: files('qcow2'),
  },
  {
    name: 'file, vhd',
    volume: 'volume.d/org.xen.xapi.storage.file',
    datapath: 'datapath.d/file',
    isMissing: lacks(...QEMU),
    start: files('vhd'),
  },
  {
    name: 'lvm',
    volume: 'volume.d/org.xen.xapi.storage.lvm',
    datapath: 'datapath.d/file',
    isMissing: lacks('lvm', 'loop devices', 'losetup', ...QEMU),
    async start() {
      const device = blockDevice(1024 * 1024 * 1024)
      return { configuration: { device: device.path }, remove: async () => device.remove() }
    },
  },
])
