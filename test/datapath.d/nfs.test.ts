import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createImageArguments } from '../../src/engine/image-format.ts'
import { io, nbdUriOf } from '../support/datapath.ts'
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
  const it = underTest('datapath.d/nfs', () => start())
  testsOfEveryScheme(it)

  test('an image that grew while it was attached and not activated has its new size', async () => {
    const uri = await it.server.newDisk()
    const answer = await it.attach(uri)
    execFileSync('qemu-img', ['resize', '-q', '-f', 'qcow2', decodeURI(new URL(uri).pathname), String(2 * DISK_SIZE)])
    await it.plugin.call('Datapath.activate', { uri, domain: '1' })
    await io(nbdUriOf(answer), ['write -P 0xa5 20M 64k', 'read -P 0xa5 20M 64k'])
    const [device] = answer.implementations.flatMap(([kind, value]) => (kind === 'BlockDevice' ? [value.path] : []))
    if (device !== undefined) await io(device, ['read -P 0xa5 20M 64k'])
  })

  test('a directory that has another file handle than it had is found again', async () => {
    const uri = await it.server.newDisk()
    const answer = await it.attach(uri)
    const known = join(it.plugin.runDirectory, 'nfs-exports')
    const files = readdirSync(known).map((name) => join(known, name))
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) {
      const { port } = JSON.parse(readFileSync(file, 'utf8'))
      writeFileSync(file, JSON.stringify({ port, root: Buffer.alloc(32, 7).toString('base64') }))
    }
    await it.plugin.call('Datapath.activate', { uri, domain: '1' })
    await io(nbdUriOf(answer), ['write -P 0x3c 1M 64k', 'read -P 0x3c 1M 64k'])
    expect(
      readdirSync(known)
        .map((name) => readFileSync(join(known, name), 'utf8'))
        .join(),
    ).not.toContain('BwcHBwcH')
  })
})
