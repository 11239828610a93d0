import { join } from 'node:path'
import { describe } from 'vitest'
import { lacks } from '../support/needs.ts'
import { NFS_NEEDS, nfsServer } from '../support/servers/nfs.ts'
import { type Format, serverStorage } from './server-storage.ts'
import { COLLECTING } from './suites/collecting.ts'
import { crash } from './suites/crash.ts'
import { growth } from './suites/growth.ts'
import { job } from './suites/job.ts'
import { model } from './suites/model.ts'
import type { StorageDescription } from './suites/storage.ts'
import { story } from './suites/story.ts'

const storage = (format: Format): StorageDescription => ({
  volume: 'volume.d/org.xen.xapi.storage.nfs',
  datapath: 'datapath.d/nfs',
  async start(plugin) {
    const { host, exportPath, remove } = await nfsServer()
    const configure = (name: string) => ({ server: host.address, serverpath: join(exportPath, name) })
    const server = { directory: exportPath, address: host.address, prefix: 'sr ', configure, remove }
    return serverStorage(plugin, server, format)
  },
})

const missing = lacks(...NFS_NEEDS, 'qemu-storage-daemon', 'qemu-block-extra', 'qemu-img', 'qemu-io', 'fusermount3')

describe.skipIf(missing)('org.xen.xapi.storage.nfs', () => {
  story(storage('qcow2'))
  growth(storage('qcow2'))
  crash(storage('qcow2'))
  job(storage('qcow2'), COLLECTING)
  model(storage('raw'))
})
