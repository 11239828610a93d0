import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { blockDevice, type TestDevice } from '../support/block-device.ts'
import { lvm, lvmReport } from '../support/lvm.ts'
import { lacks } from '../support/needs.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'
import { makeFileSystem, mounted, writePartitionTable } from '../support/signatures.ts'

const UUID = '11111111-1111-4111-8111-111111111111'
const OTHER = '99999999-9999-4999-8999-999999999999'
const MIB = 2 ** 20
const EXTENT = 4 * MIB

const missing = lacks('lvm', 'losetup', 'loop devices', 'mkfs.ext4')

describe.skipIf(missing)('org.xen.xapi.storage.lvm', { timeout: 120_000 }, () => {
  let plugin: TestPlugin
  const devices: TestDevice[] = []
  let names = 0

  beforeAll(async () => {
    plugin = await installPlugin('volume.d/org.xen.xapi.storage.lvm')
  })
  afterAll(() => plugin.remove())
  afterEach(async () => {
    for (const sr of await plugin.call('Plugin.ls', {})) await plugin.call('SR.detach', { sr })
    for (const device of devices.splice(0)) device.remove()
  })

  function newDevice(size = 64 * MIB): TestDevice {
    const device = blockDevice(size)
    devices.push(device)
    return device
  }

  /** A name that no volume group of this machine has. */
  function newName(): string {
    return `test-${process.pid}-${names++}`
  }

  const request = (configuration: Record<string, string>, uuid = UUID) => ({
    uuid,
    configuration,
    name: 'fast disks',
    description: 'im Schrank „3“',
  })
  const create = (configuration: Record<string, string>, uuid = UUID) =>
    plugin.call('SR.create', request({ ...(configuration.vg ? {} : { vg: newName() }), ...configuration }, uuid))
  const refusal = async (configuration: Record<string, string>) =>
    (await plugin.fail('SR.create', request(configuration))).params.join(': ')
  const attach = async (configuration: Record<string, string>) => plugin.call('SR.attach', { configuration })
  const probe = (configuration: Record<string, string>) => plugin.call('SR.probe', { configuration })
  const newVolume = (sr: string, size: number, name = 'disk') =>
    plugin.call('Volume.create', { sr, name, description: '', size, sharable: false })

  /** The size of each logical volume of some devices. */
  const logicalVolumes = (...paths: string[]) =>
    Object.fromEntries(
      lvmReport(paths, 'lvs', 'lv_name,lv_size').map(({ lv_name, lv_size }) => [lv_name, Number(lv_size)]),
    )

  describe('SR.create', () => {
    test('makes a volume group, and answers what SR.attach needs; SR.destroy leaves an empty device', async () => {
      const { path } = newDevice()
      const configuration = await plugin.call('SR.create', request({ device: path, other: 'kept' }))
      expect(configuration).toEqual({ device: path, vg: `smapiv3-${UUID}`, sr_uuid: UUID, other: 'kept' })
      const sr = await attach(configuration)
      expect(await plugin.call('SR.stat', { sr })).toMatchObject({
        ...{ sr, uuid: UUID, name: 'fast disks', description: 'im Schrank „3“' },
        health: ['Healthy', ''],
      })
      await plugin.call('SR.set_name', { sr, new_name: 'new\nname' })
      await plugin.call('SR.set_description', { sr, new_description: '' })
      expect(await plugin.call('SR.stat', { sr })).toMatchObject({ name: 'new\nname', description: '' })
      await newVolume(sr, MIB)
      await plugin.call('SR.destroy', { sr })
      expect(lvmReport([path], 'pvs', 'pv_name')).toEqual([])
      expect(await probe({ device: path })).toMatchObject([{ complete: true, configuration: { device: path } }])
    })

    test.each([
      ['a file system', makeFileSystem, /ext4/],
      ['partitions', writePartitionTable, /dos|partition/],
      [
        'a volume group',
        (path: string) => lvm([path], 'vgcreate', `test-${process.pid}-vg`, path),
        /the volume group test-/,
      ],
    ])('refuses a device with %s, says so, and changes nothing on it', async (_what, prepare, seen) => {
      const device = newDevice()
      prepare(device.path)
      const before = await digest(device.file)
      expect(await refusal({ device: device.path })).toMatch(seen)
      expect(await refusal({ device: `${newDevice().path},${device.path}` })).toMatch(seen)
      expect(await probe({ device: device.path })).toMatchObject([{ complete: false }])
      expect(await digest(device.file)).toBe(before)
    })

    test('refuses a device that is mounted', async () => {
      const { path } = newDevice()
      await mounted(path, async () => expect(await refusal({ device: path })).toMatch(/in use/))
    })

    test('refuses a device of an SR, and the same name twice', async () => {
      const { path } = newDevice()
      const { vg = '' } = await create({ device: path })
      expect(await refusal({ device: path })).toContain(vg)
      expect(await refusal({ vg })).toContain(UUID)
      expect(await refusal({ device: newDevice().path, vg })).toMatch(/on other devices already/)
    })

    test.each([
      [{}, /ConfigurationError.*device=/],
      [{ device: '/dev/no-such-device' }, /does not exist/],
      [{ device: '/etc/hostname' }, /not a block device/],
      [{ device: 'loop0' }, /does not exist/],
      [{ device: ' , ' }, /no block device/],
      [{ vg: '-y' }, /cannot be the name/],
      [{ vg: 'a b' }, /cannot be the name/],
      [{ vg: 'no-such-group' }, /there is no volume group/],
      [{ device: '/dev/null', allocation: 'fat' }, /not a block device|thick or thin/],
    ])('refuses %j', async (configuration, seen) => {
      expect(await refusal(configuration)).toMatch(seen)
    })

    test('spans several devices', async () => {
      const [one, two] = [newDevice(), newDevice()]
      const sr = await attach(await create({ device: `${one.path},${two.path}` }))
      const volumes = [await newVolume(sr, 40 * MIB), await newVolume(sr, 40 * MIB)]
      expect(new Set(volumes.map(({ uri }) => uri[0]?.split('?')[0]))).toEqual(
        new Set([`file://${one.path}`, `file://${two.path}`]),
      )
      one.unplug()
      expect((await plugin.call('SR.stat', { sr })).health[0]).toBe('Unreachable')
      one.plug()
      expect((await plugin.call('SR.ls', { sr })).length).toBe(2)
    })
  })

  describe('an existing volume group', () => {
    test('becomes an SR and ceases to be one, with everything else in it as it was', async () => {
      const device = newDevice()
      const vg = newName()
      lvm([device.path], 'vgcreate', '--addtag', 'theirs', vg, device.path)
      lvm([device.path], 'lvcreate', '-an', '-Zn', '-Wn', '-L', '8M', '-n', 'thesis', vg)
      expect(await probe({ vg })).toMatchObject([{ complete: true, configuration: { vg } }])
      const configuration = await create({ vg })
      expect(configuration).toEqual({ vg, sr_uuid: UUID })
      const sr = await attach(configuration)
      expect(await plugin.call('SR.ls', { sr })).toEqual([])
      const { key } = await newVolume(sr, MIB)
      expect((await plugin.fail('Volume.destroy', { sr, key: 'thesis' })).params).toEqual([
        'Volume_does_not_exist',
        'thesis',
      ])
      await attach(configuration)
      expect(logicalVolumes(device.path)).toEqual({ thesis: 8 * MIB, [key]: EXTENT })
      await plugin.call('SR.destroy', { sr })
      expect(logicalVolumes(device.path)).toEqual({ thesis: 8 * MIB })
      expect(lvmReport([device.path], 'vgs', 'vg_name,vg_tags')).toEqual([{ vg_name: vg, vg_tags: 'theirs' }])
    })

    test('that SR.create made stays where somebody has made something in it', async () => {
      const { path } = newDevice()
      const { vg = '', ...more } = await create({ device: path })
      const sr = await attach({ vg, ...more })
      await newVolume(sr, MIB)
      lvm([path], 'lvcreate', '-an', '-Zn', '-Wn', '-L', '8M', '-n', 'thesis', vg)
      await plugin.call('SR.destroy', { sr })
      expect(logicalVolumes(path)).toEqual({ thesis: 8 * MIB })
      expect(lvmReport([path], 'vgs', 'vg_name,vg_tags')).toEqual([{ vg_name: vg, vg_tags: '' }])
    })
  })

  describe('SR.probe', () => {
    test('finds an SR by its device, its volume group and its uuid, and among all of the host', async () => {
      const { path } = newDevice()
      const configuration = await create({ device: path })
      const { vg = '' } = configuration
      const found = { complete: true, sr: { sr: `lvm://${vg}`, uuid: UUID, name: 'fast disks' } }
      expect(await probe({ device: path })).toMatchObject([{ ...found, configuration }])
      expect(await probe({ vg })).toMatchObject([{ ...found, configuration: { vg, sr_uuid: UUID } }])
      expect(await probe({ device: path, sr_uuid: OTHER })).toEqual([])
      const everywhere = await probe({})
      expect(everywhere).toEqual(
        expect.arrayContaining([expect.objectContaining({ configuration: { vg, sr_uuid: UUID } })]),
      )
    })
  })

  describe('SR.attach', () => {
    test('checks that the SR is the one expected', async () => {
      const { path } = newDevice()
      const configuration = await create({ device: path })
      const error = await plugin.fail('SR.attach', { configuration: { ...configuration, sr_uuid: OTHER } })
      expect(error.params.join(' ')).toMatch(/SrMismatchError.*1111/)
      const empty = newDevice().path
      expect((await plugin.fail('SR.attach', { configuration: { device: empty } })).params).toEqual([
        'SR_does_not_exist',
        empty,
      ])
      const sr = await attach(configuration)
      expect(await attach(configuration)).toBe(sr)
      await plugin.call('SR.detach', { sr })
      await plugin.call('SR.detach', { sr })
      expect((await plugin.fail('SR.ls', { sr })).params).toEqual(['Sr_not_attached', sr])
    })

    test('removes what killed calls left, and nothing else', async () => {
      const { path } = newDevice()
      const configuration = await create({ device: path })
      const { vg = '' } = configuration
      const sr = await attach(configuration)
      const { key } = await newVolume(sr, MIB)
      const orphan = '12345678-1234-4234-8234-123456789abc'
      for (const [name, tags] of [
        [orphan, ['smapiv3.making=yes', `smapiv3.root=${orphan}`]],
        [`${key}.1`, ['smapiv3.making=yes', `smapiv3.root=${key}`]],
        [`${key}.space`, ['smapiv3.making=yes', `smapiv3.root=${key}`]],
        ['thesis', ['smapiv3.making=yes']],
      ] as const) {
        const labels = tags.flatMap((tag) => ['--addtag', tag])
        lvm([path], 'lvcreate', '-an', '-Zn', '-Wn', '-l', '1', '-n', name, ...labels, vg)
      }
      expect((await plugin.call('SR.ls', { sr })).map((volume) => volume.key)).toEqual([key])
      expect(await plugin.call('Plugin.diagnostics', {})).toMatch(/3 being made, or left/)
      await attach(configuration)
      expect(logicalVolumes(path)).toEqual({ [key]: EXTENT, thesis: EXTENT })
    })

    test('a device that is pulled out makes the SR Unreachable until it is back; it can be detached', async () => {
      const device = newDevice()
      const sr = await attach(await create({ device: device.path }))
      const { key } = await newVolume(sr, MIB)
      device.unplug()
      const { health } = await plugin.call('SR.stat', { sr })
      expect(health[0]).toBe('Unreachable')
      expect(health[1]).toContain(device.path)
      expect((await plugin.fail('SR.ls', { sr })).params[0]).toBe('SrUnreachableError')
      expect((await plugin.fail('Volume.stat', { sr, key })).params[0]).toBe('SrUnreachableError')
      expect((await plugin.fail('SR.destroy', { sr })).params[0]).toBe('SrUnreachableError')
      device.plug()
      expect((await plugin.call('SR.stat', { sr })).health[0]).toBe('Healthy')
      device.unplug()
      await plugin.call('SR.detach', { sr })
    })
  })

  test('SR.stat and SR.ls say what vgs and lvs say', async () => {
    const { path } = newDevice(256 * MIB)
    const sr = await attach(await create({ device: path }))
    await newVolume(sr, 5 * MIB, 'a')
    await newVolume(sr, 1, 'b')
    const { free_space, total_space } = await plugin.call('SR.stat', { sr })
    const [group] = lvmReport([path], 'vgs', 'vg_size,vg_free')
    expect({ vg_size: String(total_space), vg_free: String(free_space) }).toEqual(group)
    const volumes = await plugin.call('SR.ls', { sr })
    expect(Object.fromEntries(volumes.map((volume) => [volume.key, volume.virtual_size]))).toEqual(logicalVolumes(path))
  })

  describe('volumes', () => {
    let sr: string
    let path: string

    async function newSr(size = 64 * MIB): Promise<void> {
      path = newDevice(size).path
      sr = await attach(await create({ device: path }))
    }

    const placeOf = ({ uri: [uri = ''] }: { uri: string[] }) => {
      const { pathname, searchParams } = new URL(uri)
      return { path: pathname, offset: Number(searchParams.get('offset')), size: Number(searchParams.get('size')) }
    }

    async function bytesOf(volume: { uri: string[] }): Promise<Buffer> {
      const place = placeOf(volume)
      const file = await open(place.path, 'r')
      const { buffer } = await file.read(Buffer.alloc(place.size), 0, place.size, place.offset)
      await file.close()
      return buffer
    }

    async function fill(volume: { uri: string[] }, text: string): Promise<void> {
      const place = placeOf(volume)
      const file = await open(place.path, 'r+')
      await file.write(Buffer.alloc(place.size, text), 0, place.size, place.offset)
      await file.sync()
      await file.close()
    }

    test('never show what somebody had on their extents', async () => {
      await newSr()
      const first = await newVolume(sr, 8 * MIB)
      const second = await newVolume(sr, 48 * MIB)
      for (const volume of [first, second]) {
        await fill(volume, 'secret')
        await plugin.call('Volume.destroy', { sr, key: volume.key })
      }
      const volume = await newVolume(sr, 8 * MIB)
      await fill(volume, 'mine')
      await plugin.call('Volume.resize', { sr, key: volume.key, new_size: 32 * MIB })
      const grown = await bytesOf(await plugin.call('Volume.stat', { sr, key: volume.key }))
      expect(grown.subarray(0, 8 * MIB).equals(Buffer.alloc(8 * MIB, 'mine'))).toBe(true)
      expect(grown.subarray(8 * MIB).equals(Buffer.alloc(24 * MIB))).toBe(true)
    })

    test('that cannot grow in place move, and keep their bytes and what was said of them', async () => {
      await newSr()
      const volume = await newVolume(sr, 4 * MIB)
      await newVolume(sr, 4 * MIB)
      await fill(volume, 'mine')
      await plugin.call('Volume.set', { sr, key: volume.key, k: 'a', v: 'b' })
      await plugin.call('Volume.resize', { sr, key: volume.key, new_size: 8 * MIB })
      const moved = await plugin.call('Volume.stat', { sr, key: volume.key })
      expect(moved).toMatchObject({ virtual_size: 8 * MIB, name: 'disk', keys: { a: 'b' } })
      expect(placeOf(moved).offset).not.toBe(placeOf(volume).offset)
      expect((await bytesOf(moved)).subarray(0, 4 * MIB).equals(Buffer.alloc(4 * MIB, 'mine'))).toBe(true)
      expect(Object.keys(logicalVolumes(path)).length).toBe(2)
    })

    test('have a size in whole extents', async () => {
      await newSr()
      for (const [size, virtual_size] of [
        [1, EXTENT],
        [EXTENT, EXTENT],
        [EXTENT + 1, 2 * EXTENT],
      ] as const) {
        expect(await newVolume(sr, size)).toMatchObject({ virtual_size, physical_utilisation: virtual_size })
      }
    })

    test('that do not fit leave nothing', async () => {
      await newSr()
      const { key } = await newVolume(sr, 40 * MIB)
      for (const [size, code] of [
        [0, 'SR_BACKEND_FAILURE_79'],
        [2n ** 63n - 1n, 'SR_BACKEND_FAILURE_79'],
        [40 * MIB, 'SR_BACKEND_FAILURE_44'],
      ] as const) {
        const volume = { sr, name: '', description: '', size, sharable: false }
        expect(await plugin.fail('Volume.create', volume)).toMatchObject({ code })
      }
      expect(await plugin.fail('Volume.snapshot', { sr, key })).toMatchObject({ code: 'SR_BACKEND_FAILURE_44' })
      const grow = { sr, key, new_size: 100 * MIB }
      expect(await plugin.fail('Volume.resize', grow)).toMatchObject({ code: 'SR_BACKEND_FAILURE_44' })
      const shrink = { sr, key, new_size: 4 * MIB }
      expect(await plugin.fail('Volume.resize', shrink)).toMatchObject({ code: 'SR_BACKEND_FAILURE_79' })
      expect(logicalVolumes(path)).toEqual({ [key]: 40 * MIB })
    })

    test('keep text of any kind', async () => {
      await newSr()
      const texts = ['"\'\\`$(true)', 'line\nbreak', '../../etc/passwd', '💾'.repeat(2560), '\u0001\u007f', '!&#%,@']
      const { key } = await newVolume(sr, 1)
      for (const text of texts) {
        await plugin.call('Volume.set_name', { sr, key, new_name: text })
        await plugin.call('Volume.set_description', { sr, key, new_description: text })
        await plugin.call('Volume.set', { sr, key, k: text, v: text })
        expect(await plugin.call('Volume.stat', { sr, key })).toMatchObject({ name: text, description: text })
      }
      for (const k of ['__proto__', '']) await plugin.call('Volume.set', { sr, key, k, v: 'v' })
      await plugin.call('Volume.unset', { sr, key, k: '' })
      await plugin.call('Volume.unset', { sr, key, k: 'never set' })
      const { keys } = await plugin.call('Volume.stat', { sr, key })
      const expected = [...texts.map((text) => [text, text]), ['__proto__', 'v']]
      expect(Object.entries(keys).sort()).toEqual(expected.sort())
    })

    test('have no room for more once the metadata area is full, and are as they were', async () => {
      await newSr()
      const { key } = await newVolume(sr, 1)
      const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(64 * 1024)))
        .toString('base64')
        .repeat(2)
      let stored = 0
      let code = ''
      for (; code === '' && stored < 20; stored++) {
        const set = { sr, key, k: `${stored}`, v: noise }
        code = await plugin.call('Volume.set', set).then(
          () => '',
          async () => (await plugin.fail('Volume.set', set)).code,
        )
      }
      expect(code).toBe('SR_BACKEND_FAILURE_44')
      expect(Object.keys((await plugin.call('Volume.stat', { sr, key })).keys).length).toBe(stored - 1)
      await plugin.call('Volume.unset', { sr, key, k: '0' })
      await plugin.call('Volume.set', { sr, key, k: 'small', v: 'text' })
    })

    test('that are snapshots never change, also by LVM’s word', async () => {
      await newSr()
      const volume = await newVolume(sr, 1)
      const { key, uri } = await plugin.call('Volume.snapshot', { sr, key: volume.key })
      expect(uri[0]).toContain('read-only=true')
      const [{ lv_permissions } = {}] = lvmReport([path], 'lvs', 'lv_permissions', '--select', `lv_name=${key}`)
      expect(lv_permissions).toMatch(/^read-only/)
      const resize = { sr, key, new_size: 8 * MIB }
      expect((await plugin.fail('Volume.resize', resize)).params[0]).toBe('VolumeReadOnlyError')
      const revert = { sr, key, snapshot: volume.key }
      expect((await plugin.fail('Volume.revert', revert)).params[0]).toBe('VolumeReadOnlyError')
    })

    test('that are written while they are copied fail the copy, which leaves nothing', async () => {
      await newSr(256 * MIB)
      const volume = await newVolume(sr, 64 * MIB)
      await fill(volume, 'some text')
      const place = placeOf(volume)
      const file = await open(place.path, 'r+')
      let writing = true
      const writer = (async () => {
        for (let count = 0; writing; count++) {
          await file.write(Buffer.alloc(4096, `${count} `), 0, 4096, place.offset + place.size - 4096)
        }
      })()
      try {
        const error = await plugin.fail('Volume.snapshot', { sr, key: volume.key })
        expect(error.params.join(' ')).toMatch(/VolumeInUseError.*written while/)
      } finally {
        writing = false
        await writer
        await file.close()
      }
      expect(logicalVolumes(path)).toEqual({ [volume.key]: 64 * MIB })
      await plugin.call('Volume.snapshot', { sr, key: volume.key })
    })

    test('are copied to another SR, and compared', async () => {
      await newSr()
      const there = await attach(await create({ device: newDevice().path }, OTHER))
      const volume = await newVolume(sr, 4 * MIB)
      await fill(volume, 'original')
      const copy = await plugin.call('Volume.copy', { sr, key: volume.key, dest_sr: there })
      const clone = await plugin.call('Volume.clone', { sr, key: volume.key })
      await fill(volume, 'changed!')
      expect((await bytesOf(copy)).toString('latin1', 0, 8)).toBe('original')
      expect((await plugin.call('SR.ls', { sr: there })).map(({ key }) => key)).toEqual([copy.key])
      expect(await plugin.call('Volume.compare', { sr, key: volume.key, key2: clone.key })).toEqual({
        blocksize: 65536,
        ranges: [[0, 64]],
      })
      await plugin.call('Volume.revert', { sr, key: volume.key, snapshot: clone.key })
      const equal = { sr, key: volume.key, key2: clone.key }
      expect((await plugin.call('Volume.compare', equal)).ranges).toEqual([])
      expect(await plugin.call('Volume.similar_content', { sr, key: volume.key })).toEqual([clone.key])
    })

    test('with damaged tags are named, and hide no other; tags of a newer version stay', async () => {
      await newSr()
      const good = await newVolume(sr, 1)
      const torn = await newVolume(sr, 1)
      const vg = sr.slice('lvm://'.length)
      lvm([path], 'lvchange', '--addtag', 'smapiv3.keys=!xxxx', `${vg}/${torn.key}`)
      lvm([path], 'lvchange', '--addtag', 'smapiv3.later=exact', `${vg}/${good.key}`)
      expect((await plugin.call('SR.ls', { sr })).map(({ key }) => key)).toEqual([good.key])
      expect((await plugin.fail('Volume.stat', { sr, key: torn.key })).params[0]).toBe('DamagedTagsError')
      expect(await plugin.call('Plugin.diagnostics', {})).toContain(torn.key)
      await plugin.call('Volume.destroy', { sr, key: torn.key })
      await plugin.call('Volume.set', { sr, key: good.key, k: 'a', v: 'b' })
      const [{ lv_tags } = {}] = lvmReport([path], 'lvs', 'lv_tags')
      expect(lv_tags).toContain('smapiv3.later=exact')
    })

    test('have keys of one form only', async () => {
      await newSr()
      for (const key of ['', '../sr', '/etc/passwd', 'a\0b', '--help', '0'.repeat(300)]) {
        const error = { code: 'SR_BACKEND_FAILURE', params: ['Volume_does_not_exist', key] }
        expect(await plugin.fail('Volume.stat', { sr, key })).toMatchObject(error)
        expect(await plugin.fail('Volume.set', { sr, key, k: 'k', v: 'v' })).toMatchObject(error)
        expect(await plugin.fail('Volume.destroy', { sr, key })).toMatchObject(error)
      }
    })
  })
})

async function digest(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}
