import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { io, nbdUriOf } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { expectNowhere } from '../support/secrets.ts'
import { CEPH_NEEDS, type CephCluster, cephCluster } from '../support/servers/ceph.ts'
import { DISK_SIZE, READ, testsOfEveryScheme, underTest, WRITE, ZERO } from './networked.ts'

const missing = lacks(...CEPH_NEEDS, 'qemu-storage-daemon', 'qemu-block-extra', 'qemu-img', 'qemu-io')

async function start(options?: { auth: boolean }) {
  const cluster = await cephCluster(options)
  let disks = 0
  return {
    ...cluster,
    async newDisk() {
      const image = `disk-${disks++}`
      await cluster.rbd('create', '--size', `${DISK_SIZE}B`, image)
      return `rbd://${cluster.pool}/${image}?conf=${cluster.configuration}`
    },
    kill: () => cluster.stopOsd(),
    restart: () => cluster.startOsd(),
  }
}

describe.skipIf(missing)('rbd', () => {
  const it = underTest('datapath.d/rbd', () => start())
  testsOfEveryScheme(it)

  test('an image in a namespace, and a snapshot of it, which is read-only', async () => {
    const { rbd, pool, configuration } = it.server
    await rbd('namespace', 'create', `${pool}/tenant`)
    await rbd('create', '--size', `${DISK_SIZE}B`, `${pool}/tenant/image`)
    const uri = `rbd://${pool}/tenant/image?conf=${configuration}`
    await io(nbdUriOf(await it.use(uri)), WRITE)
    await rbd('snap', 'create', '--no-progress', `${pool}/tenant/image@before`)
    await io(nbdUriOf(await it.use(uri)), ['write -P 0x11 1M 64k', 'flush'])
    const snapshot = uri.replace('image', 'image@before')
    const answer = await it.use(snapshot)
    await io(nbdUriOf(answer), READ, ['-r'])
    await expect(io(nbdUriOf(answer), WRITE)).rejects.toThrow()
  })

  test('monitors in the URI, without a ceph.conf', async () => {
    const disk = await it.server.newDisk()
    const uri = disk.replace(/\?.*/, `?monitors=${it.server.host.address}`)
    await io(nbdUriOf(await it.use(uri)), ZERO)
  })

  test('an image that grows while it is attached', async () => {
    const uri = await it.server.newDisk()
    const target = nbdUriOf(await it.use(uri))
    await expect(io(target, [`write ${DISK_SIZE} 64k`])).rejects.toThrow()
    await it.server.rbd('resize', '--no-progress', '--size', `${2 * DISK_SIZE}B`, uri.replace(/.*\/(disk-\d+).*/, '$1'))
    await it.use(uri)
    await io(target, [`write -P 7 ${DISK_SIZE} 64k`, 'flush', `read -P 7 ${DISK_SIZE} 64k`])
  })

  test.each([
    ['/no-such-image', /No such file/],
    ['/disk-0@no-such-snapshot', /No such file/],
  ])('%s is said not to be there', async (path, reason) => {
    const uri = `rbd://${it.server.pool}${path}?conf=${it.server.configuration}`
    const { params } = await it.plugin.fail('Datapath.attach', { uri, domain: '1' })
    expect(params.join(' ')).toMatch(reason)
  })

  test('without a ceph.conf it says what to give', async () => {
    const uri = 'rbd://pool/image?conf=/nowhere/ceph.conf'
    const { params } = await it.plugin.fail('Datapath.attach', { uri, domain: '1' })
    expect(params.join(' ')).toMatch(/ClusterUnknownError.*\/nowhere\/ceph\.conf.*monitors/)
  })

  test.each(['rbd://pool', 'rbd:///image', 'rbd://pool/a/b/c', 'rbd://pool:1/image', 'rbd://pool/image?colour=red'])(
    '%s is no URI of an image',
    async (uri) => {
      expect((await it.plugin.fail('Datapath.attach', { uri, domain: '1' })).params[0]).toBe('DiskUriError')
    },
  )
})

describe.skipIf(missing)('rbd with cephx', () => {
  const it = underTest('datapath.d/rbd', () => start({ auth: true }))

  test('a keyring lets in, and its key is nowhere to be found', async () => {
    const uri = `${await it.server.newDisk()}&keyring=${it.server.keyring}`
    await io(nbdUriOf(await it.use(uri)), WRITE)
    const key = await keyIn(it.server)
    expect(await it.plugin.call('Plugin.diagnostics', {})).not.toContain(key)
    expectNowhere(key, it.plugin.runDirectory)
    await it.leave(uri)
    await io(nbdUriOf(await it.use(uri)), READ)
  })

  test('a keyring that others can read is refused', async () => {
    const open = join(it.server.host.directory, 'open-keyring')
    writeFileSync(open, readFileSync(it.server.keyring))
    chmodSync(open, 0o644)
    const uri = `${await it.server.newDisk()}&keyring=${open}`
    const { params } = await it.plugin.fail('Datapath.attach', { uri, domain: '1' })
    expect(params.join(' ')).toMatch(/CredentialsError.*chmod 600/)
  })

  test('a wrong key, no key and an unknown user are told from a missing image', async () => {
    const disk = await it.server.newDisk()
    const wrong = join(it.server.host.directory, 'wrong-keyring')
    const other = Buffer.from(await keyIn(it.server), 'base64').map((byte, index) => (index < 20 ? byte : byte ^ 1))
    writeFileSync(wrong, `[client.admin]\n  key = ${Buffer.from(other).toString('base64')}\n`, { mode: 0o600 })
    const failure = async (uri: string) =>
      (await it.plugin.fail('Datapath.attach', { uri, domain: '1' })).params.join(' ')
    expect(await failure(`${disk}&keyring=${wrong}`)).toMatch(/error connecting: Permission denied/)
    expect(await failure(disk)).toMatch(/error connecting: No such file/)
    expect(await failure(`${disk}&keyring=${it.server.keyring}&id=nobody`)).toMatch(/has no key of client\.nobody/)
    const absent = `${disk.replace(/disk-\d+/, 'absent')}&keyring=${it.server.keyring}`
    expect(await failure(absent)).toMatch(/error reading header from absent: No such file/)
  })
})

async function keyIn({ keyring }: CephCluster): Promise<string> {
  const [, key = ''] = /\[client\.admin\]\s*key = (\S+)/.exec(readFileSync(keyring, 'utf8')) ?? []
  expect(key).not.toBe('')
  return key
}
