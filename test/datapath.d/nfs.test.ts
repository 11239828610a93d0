import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe } from 'vitest'
import { createImageArguments } from '../../src/engine/image-format.ts'
import { lacks } from '../support/needs.ts'
import { NFS_NEEDS, nfsServer } from '../support/servers/nfs.ts'
import { DISK_SIZE, testsOfEveryScheme, underTest } from './networked.ts'

const missing = lacks(...NFS_NEEDS, 'qemu-storage-daemon', 'qemu-block-extra', 'qemu-img', 'qemu-io')

async function start(exportPath?: string) {
  const server = await nfsServer(exportPath)
  let disks = 0
  return {
    ...server,
    async newDisk(name = 'qcow2') {
      const path = join(server.exportPath, `disk ${disks++}.${name}`)
      execFileSync('qemu-img', [...createImageArguments(path, 'qcow2', DISK_SIZE)])
      return `nfs://${server.host.address}${encodeURI(path)}`
    },
  }
}

describe.skipIf(missing)('nfs', () => {
  testsOfEveryScheme(underTest('datapath.d/nfs', () => start()))
})
