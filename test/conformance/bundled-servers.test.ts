/** The bundled volume plugins whose storage is on a server: on each, every MUST and SHOULD that applies to them holds. */
import { join } from 'node:path'
import { lacks } from '../support/needs.ts'
import { CEPH_NEEDS, cephCluster } from '../support/servers/ceph.ts'
import { ISCSI_NEEDS, iscsiServer } from '../support/servers/iscsi.ts'
import { NFS_NEEDS, nfsServer } from '../support/servers/nfs.ts'
import { SMB_NEEDS, smbServer } from '../support/servers/smb.ts'
import { allConform, QEMU } from './bundled.ts'

allConform([
  {
    name: 'rbd',
    volume: 'volume.d/org.xen.xapi.storage.rbd',
    datapath: 'datapath.d/rbd',
    isMissing: lacks(...CEPH_NEEDS, 'python3-rbd', ...QEMU),
    async start() {
      const { pool, configuration, remove } = await cephCluster()
      return { configuration: { uri: `rbd://${pool}/{sr}?conf=${configuration}` }, remove }
    },
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
])
