/** Changed blocks of RBD volumes against a comparison of their bytes, and what only this plugin has. */
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { lacks } from '../support/needs.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'
import { CEPH_NEEDS, type CephCluster, cephCluster } from '../support/servers/ceph.ts'
import { eventually } from '../support/servers/eventually.ts'
import { oneOf, randomNumbers, SEED } from './suites/random.ts'
import type { Volume } from './suites/storage.ts'

const missing = lacks(...CEPH_NEEDS, 'python3-rbd', 'qemu-block-extra', 'qemu-io', 'qemu-img')

const MIB = 2 ** 20
const BLOCK = 65536
const UUID = '11111111-1111-4111-8111-111111111111'

let ceph: CephCluster
let plugin: TestPlugin
let places = 0

beforeAll(async () => {
  if (missing) return
  plugin = await installPlugin('volume.d/org.xen.xapi.storage.rbd')
  ceph = await cephCluster({ auth: true })
}, 120_000)
afterAll(async () => {
  await ceph?.remove()
  await plugin?.remove()
})

function access(): string {
  return `?conf=${ceph.configuration}&keyring=${ceph.keyring}`
}

function uriOf(place: string): string {
  return `rbd://${place}${access()}`
}

function newUri(): string {
  return uriOf(`${ceph.pool}/blocks${places++}`)
}

afterEach(async () => {
  for (const sr of missing ? [] : await plugin.call('Plugin.ls', {})) await plugin.call('SR.destroy', { sr })
})

async function newSr(uri = newUri()): Promise<string> {
  const configuration = await plugin.call('SR.create', {
    uuid: UUID,
    name: 'n',
    description: 'd',
    configuration: { uri },
  })
  return plugin.call('SR.attach', { configuration })
}

/** The image of a volume as QEMU takes it. */
function target({ uri: [uri = ''] }: Pick<Volume, 'uri'>): string {
  const [, image] = /^rbd:\/\/([^?]*)/.exec(uri) ?? []
  return `rbd:${image}:conf=${ceph.configuration}:keyring=${ceph.keyring}`
}

function io(volume: Volume, ...commands: string[]): void {
  execFileSync('qemu-io', ['-f', 'raw', ...commands.flatMap((command) => ['-c', command]), target(volume)], {
    stdio: 'pipe',
  })
}

/** The image that the image of a volume is a child of. */
async function parentOf({ uri: [uri = ''] }: Volume): Promise<string | undefined> {
  const [, image = ''] = /^rbd:\/\/([^?]*)/.exec(uri) ?? []
  const info = JSON.parse(await ceph.rbd('info', image, '--format', 'json')) as { parent?: { image: string } }
  return info.parent?.image
}

function bytesOf(volume: Volume): Buffer {
  const file = join(ceph.host.directory, 'bytes')
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'raw', target(volume), file], { stdio: 'pipe' })
  return readFileSync(file)
}

/** Numbers of the blocks in which two contents differ. */
function differing(one: Buffer, other: Buffer): number[] {
  const blocks: number[] = []
  for (let start = 0; start < Math.max(one.length, other.length); start += BLOCK) {
    if (!one.subarray(start, start + BLOCK).equals(other.subarray(start, start + BLOCK))) blocks.push(start / BLOCK)
  }
  return blocks
}

function blocksIn(bitmap: string): number[] {
  const bytes = Buffer.from(bitmap, 'base64')
  return Array.from({ length: bytes.length * 8 }, (_, block) => block).filter(
    (block) => ((bytes[block >> 3] ?? 0) & (0x80 >> (block & 7))) !== 0,
  )
}

describe.skipIf(missing)('changed blocks', () => {
  const steps = Number(process.env.SMAPIV3_CBT_STEPS ?? 24)

  test(`after ${steps} random steps none is missing (SMAPIV3_SEED=${SEED})`, async () => {
    const random = randomNumbers(SEED)
    const sr = await newSr()
    const size = 12 * MIB
    const volumes = [await plugin.call('Volume.create', { sr, name: '', description: '', size, sharable: false })]
    const add = (volume: Volume): void => {
      volumes.push(volume)
    }
    for (let step = 0; step < steps; step++) {
      const subject = oneOf(random, volumes)
      const { key } = subject
      const writable = volumes.filter(({ read_write }) => read_write)
      switch (random(8)) {
        case 0:
        case 1:
          add(await plugin.call('Volume.snapshot', { sr, key }))
          break
        case 2:
          add(await plugin.call('Volume.clone', { sr, key }))
          break
        case 3: {
          const victim = oneOf(random, writable)
          await plugin.call('Volume.revert', { sr, key: victim.key, snapshot: key })
          Object.assign(victim, await plugin.call('Volume.stat', { sr, key: victim.key }))
          break
        }
        case 4: {
          const { key, virtual_size } = oneOf(random, writable)
          await plugin.call('Volume.resize', { sr, key, new_size: Number(virtual_size) + BLOCK * random(20) + 4096 })
          const grown = volumes.find((volume) => volume.key === key)
          if (grown) Object.assign(grown, await plugin.call('Volume.stat', { sr, key }))
          break
        }
        default: {
          const victim = oneOf(random, writable)
          for (let count = 0; count < 3; count++) {
            const length = 512 * (1 + random(400))
            const start = 512 * random((Number(victim.virtual_size) - length) / 512)
            const command = random(3) === 0 ? 'discard' : `write -P ${random(256)}`
            // An object that is discarded as a whole, and one only in part.
            io(victim, command === 'discard' && random(2) === 0 ? 'discard 4M 4M' : `${command} ${start} ${length}`)
          }
        }
      }
    }
    const contents = new Map(volumes.map((volume) => [volume.key, bytesOf(volume)]))
    let reported = 0
    let changed = 0
    for (let pair = 0; pair < 24; pair++) {
      const [from, to] = [oneOf(random, volumes), oneOf(random, volumes)]
      const [one, other] = [contents.get(from.key) ?? Buffer.of(), contents.get(to.key) ?? Buffer.of()]
      const really = differing(one, other)
      const request = { sr, key: from.key, key2: to.key }
      const { bitmap, granularity } = await plugin.call('Volume.list_changed_blocks', {
        ...request,
        offset: 0,
        length: -1,
      })
      expect(granularity).toBe(BLOCK)
      const listed = blocksIn(bitmap)
      expect(listed).toEqual(expect.arrayContaining(really.filter((block) => block * BLOCK < other.length)))
      reported += listed.length
      changed += really.length
      const { ranges } = await plugin.call('Volume.compare', request)
      expect(
        ranges.flatMap(([first, count]) => Array.from({ length: Number(count) }, (_, n) => Number(first) + n)),
      ).toEqual(really)
    }
    // It is to be of use: not everything always.
    console.info(`${changed} blocks differ, ${reported} are listed`)
    await plugin.call('SR.destroy', { sr })
  }, 300_000)

  test('between snapshots of one volume they are exact, in the bits that toolstacks expect', async () => {
    const sr = await newSr()
    const request = { sr, name: '', description: '', size: 12 * MIB, sharable: false }
    const volume = await plugin.call('Volume.create', request)
    // Ceph tells changes within objects of 4 MiB that were there before, and the whole of those that were not.
    io(volume, 'write 0 12M')
    await plugin.call('Volume.enable_cbt', { sr, key: volume.key })
    const first = await plugin.call('Volume.snapshot', { sr, key: volume.key })
    expect(first).toMatchObject({ cbt_enabled: true, volume_type: ['Data', null] })
    io(volume, 'write 0 1', `write ${9 * BLOCK - 1} 2`, 'write 11M 1M')
    const second = await plugin.call('Volume.snapshot', { sr, key: volume.key })
    const changed = { sr, key: first.key, key2: second.key, offset: 0, length: -1 }
    const blocks = [0, 8, 9, ...Array.from({ length: 16 }, (_, index) => 176 + index)]
    expect(blocksIn((await plugin.call('Volume.list_changed_blocks', changed)).bitmap)).toEqual(blocks)

    await plugin.call('Volume.data_destroy', { sr, key: first.key })
    expect(await plugin.call('Volume.stat', { sr, key: first.key })).toMatchObject({
      uri: [],
      volume_type: ['CBT_Metadata', null],
    })
    expect((await plugin.fail('Volume.clone', { sr, key: first.key })).params[0]).toBe('DataDestroyedError')
    expect(blocksIn((await plugin.call('Volume.list_changed_blocks', changed)).bitmap)).toEqual(blocks)
    const extent = { ...changed, offset: 8 * BLOCK + 5, length: BLOCK }
    expect((await plugin.call('Volume.list_changed_blocks', extent)).bitmap).toBe(
      Buffer.of(0b1100_0000).toString('base64'),
    )
    await plugin.call('Volume.disable_cbt', { sr, key: volume.key })
    expect(await plugin.call('Volume.stat', { sr, key: volume.key })).toMatchObject({ cbt_enabled: false })
    await plugin.call('SR.destroy', { sr })
  })
})

/** Calls at work on an SR, or killed at it. */
async function workOf(sr: string): Promise<number> {
  const [, pool = '', namespace = ''] = /^rbd:\/\/([^/?]*)\/([^/?]*)/.exec(sr) ?? []
  const keys = await ceph.rados('--pool', pool, '--namespace', namespace, 'listomapkeys', 'smapiv3.sr')
  return keys.split('\n').filter((key) => key.startsWith('work/')).length
}

describe.skipIf(missing)('an SR', () => {
  test('is found by probing, from nothing to the SR', async () => {
    const configuration = { uri: `rbd:${access()}` }
    const pools = await plugin.call('SR.probe', { configuration })
    expect(pools).toMatchObject([{ configuration: { uri: uriOf(ceph.pool) }, complete: false }])
    const sr = await newSr()
    const found = await plugin.call('SR.probe', pools[0] ?? { configuration })
    expect(found).toMatchObject([{ configuration: { uri: sr, sr_uuid: UUID }, complete: true, sr: { uuid: UUID } }])
    await plugin.call('SR.destroy', { sr })
    expect(await plugin.call('SR.probe', pools[0] ?? { configuration })).toMatchObject([
      { complete: true, extra_info: { message: expect.stringContaining('ready for SR.create') } },
    ])
  })

  test('is refused in a pool with images, in one that is for something else, and where one is', async () => {
    await ceph.rbd('create', '--size', '1M', 'precious')
    const create = async (uri: string) =>
      (await plugin.fail('SR.create', { uuid: UUID, name: '', description: '', configuration: { uri } })).params.join(
        ' ',
      )
    expect(await create(uriOf(ceph.pool))).toMatch(/SrNotCreatedError.*precious/)
    await ceph.rbd('rm', '--no-progress', 'precious')
    await ceph.ceph('osd', 'pool', 'create', 'files', '1', '1')
    await ceph.ceph('osd', 'pool', 'application', 'enable', 'files', 'cephfs')
    expect(await create(uriOf('files'))).toMatch(/SrNotCreatedError.*cephfs/)
    const uri = newUri()
    const sr = await newSr(uri)
    expect(await create(uri)).toMatch(new RegExp(`SrNotCreatedError.*${UUID}`))
    const other = { uri, sr_uuid: '99999999-9999-4999-8999-999999999999' }
    expect((await plugin.fail('SR.attach', { configuration: other })).params[0]).toBe('SrMismatchError')
    expect((await plugin.fail('SR.attach', { configuration: { uri: newUri() } })).params[0]).toBe('SR_does_not_exist')
    expect(await create(uriOf('no-such-pool'))).toMatch(/no pool no-such-pool/)
    await plugin.call('SR.destroy', { sr })
  })

  test('leaves images of others alone', async () => {
    const uri = newUri()
    const sr = await newSr(uri)
    const place = `${ceph.pool}/${/\/(blocks\d+)\?/.exec(uri)?.[1]}`
    await ceph.rbd('create', '--size', '1M', `${place}/mine`)
    await plugin.call('Volume.create', { sr, name: '', description: '', size: MIB, sharable: false })
    expect(await plugin.call('SR.ls', { sr })).toHaveLength(1)
    await plugin.call('SR.attach', { configuration: { uri } })
    await plugin.call('SR.destroy', { sr })
    expect((await ceph.rbd('ls', place)).trim()).toBe('mine')
    expect(await plugin.call('Plugin.ls', {})).not.toContain(sr)
  })

  test('tells the space that the OSDs tell, and what volumes use as rbd du does', async () => {
    const sr = await newSr()
    const volume = await plugin.call('Volume.create', {
      sr,
      name: '',
      description: '',
      size: 64 * MIB,
      sharable: false,
    })
    io(volume, 'write 0 9M')
    const counters = JSON.parse(await ceph.ceph('tell', 'osd.0', 'perf', 'dump', 'osd'))
    const stat = await plugin.call('SR.stat', { sr })
    expect(stat.total_space).toBe(counters.osd.stat_bytes)
    expect(Math.abs(Number(stat.free_space) - counters.osd.stat_bytes_avail)).toBeLessThan(16 * MIB)
    const snapshot = await plugin.call('Volume.snapshot', { sr, key: volume.key })
    io(volume, 'write 4M 1M')
    const [, image = ''] = /^rbd:\/\/([^?]*)/.exec(volume.uri[0] ?? '') ?? []
    const { images } = JSON.parse(await ceph.rbd('du', image, '--format', 'json'))
    for (const { snapshot: name, used_size } of images) {
      const { key } = name === undefined ? volume : snapshot
      expect((await plugin.call('Volume.stat', { sr, key })).physical_utilisation).toBe(used_size)
    }
    await plugin.call('SR.destroy', { sr })
  })

  test('has nothing left of images whose removal was killed after their header had gone', async () => {
    const uri = newUri()
    const sr = await newSr(uri)
    const [, namespace = ''] = /^rbd:\/\/[^/]*\/([^?]*)/.exec(uri) ?? []
    const rados = (...args: string[]) => ceph.rados('--pool', ceph.pool, '--namespace', namespace, ...args)
    const images = async () => JSON.parse(await ceph.rbd('ls', `${ceph.pool}/${namespace}`, '--format', 'json'))
    const request = { sr, name: '', description: '', size: MIB, sharable: false }
    const behead = async ({ uri: [image = ''] }: Volume) => {
      const { id } = JSON.parse(await ceph.rbd('info', /^rbd:\/\/([^?]*)/.exec(image)?.[1] ?? '', '--format', 'json'))
      await rados('rm', `rbd_header.${id}`)
    }
    const destroyed = await plugin.call('Volume.create', request)
    await behead(destroyed)
    const key = `volume/${destroyed.key}`
    const file = join(ceph.host.directory, 'record')
    await rados('getomapval', 'smapiv3.sr', key, file)
    const record = JSON.parse(readFileSync(file, 'utf8'))
    await rados('setomapval', 'smapiv3.sr', key, JSON.stringify({ ...record, destroying: true }))
    await plugin.call('SR.attach', { configuration: { uri } })
    expect(await images()).toEqual([])

    await behead(await plugin.call('Volume.create', request))
    expect(await images()).toHaveLength(1)
    await plugin.call('SR.destroy', { sr })
    expect(await ceph.rbd('namespace', 'ls', ceph.pool, '--format', 'json')).not.toContain(`"${namespace}"`)
  })

  test('copies volumes into another SR, where they share nothing', async () => {
    const [sr, dest_sr] = [await newSr(), await newSr()]
    const volume = await plugin.call('Volume.create', { sr, name: 'v', description: '', size: MIB, sharable: false })
    io(volume, 'write -P 7 64k 64k')
    const copy = await plugin.call('Volume.copy', { sr, key: volume.key, dest_sr })
    await plugin.call('SR.destroy', { sr })
    expect(await plugin.call('SR.ls', { sr: dest_sr })).toMatchObject([{ key: copy.key, name: 'v', read_write: true }])
    io(copy, 'read -P 0 0 64k', 'read -P 7 64k 64k')
    await plugin.call('SR.destroy', { sr: dest_sr })
  })

  test('clones clones of clones, beyond the longest chain of images', async () => {
    const [sr, length] = [await newSr(), 18]
    const first = await plugin.call('Volume.create', { sr, name: 'v', description: '', size: MIB, sharable: false })
    const volumes: Volume[] = [first]
    for (let depth = 0; depth < length; depth++) {
      const volume = volumes.at(-1) ?? first
      io(volume, `write -P ${1 + depth} ${(depth % 16) * BLOCK} 4k`)
      volumes.push(await plugin.call('Volume.clone', { sr, key: volume.key }))
    }
    const parents = await Promise.all(volumes.map(parentOf))
    // One of them is a full copy, which begins a new chain, and each other one a child.
    expect(parents.filter((parent) => parent === undefined)).toHaveLength(2)
    expect(parents.slice(1, 15)).not.toContain(undefined)
    // In any order: those above and below one that goes keep their bytes.
    for (const [index, { key }] of volumes.entries())
      if (index % 2 === 0) await plugin.call('Volume.destroy', { sr, key })
    for (const [index, volume] of volumes.entries()) {
      if (index % 2 === 0) continue
      const written = Array.from({ length: Math.min(index + 1, length) }, (_, depth) => depth)
      const last = new Map(written.map((depth) => [depth % 16, 1 + depth]))
      io(volume, ...[...last].map(([block, value]) => `read -P ${value} ${block * BLOCK} 4k`))
    }
    await plugin.call('SR.destroy', { sr })
  }, 300_000)

  test('refuses to shrink a volume, and to change a snapshot', async () => {
    const sr = await newSr()
    const { key } = await plugin.call('Volume.create', { sr, name: '', description: '', size: 5000, sharable: false })
    expect(await plugin.call('Volume.stat', { sr, key })).toMatchObject({ virtual_size: 8192 })
    expect((await plugin.fail('Volume.resize', { sr, key, new_size: 4096 })).code).toBe('SR_BACKEND_FAILURE_79')
    const huge = { sr, name: '', description: '', size: 2n ** 52n, sharable: false }
    expect((await plugin.fail('Volume.create', huge)).code).toBe('SR_BACKEND_FAILURE_79')
    const snapshot = await plugin.call('Volume.snapshot', { sr, key })
    const resize = { sr, key: snapshot.key, new_size: MIB }
    expect((await plugin.fail('Volume.resize', resize)).params[0]).toBe('VolumeReadOnlyError')
    const revert = { sr, key: snapshot.key, snapshot: key }
    expect((await plugin.fail('Volume.revert', revert)).params[0]).toBe('VolumeReadOnlyError')
    const absent = { sr, key: '99999999-9999-4999-8999-999999999999' }
    expect((await plugin.fail('Volume.stat', absent)).params).toEqual(['Volume_does_not_exist', absent.key])
    await plugin.call('Volume.destroy', absent)
    await plugin.call('SR.destroy', { sr })
  })

  test('out of reach is Unreachable, with the names of the monitors', async () => {
    const uri = newUri()
    const sr = await newSr(uri)
    ceph.host.disconnect()
    try {
      const { health } = await plugin.call('SR.stat', { sr })
      expect(health).toEqual(['Unreachable', expect.stringContaining(ceph.host.address)])
      expect((await plugin.fail('SR.ls', { sr })).params[0]).toBe('ServerUnreachableError')
      expect((await plugin.fail('SR.probe', { configuration: { uri } })).params[0]).toBe('ServerUnreachableError')
      await plugin.call('SR.detach', { sr })
    } finally {
      ceph.host.connect()
    }
    await plugin.call('SR.attach', { configuration: { uri } })
    await plugin.call('SR.destroy', { sr })
  }, 300_000)

  test('of a user who may only use the pool works, also after a crash, and shows the key nowhere', async () => {
    const login = await ceph.ceph(
      'auth',
      'get-or-create',
      'client.xen',
      'mon',
      'profile rbd',
      'osd',
      'profile rbd pool=rbd',
    )
    const keyring = join(ceph.host.directory, 'xen')
    writeFileSync(keyring, login, { mode: 0o600 })
    const sr = await newSr(newUri().replace(/&keyring=.*/, `&id=xen&keyring=${keyring}`))
    const request = { sr, name: '', description: '', size: MIB, sharable: false }
    const { key } = await plugin.call('Volume.create', request)
    const killed = plugin.start('Volume.clone', { sr, key })
    await eventually(async () => (await workOf(sr)) > 0 || killed.exitCode !== null, 'the clone is at work')
    if (killed.exitCode === null && killed.pid !== undefined) process.kill(-killed.pid, 'SIGKILL')
    const clone = await plugin.call('Volume.clone', { sr, key })
    expect(await workOf(sr)).toBe(0)
    await plugin.call('Volume.revert', { sr, key, snapshot: clone.key })
    expect(clone.uri[0]).toContain(`&id=xen&keyring=${keyring}`)
    const [secret = ''] = /\S+==/.exec(login) ?? []
    expect(secret).not.toBe('')
    const diagnostics = await plugin.call('Plugin.diagnostics', {})
    expect(diagnostics).toMatch(/^engine: librados \d[\d.]+, librbd \d[\d.]+ for Python\n/)
    expect(JSON.stringify([clone, diagnostics])).not.toContain(secret)
    await plugin.call('SR.destroy', { sr })
  })

  test('is refused to those whose key is wrong, and whose keyring others can read', async () => {
    const create = async (keyring: string) => {
      const configuration = { uri: newUri().replace(/&keyring=.*/, `&keyring=${keyring}`) }
      return (await plugin.fail('SR.create', { uuid: UUID, name: '', description: '', configuration })).params.join(' ')
    }
    const open = join(ceph.host.directory, 'open')
    writeFileSync(open, readFileSync(ceph.keyring))
    chmodSync(open, 0o644)
    expect(await create(open)).toMatch(/CredentialsError.*chmod 600/)
    const wrong = join(ceph.host.directory, 'wrong')
    execFileSync('ceph-authtool', ['--create-keyring', wrong, '--gen-key', '--name', 'client.admin'], { stdio: 'pipe' })
    chmodSync(wrong, 0o600)
    expect(await create(wrong)).toMatch(/CredentialsError.*client\.admin/)
  })

  test.each(['rbd://', 'http://pool', 'rbd://pool/a/b', 'rbd://pool?colour=red', 'rbd://pool?conf=ceph.conf'])(
    '%s is no place for one',
    async (uri) => {
      const { params } = await plugin.fail('SR.create', {
        uuid: UUID,
        name: '',
        description: '',
        configuration: { uri },
      })
      expect(params[0]).toBe('DiskUriError')
    },
  )
})
