import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe } from 'vitest'
import { createImageArguments } from '../../src/engine/image-format.ts'
import { lacks } from '../support/needs.ts'
import { SMB_NEEDS, smbServer } from '../support/servers/smb.ts'
import { DISK_SIZE, testsOfEveryScheme, underTest } from './networked.ts'

const missing = lacks(...SMB_NEEDS, 'smbnetfs', 'qemu-storage-daemon', 'qemu-img', 'qemu-io')

async function start() {
  const server = await smbServer()
  const login = `${server.user}:${encodeURIComponent(server.password)}`
  let disks = 0
  return {
    ...server,
    async newDisk(name = 'qcow2') {
      const file = `disk ${disks++}.${name}`
      execFileSync('qemu-img', [...createImageArguments(join(server.directory, file), 'qcow2', DISK_SIZE)])
      return `smb://${login}@${server.host.address}/${server.share}/${encodeURI(file)}`
    },
  }
}

describe.skipIf(missing)('smb', () => {
  testsOfEveryScheme(underTest('datapath.d/smb', () => start()))
})
