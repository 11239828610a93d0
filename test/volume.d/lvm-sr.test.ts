/** SRs on volume groups: what only they have. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { lvm, lvmReport } from '../support/lvm.ts'
import { lacks } from '../support/needs.ts'
import { makeFileSystem, mounted, writePartitionTable } from '../support/signatures.ts'
import { EXTENT, MIB, OTHER, UUID, underLvm } from './lvm-fixture.ts'

const missing = lacks('lvm', 'losetup', 'loop devices', 'mkfs.ext4')

describe.skipIf(missing)('org.xen.xapi.storage.lvm, SRs', { timeout: 120_000 }, () => {
  const { plugin, newDevice, newName, request, create, refusal, attach, probe, newVolume, logicalVolumes } = underLvm()

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
})

async function digest(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}
