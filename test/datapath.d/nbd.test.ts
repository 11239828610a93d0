import { execFileSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { io, nbdUriOf } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { NBD_NEEDS, nbdServer } from '../support/servers/nbd.ts'
import { DISK_SIZE, READ, testsOfEveryScheme, underTest, WRITE } from './networked.ts'

const missing = lacks(...NBD_NEEDS, 'qemu-storage-daemon', 'qemu-img', 'qemu-io')

async function start() {
  const server = await nbdServer()
  let disks = 0
  return {
    ...server,
    async newDisk() {
      const name = `disk${++disks}`
      server.addExport(name, DISK_SIZE)
      return `nbd://${server.host.address}/${name}`
    },
  }
}

describe.skipIf(missing)('nbd', () => {
  const it = underTest('datapath.d/nbd', start)
  testsOfEveryScheme(it)

  test('an export that there is not, options and URIs that make no sense', async () => {
    const uri = await it.server.newDisk()
    const failure = async (wrong: string) =>
      (await it.plugin.fail('Datapath.attach', { uri: wrong, domain: '1' })).params.join(' ')
    expect(await failure(`${uri}-other`)).toMatch(/export not available/)
    expect(await failure(`${uri}?socks=1`)).toMatch(/DiskUriError.*no option socks/)
    expect(await failure('nbd:///disk')).toMatch(/DiskUriError.*names no server/)
  })

  test('a qcow2 image in an export, by the option format', async () => {
    const uri = await it.server.newDisk()
    const path = join(it.server.directory, uri.replace(/^.*\//, ''))
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', path, '8M'])
    // An export does not grow.
    truncateSync(path, DISK_SIZE)
    const formatted = `${uri}?format=qcow2`
    await io(nbdUriOf(await it.use(formatted)), WRITE)
    await it.leave(formatted)
    await io(nbdUriOf(await it.use(formatted)), READ)
  })
})
