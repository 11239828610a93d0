/** The bundled datapath plugins alone, each on a scratch volume of its real server: every MUST and SHOULD that applies holds. */
import { execFileSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildPlugin } from '../../src/build/plugin.ts'
import { runConformance } from '../../src/conformance/index.ts'
import { createImageArguments } from '../../src/engine/image-format.ts'
import { lacks } from '../support/needs.ts'
import { CEPH_NEEDS, cephCluster } from '../support/servers/ceph.ts'
import { httpsServer } from '../support/servers/https.ts'
import { ISCSI_NEEDS, iscsiServer } from '../support/servers/iscsi.ts'
import { NBD_NEEDS, nbdServer } from '../support/servers/nbd.ts'
import { NFS_NEEDS, nfsServer } from '../support/servers/nfs.ts'
import { SMB_NEEDS, smbServer } from '../support/servers/smb.ts'
import { isolated, wrong } from './bundled.ts'

const REPOSITORY = join(import.meta.dirname, '../..')
const LONG = 1_800_000
/** Bytes of the scratch volume. */
const SIZE = 8 * 1024 * 1024

/** A scratch volume. */
interface Scratch {
  readonly uri: string
  remove(): Promise<unknown>
}

interface Datapath {
  readonly scheme: string
  readonly isMissing: boolean
  readonly start: (directory: string) => Promise<Scratch>
  /** Clauses that do not apply. */
  readonly skip?: readonly string[]
}

const QEMU = ['qemu-storage-daemon', 'qemu-block-extra', 'qemu-img'] as const

const DATAPATHS: readonly Datapath[] = [
  {
    scheme: 'file',
    isMissing: lacks('loop devices', 'losetup'),
    async start(directory) {
      const image = join(directory, 'image')
      writeFileSync(image, '')
      truncateSync(image, SIZE)
      return { uri: `file://${image}`, remove: async () => {} }
    },
  },
  {
    scheme: 'nbd',
    isMissing: lacks(...NBD_NEEDS, ...QEMU),
    async start() {
      const { host, addExport, remove } = await nbdServer()
      addExport('scratch', SIZE)
      return { uri: `nbd://${host.address}/scratch`, remove }
    },
  },
  {
    scheme: 'https',
    // What can only be read cannot be written first.
    skip: ['DATA-', 'DP-OPEN', 'DP-CLOSE', 'ROB-KILL-010', 'ROB-KILL-011'],
    isMissing: lacks('nbdkit', 'openssl', ...QEMU),
    async start(directory) {
      const image = join(directory, 'image.raw')
      writeFileSync(image, '')
      truncateSync(image, SIZE)
      const { origin, ca, stop } = await httpsServer(directory)
      return { uri: `${origin}/image.raw?ca=${encodeURIComponent(ca)}`, remove: stop }
    },
  },
  {
    scheme: 'iscsi',
    isMissing: lacks(...ISCSI_NEEDS, ...QEMU),
    async start() {
      const { host, target, addUnit, remove } = await iscsiServer()
      await addUnit(1, SIZE)
      return { uri: `iscsi://${host.address}/${target}/1`, remove }
    },
  },
  {
    scheme: 'rbd',
    isMissing: lacks(...CEPH_NEEDS, ...QEMU),
    async start() {
      const { rbd, pool, configuration, remove } = await cephCluster()
      await rbd('create', '--size', `${SIZE}B`, 'scratch')
      return { uri: `rbd://${pool}/scratch?conf=${configuration}`, remove }
    },
  },
  {
    scheme: 'nfs',
    isMissing: lacks(...NFS_NEEDS, ...QEMU),
    async start() {
      const { host, exportPath, remove } = await nfsServer()
      makeImage(join(exportPath, 'scratch.qcow2'))
      return { uri: `nfs://${host.address}${exportPath}/scratch.qcow2`, remove }
    },
  },
  {
    scheme: 'smb',
    isMissing: lacks(...SMB_NEEDS, 'smbnetfs', 'fusermount3', ...QEMU),
    async start() {
      const { host, share, directory, user, password, remove } = await smbServer()
      makeImage(join(directory, 'scratch.qcow2'))
      const login = `${user}:${encodeURIComponent(password)}`
      return { uri: `smb://${login}@${host.address}/${share}/scratch.qcow2`, remove }
    },
  },
]

function makeImage(path: string): void {
  execFileSync('qemu-img', createImageArguments(path, 'qcow2', SIZE))
}

/** The same random choices each time. */
const SEED = 20

/** One of them, by its scheme, for a run by hand. */
const ONLY = process.env.SMAPIV3_CONFORMANCE_ONLY

const CHOSEN = DATAPATHS.filter(({ scheme }) => ONLY === undefined || scheme === ONLY)

describe.each(CHOSEN)('a datapath plugin alone conforms: $scheme', ({ scheme, isMissing, start, skip }) => {
  test.skipIf(isMissing)('every MUST and SHOULD that applies', { timeout: LONG }, () =>
    isolated(async (directory) => {
      const plugin = join(REPOSITORY, 'datapath.d', scheme)
      await buildPlugin(plugin)
      const scratch = await start(directory)
      try {
        const report = await runConformance({
          directory: plugin,
          uri: scratch.uri,
          level: 'should',
          skip,
          seed: SEED,
          timeout: 120,
        })
        expect(wrong(report)).toEqual([])
        expect(report.left).toEqual([])
        expect(report.verdict.conforms).toBe(true)
        expect(report.verdict.passed.must).toBeGreaterThan(40)
      } finally {
        await scratch.remove()
      }
    }),
  )
})
