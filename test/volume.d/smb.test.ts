import { describe } from 'vitest'
import { lacks } from '../support/needs.ts'
import { SMB_NEEDS, smbServer } from '../support/servers/smb.ts'
import { type Format, serverStorage } from './server-storage.ts'
import { COLLECTING } from './suites/collecting.ts'
import { crash } from './suites/crash.ts'
import { growth } from './suites/growth.ts'
import { job } from './suites/job.ts'
import { model } from './suites/model.ts'
import type { StorageDescription } from './suites/storage.ts'
import { story } from './suites/story.ts'

const storage = (format: Format): StorageDescription => ({
  volume: 'volume.d/org.xen.xapi.storage.smb',
  datapath: 'datapath.d/smb',
  async start(plugin) {
    const { host, directory, share, user, password, remove } = await smbServer()
    const configure = (name: string) => ({
      server: host.address,
      serverpath: `/${share}/${name}`,
      username: user,
      password,
    })
    return serverStorage(plugin, { directory, address: host.address, prefix: 'sr ', configure, remove }, format)
  },
})

const missing = lacks(...SMB_NEEDS, 'smbnetfs', 'qemu-storage-daemon', 'qemu-img', 'qemu-io', 'fusermount3')

describe.skipIf(missing)('org.xen.xapi.storage.smb', () => {
  story(storage('qcow2'))
  growth(storage('qcow2'))
  crash(storage('qcow2'))
  job(storage('qcow2'), COLLECTING)
  model(storage('raw'))
})
