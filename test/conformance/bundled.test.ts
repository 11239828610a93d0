/** The bundled plugins on their real engines: every MUST and SHOULD that applies to them holds. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildPlugin } from '../../src/build/plugin.ts'
import { runConformance } from '../../src/conformance/index.ts'
import { blockDevice } from '../support/block-device.ts'
import { lacks } from '../support/needs.ts'
import { CEPH_NEEDS, cephCluster } from '../support/servers/ceph.ts'
import { ISCSI_NEEDS, iscsiServer } from '../support/servers/iscsi.ts'
import { NFS_NEEDS, nfsServer } from '../support/servers/nfs.ts'
import { SMB_NEEDS, smbServer } from '../support/servers/smb.ts'
import { isolated, wrong } from './bundled.ts'

const REPOSITORY = join(import.meta.dirname, '../..')
const LONG = 600_000

/** Storage that SRs can be made on. */
interface Place {
  readonly configuration: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  remove(): Promise<void>
}

interface Bundled {
  readonly name: string
  readonly volume: string
  readonly datapath: string
  readonly isMissing: boolean
  readonly start: (directory: string) => Promise<Place>
  /** Clauses to judge where not all are; SMAPIV3_CONFORMANCE=whole judges all. */
  readonly only?: readonly string[]
}

/** What only the engine below a plugin decides. The rest is decided by code that the file plugin is judged with. */
const ENGINE = [
  'SR-CREATE',
  'SR-DESTROY',
  'VOL-CREATE',
  'VOL-RESIZE',
  'DP-ATTACH',
  'DATA-KEEP',
  'DATA-SNAPSHOT',
  'DATA-CLONE-00',
  'LEAK',
]

/** What those decide that keep names and metadata in a way of their own. */
const TEXTS = ['VOL-SET', 'INP-UNICODE', 'INP-META']

/** Judges every clause on each of them, which takes long. */
const WHOLE = process.env.SMAPIV3_CONFORMANCE === 'whole'

const QEMU = ['qemu-storage-daemon', 'qemu-block-extra', 'qemu-img'] as const

const files = (format: string) => async (directory: string) => ({
  configuration: { uri: `file://${directory}/{sr}`, format },
  remove: async () => {},
})

const BUNDLED: readonly Bundled[] = [
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
    only: [...ENGINE, 'VOL-CBT', 'VOL-COMPOSE'],
  },
  {
    name: 'file, vhd',
    volume: 'volume.d/org.xen.xapi.storage.file',
    datapath: 'datapath.d/file',
    isMissing: lacks(...QEMU),
    start: files('vhd'),
    // The rest is that of raw images.
    only: ['VOL-RESIZE', 'VOL-COMPARE', 'DATA-RESIZE', 'DATA-KEEP-001'],
  },
  {
    name: 'rbd',
    volume: 'volume.d/org.xen.xapi.storage.rbd',
    datapath: 'datapath.d/rbd',
    isMissing: lacks(...CEPH_NEEDS, 'python3-rbd', ...QEMU),
    async start() {
      const { pool, configuration, remove } = await cephCluster()
      return { configuration: { uri: `rbd://${pool}/{sr}?conf=${configuration}` }, remove }
    },
    only: [...ENGINE, ...TEXTS],
  },
  {
    name: 'nfs',
    volume: 'volume.d/org.xen.xapi.storage.nfs',
    datapath: 'datapath.d/nfs',
    isMissing: lacks(...NFS_NEEDS, 'fusermount3', ...QEMU),
    async start() {
      const { host, exportPath, remove } = await nfsServer()
      return { configuration: { server: host.address, serverpath: join(exportPath, '{sr}') }, remove }
    },
    only: ENGINE,
  },
  {
    name: 'smb',
    volume: 'volume.d/org.xen.xapi.storage.smb',
    datapath: 'datapath.d/smb',
    isMissing: lacks(...SMB_NEEDS, 'smbnetfs', 'fusermount3', ...QEMU),
    async start() {
      const { host, share, user, password, remove } = await smbServer()
      const configuration = { server: host.address, serverpath: `/${share}/{sr}`, username: user }
      return { configuration, secrets: { password }, remove }
    },
    only: ENGINE,
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
    only: [...ENGINE, ...TEXTS, 'DATA-COPYJOB', 'DATA-MIRROR'],
  },
  {
    name: 'iscsi',
    volume: 'volume.d/org.xen.xapi.storage.iscsi',
    datapath: 'datapath.d/iscsi',
    isMissing: lacks(...ISCSI_NEEDS, 'iscsi-ls', ...QEMU),
    async start() {
      const { host, target, addUnit, remove } = await iscsiServer()
      await addUnit(1, 16 * 1024 * 1024)
      return { configuration: { target: host.address, targetIQN: target }, remove }
    },
  },
]

/** One of them, by its name, for a run by hand. */
const ONLY = process.env.SMAPIV3_CONFORMANCE_ONLY

const CHOSEN = BUNDLED.filter(({ name }) => ONLY === undefined || name === ONLY)

describe.each(CHOSEN)('the bundled plugins conform: $name', ({ volume, datapath, isMissing, start, only }) => {
  test.skipIf(isMissing)('every MUST and SHOULD that applies', { timeout: LONG }, () =>
    isolated(async (directory) => {
      await buildPlugin(join(REPOSITORY, volume))
      await buildPlugin(join(REPOSITORY, datapath))
      const place = await start(directory)
      try {
        const report = await runConformance({
          directory: join(REPOSITORY, volume),
          datapaths: [join(REPOSITORY, datapath)],
          configuration: place.configuration,
          secrets: place.secrets,
          level: 'should',
          only: WHOLE ? undefined : only,
          seed: 20,
          timeout: 120,
        })
        expect(wrong(report)).toEqual([])
        expect(report.left).toEqual([])
        expect(report.verdict.conforms).toBe(true)
      } finally {
        await place.remove()
      }
    }),
  )
})
