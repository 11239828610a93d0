/** Pools and namespaces of Ceph clusters as SRs: where one may be, who may use it, and what happens without the cluster. */
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/servers/eventually.ts'
import { imageOf, MIB, missing, placeOf, UUID, underCeph } from './rbd-fixture.ts'
import { killProcess } from './suites/killer.ts'
import type { Volume } from './suites/storage.ts'

const it = underCeph()

/** Calls at work on an SR, or killed at it. */
async function workOf(sr: string): Promise<number> {
  const keys = await it.radosIn(sr, 'listomapkeys', 'smapiv3.sr')
  return keys.split('\n').filter((key) => key.startsWith('work/')).length
}

describe.skipIf(missing)('an SR', () => {
  test('is found by probing, from nothing to the SR', async () => {
    const configuration = { uri: `rbd:${it.access()}` }
    const pools = await it.call('SR.probe', { configuration })
    expect(pools).toMatchObject([{ configuration: { uri: it.uriOf(it.ceph.pool) }, complete: false }])
    const sr = await it.newSr()
    const found = await it.call('SR.probe', pools[0] ?? { configuration })
    expect(found).toMatchObject([{ configuration: { uri: sr, sr_uuid: UUID }, complete: true, sr: { uuid: UUID } }])
    await it.call('SR.destroy', { sr })
    expect(await it.call('SR.probe', pools[0] ?? { configuration })).toMatchObject([
      { complete: true, extra_info: { message: expect.stringContaining('ready for SR.create') } },
    ])
  })

  test('is refused in a pool with images, in one that is for something else, and where one is', async () => {
    await it.ceph.rbd('create', '--size', '1M', 'precious')
    const create = async (uri: string) =>
      (await it.fail('SR.create', { uuid: UUID, name: '', description: '', configuration: { uri } })).params.join(' ')
    expect(await create(it.uriOf(it.ceph.pool))).toMatch(/SrNotCreatedError.*precious/)
    await it.ceph.rbd('rm', '--no-progress', 'precious')
    await it.ceph.ceph('osd', 'pool', 'create', 'files', '1', '1')
    await it.ceph.ceph('osd', 'pool', 'application', 'enable', 'files', 'cephfs')
    expect(await create(it.uriOf('files'))).toMatch(/SrNotCreatedError.*cephfs/)
    const uri = it.newUri()
    await it.newSr(uri)
    expect(await create(uri)).toMatch(new RegExp(`SrNotCreatedError.*${UUID}`))
    const other = { uri, sr_uuid: '99999999-9999-4999-8999-999999999999' }
    expect((await it.fail('SR.attach', { configuration: other })).params[0]).toBe('SrMismatchError')
    expect((await it.fail('SR.attach', { configuration: { uri: it.newUri() } })).params[0]).toBe('SR_does_not_exist')
    expect(await create(it.uriOf('no-such-pool'))).toMatch(/no pool no-such-pool/)
  })

  test('leaves images of others alone', async () => {
    const uri = it.newUri()
    const sr = await it.newSr(uri)
    const place = placeOf(sr)
    await it.ceph.rbd('create', '--size', '1M', `${place}/mine`)
    await it.create(sr, MIB)
    expect(await it.call('SR.ls', { sr })).toHaveLength(1)
    await it.call('SR.attach', { configuration: { uri } })
    await it.call('SR.destroy', { sr })
    expect((await it.ceph.rbd('ls', place)).trim()).toBe('mine')
    expect(await it.call('Plugin.ls', {})).not.toContain(sr)
  })

  test('tells the space that the OSDs tell, and what volumes use as rbd du does', async () => {
    const sr = await it.newSr()
    const volume = await it.create(sr, 64 * MIB)
    it.io(volume, 'write 0 9M')
    const counters = JSON.parse(await it.ceph.ceph('tell', 'osd.0', 'perf', 'dump', 'osd'))
    const stat = await it.call('SR.stat', { sr })
    expect(stat.total_space).toBe(counters.osd.stat_bytes)
    expect(Math.abs(Number(stat.free_space) - counters.osd.stat_bytes_avail)).toBeLessThan(16 * MIB)
    const snapshot = await it.call('Volume.snapshot', { sr, key: volume.key })
    it.io(volume, 'write 4M 1M')
    const { images } = JSON.parse(await it.ceph.rbd('du', imageOf(volume), '--format', 'json'))
    for (const { snapshot: name, used_size } of images) {
      const { key } = name === undefined ? volume : snapshot
      expect((await it.call('Volume.stat', { sr, key })).physical_utilisation).toBe(used_size)
    }
  })

  test('has nothing left of images whose removal was killed after their header had gone', async () => {
    const uri = it.newUri()
    const sr = await it.newSr(uri)
    const [, namespace = ''] = placeOf(sr).split('/')
    const images = async () => JSON.parse(await it.ceph.rbd('ls', placeOf(sr), '--format', 'json'))
    const behead = async (volume: Volume) => {
      const { id } = JSON.parse(await it.ceph.rbd('info', imageOf(volume), '--format', 'json'))
      await it.radosIn(sr, 'rm', `rbd_header.${id}`)
    }
    const destroyed = await it.create(sr, MIB)
    await behead(destroyed)
    const key = `volume/${destroyed.key}`
    const file = join(it.ceph.host.directory, 'record')
    await it.radosIn(sr, 'getomapval', 'smapiv3.sr', key, file)
    const record = JSON.parse(readFileSync(file, 'utf8'))
    await it.radosIn(sr, 'setomapval', 'smapiv3.sr', key, JSON.stringify({ ...record, destroying: true }))
    await it.call('SR.attach', { configuration: { uri } })
    expect(await images()).toEqual([])

    await behead(await it.create(sr, MIB))
    expect(await images()).toHaveLength(1)
    await it.call('SR.destroy', { sr })
    expect(await it.ceph.rbd('namespace', 'ls', it.ceph.pool, '--format', 'json')).not.toContain(`"${namespace}"`)
  })

  test('out of reach is Unreachable, with the names of the monitors', async () => {
    const uri = it.newUri()
    const sr = await it.newSr(uri)
    it.ceph.host.disconnect()
    try {
      const { health } = await it.call('SR.stat', { sr })
      expect(health).toEqual(['Unreachable', expect.stringContaining(it.ceph.host.address)])
      expect((await it.fail('SR.ls', { sr })).params[0]).toBe('ServerUnreachableError')
      expect((await it.fail('SR.probe', { configuration: { uri } })).params[0]).toBe('ServerUnreachableError')
      await it.call('SR.detach', { sr })
    } finally {
      it.ceph.host.connect()
    }
    await it.call('SR.attach', { configuration: { uri } })
  }, 300_000)

  test('of a user who may only use the pool works, also after a crash, and shows the key nowhere', async () => {
    const login = await it.ceph.ceph(
      'auth',
      'get-or-create',
      'client.xen',
      'mon',
      'profile rbd',
      'osd',
      'profile rbd pool=rbd',
    )
    const keyring = join(it.ceph.host.directory, 'xen')
    writeFileSync(keyring, login, { mode: 0o600 })
    const sr = await it.newSr(it.newUri().replace(/&keyring=.*/, `&id=xen&keyring=${keyring}`))
    const { key } = await it.create(sr, MIB)
    const killed = it.start('Volume.clone', { sr, key })
    await eventually(async () => (await workOf(sr)) > 0 || killed.exitCode !== null, 'the clone is at work')
    if (killed.exitCode === null && killed.pid !== undefined) killProcess(-killed.pid)
    const clone = await it.call('Volume.clone', { sr, key })
    expect(await workOf(sr)).toBe(0)
    await it.call('Volume.revert', { sr, key, snapshot: clone.key })
    expect(clone.uri[0]).toContain(`&id=xen&keyring=${keyring}`)
    const [secret = ''] = /\S+==/.exec(login) ?? []
    expect(secret).not.toBe('')
    const diagnostics = await it.call('Plugin.diagnostics', {})
    expect(diagnostics).toMatch(/^engine: librados \d[\d.]+, librbd \d[\d.]+ for Python\n/)
    expect(JSON.stringify([clone, diagnostics])).not.toContain(secret)
  })

  test('is refused to those whose key is wrong, and whose keyring others can read', async () => {
    const create = async (keyring: string) => {
      const configuration = { uri: it.newUri().replace(/&keyring=.*/, `&keyring=${keyring}`) }
      return (await it.fail('SR.create', { uuid: UUID, name: '', description: '', configuration })).params.join(' ')
    }
    const open = join(it.ceph.host.directory, 'open')
    writeFileSync(open, readFileSync(it.ceph.keyring))
    chmodSync(open, 0o644)
    expect(await create(open)).toMatch(/CredentialsError.*chmod 600/)
    const wrong = join(it.ceph.host.directory, 'wrong')
    execFileSync('ceph-authtool', ['--create-keyring', wrong, '--gen-key', '--name', 'client.admin'], { stdio: 'pipe' })
    chmodSync(wrong, 0o600)
    expect(await create(wrong)).toMatch(/CredentialsError.*client\.admin/)
  })

  test.each(['rbd://', 'http://pool', 'rbd://pool/a/b', 'rbd://pool?colour=red', 'rbd://pool?conf=ceph.conf'])(
    '%s is no place for one',
    async (uri) => {
      const { params } = await it.fail('SR.create', {
        uuid: UUID,
        name: '',
        description: '',
        configuration: { uri },
      })
      expect(params[0]).toBe('DiskUriError')
    },
  )
})
