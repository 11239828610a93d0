/** Formats of one SR and of several, and images that others put there. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { lacks } from '../support/needs.ts'
import { scratch } from '../support/scratch.ts'
import { fileStorage } from './file-storage.ts'
import { BLOCK, changed, expectContent, expectStored, grown, withDisk, write, zeroes } from './suites/content.ts'
import { killer } from './suites/killer.ts'
import { randomNumbers, SEED } from './suites/random.ts'
import { underTest, type Volume } from './suites/storage.ts'

const MIB = 2 ** 20
const SIZE = 2 * MIB

/** How often a call is killed. */
const KILLS = Number(process.env.SMAPIV3_CRASHES ?? 12)

describe.skipIf(lacks('qemu-img', 'qemu-io', 'qemu-storage-daemon'))('formats', () => {
  const it = underTest(fileStorage('qcow2'))
  const vhd = underTest(fileStorage('vhd'))
  const create = (sr: string) =>
    it.plugin.call('Volume.create', { sr, name: 'v', description: '', size: SIZE, sharable: false })

  async function newSr(configuration: Record<string, string>): Promise<string> {
    const uri = `file://${scratch()}/sr`
    const request = { uuid: crypto.randomUUID(), name: 'n', description: '' }
    const created = await it.plugin.call('SR.create', { ...request, configuration: { uri, ...configuration } })
    const sr = await it.plugin.call('SR.attach', { configuration: created })
    onTestFinished(() => it.plugin.call('SR.detach', { sr }).then(() => {}))
    return sr
  }

  test('qcow2 is the default; an SR without a format in its identity keeps raw images', async () => {
    const sr = await newSr({})
    expect((await create(sr)).uri[0]).toMatch(/\.qcow2$/)
    const identity = join(fileURLToPath(sr), 'sr.json')
    const { image_format: _, ...old } = JSON.parse(readFileSync(identity, 'utf8'))
    writeFileSync(identity, JSON.stringify(old))
    const volume = await create(sr)
    expect(volume.uri[0]).toMatch(/\.raw$/)
    const { format: __, ...metadata } = JSON.parse(readFileSync(join(fileURLToPath(sr), `${volume.key}.json`), 'utf8'))
    writeFileSync(join(fileURLToPath(sr), `${volume.key}.json`), JSON.stringify(metadata))
    expect(await it.plugin.call('Volume.stat', { sr, key: volume.key })).toMatchObject({ virtual_size: SIZE })
    expect(await it.plugin.call('SR.ls', { sr })).toHaveLength(2)
  })

  test('another format is refused, and names those there are', async () => {
    const configuration = { uri: `file://${scratch()}`, format: 'vmdk' }
    const request = { uuid: crypto.randomUUID(), name: '', description: '', configuration }
    expect((await it.plugin.fail('SR.create', request)).params).toEqual([
      'ConfigurationError',
      'format is vmdk; it can be raw, qcow2, vhd',
    ])
  })

  test('VHD: exact sizes, full copies', async () => {
    const { plugin, datapath } = vhd
    const { sr, place } = await vhd.newSr()
    const size = 3 * MIB + 4096
    const volume = await plugin.call('Volume.create', { sr, name: '', description: '', size, sharable: false })
    expect(volume).toMatchObject({ virtual_size: size, uri: [expect.stringMatching(/\.vhd$/)] })
    await write(datapath, volume, 1, 2, 0xa5)
    const before = changed(zeroes(3 * MIB), 1, 2, 0xa5)
    const snapshot = await plugin.call('Volume.snapshot', { sr, key: volume.key })
    await write(datapath, volume, 1, 1, 0x5a)
    const clone = await plugin.call('Volume.clone', { sr, key: snapshot.key })
    await expectContent(datapath, snapshot, before)
    await expectStored(vhd, clone, before)
    await plugin.call('Volume.revert', { sr, key: volume.key, snapshot: snapshot.key })
    await expectStored(vhd, volume, before)
    const large = { sr, name: '', description: '', size: 3 * 2 ** 40, sharable: false }
    expect((await plugin.fail('Volume.create', large)).code).toBe('SR_BACKEND_FAILURE_79')
    await vhd.storage.check(place, await plugin.call('SR.ls', { sr }))
    await plugin.call('SR.destroy', { sr })
    expect(await vhd.storage.remains(place)).toEqual([])
  }, 120_000)

  test('VHD: grows by a copy, not in use, and its copies keep their size', async () => {
    const { plugin, datapath } = vhd
    const { sr, place } = await vhd.newSr()
    const volume = await plugin.call('Volume.create', { sr, name: '', description: '', size: SIZE, sharable: false })
    const { key } = volume
    const blocks = SIZE / BLOCK
    await write(datapath, volume, blocks - 2, 2, 0xa5)
    const content = changed(zeroes(SIZE), blocks - 2, 2, 0xa5)
    const copies = [
      await plugin.call('Volume.snapshot', { sr, key }),
      await plugin.call('Volume.clone', { sr, key }),
    ] as const
    const resize = { sr, key, new_size: SIZE + 3 * MIB + 1 }
    const size = SIZE + 3 * MIB + 4096
    await withDisk(datapath, volume, async () => {
      expect((await plugin.fail('Volume.resize', resize)).params[0]).toBe('VolumeInUseError')
    })
    const writer = openSync(fileURLToPath(volume.uri[0] ?? ''), 'r+')
    expect((await plugin.fail('Volume.resize', resize)).params).toEqual([
      'VolumeInUseError',
      expect.stringContaining(`${process.pid} `),
    ])
    closeSync(writer)
    expect(await plugin.call('Volume.stat', { sr, key })).toMatchObject({ virtual_size: SIZE })
    await plugin.call('Volume.resize', resize)
    await plugin.call('Volume.resize', resize)
    const large = await plugin.call('Volume.stat', { sr, key })
    expect(large).toMatchObject({ virtual_size: size, uri: volume.uri })
    const after = grown(content, SIZE + 3 * MIB)
    await expectContent(datapath, large, after)
    // The new part can be written to its end, and what was there stays.
    await write(datapath, large, blocks, 1, 0x5a)
    await expectStored(vhd, large, changed(after, blocks, 1, 0x5a))
    expect((await plugin.fail('Volume.resize', { sr, key, new_size: SIZE })).code).toBe('SR_BACKEND_FAILURE_79')
    const compared = await plugin.call('Volume.compare', { sr, key, key2: copies[1].key })
    expect(compared).toEqual({ blocksize: BLOCK, ranges: [[blocks, 3 * (MIB / BLOCK) + 1]] })
    await write(datapath, large, 3, 2, 0x11)
    const { ranges } = await plugin.call('Volume.compare', { sr, key: copies[0].key, key2: key })
    expect(ranges).toEqual([
      [3, 2],
      [blocks, 3 * (MIB / BLOCK) + 1],
    ])
    for (const copy of copies) {
      expect(await plugin.call('Volume.stat', { sr, key: copy.key })).toMatchObject({ virtual_size: SIZE })
      await expectContent(datapath, copy, content)
    }
    expect((await plugin.fail('Volume.resize', { ...resize, key: copies[0].key })).params[0]).toBe(
      'VolumeReadOnlyError',
    )
    await vhd.storage.check(place, await plugin.call('SR.ls', { sr }))
    await plugin.call('SR.destroy', { sr })
    expect(await vhd.storage.remains(place)).toEqual([])
  }, 120_000)

  test(`VHD: killed while it grows it has the old size or the new (SMAPIV3_SEED=${SEED})`, async () => {
    const { plugin, datapath } = vhd
    const { sr, place } = await vhd.newSr()
    const { kill } = killer(() => plugin)
    const random = randomNumbers(SEED)
    const volume = await plugin.call('Volume.create', { sr, name: '', description: '', size: SIZE, sharable: false })
    const { key } = volume
    let content = changed(zeroes(SIZE), 1, SIZE / BLOCK - 1, 0xa5)
    await write(datapath, volume, 1, SIZE / BLOCK - 1, 0xa5)
    for (let kills = 0; kills < KILLS; kills++) {
      const new_size = content.length * BLOCK + MIB
      const larger = grown(content, new_size)
      await kill(random, 'Volume.resize', { sr, key, new_size })
      const seen = await plugin.call('Volume.stat', { sr, key })
      expect([content.length * BLOCK, new_size]).toContain(Number(seen.virtual_size))
      await expectStored(vhd, seen, Number(seen.virtual_size) === new_size ? larger : content)
      if (random(2) === 0) {
        await plugin.call('Volume.resize', { sr, key, new_size })
        content = larger
      } else if (Number(seen.virtual_size) === new_size) content = larger
    }
    await plugin.call('SR.attach', { configuration: place })
    const volumes = await plugin.call('SR.ls', { sr })
    expect(volumes).toMatchObject([{ key, virtual_size: content.length * BLOCK }])
    await vhd.storage.check(place, volumes)
    await expectContent(datapath, volumes[0] ?? volume, content)
    await plugin.call('SR.destroy', { sr })
    expect(await vhd.storage.remains(place)).toEqual([])
  }, 300_000)

  test.each(['raw', 'vhd', 'qcow2'])(
    'a copy goes to an SR of %s images, and shares nothing',
    async (format) => {
      const [from, to] = [await newSr({}), await newSr({ format })]
      const volume = await create(from)
      await write(it.datapath, volume, 4, 2, 0x66)
      const snapshot = await it.plugin.call('Volume.snapshot', { sr: from, key: volume.key })
      await write(it.datapath, volume, 4, 1, 0x67)
      const before = changed(zeroes(SIZE), 4, 2, 0x66)
      const copies = [
        [await it.plugin.call('Volume.copy', { sr: from, key: snapshot.key, dest_sr: to }), before],
        [await it.plugin.call('Volume.copy', { sr: from, key: volume.key, dest_sr: to }), changed(before, 4, 1, 0x67)],
      ] as const
      await it.plugin.call('SR.destroy', { sr: from })
      for (const [copy, content] of copies) {
        expect(copy).toMatchObject({
          read_write: true,
          virtual_size: SIZE,
          uri: [expect.stringContaining(`.${format}`)],
        })
        await expectContent(it.datapath, copy, content)
      }
      const back = await it.plugin.call('Volume.copy', { sr: to, key: copies[0][0].key, dest_sr: to })
      await expectContent(it.datapath, back, before)
      await it.plugin.call('SR.destroy', { sr: to })
    },
    120_000,
  )

  test('compose lays a volume on another one; compare and similar_content know the chain', async () => {
    const { plugin, datapath } = it
    const sr = await newSr({})
    const parent = await create(sr)
    await write(datapath, parent, 0, 4, 0x11)
    const child = await create(sr)
    await write(datapath, child, 2, 1, 0x22)
    await plugin.call('Volume.compose', { sr, key: child.key, key2: parent.key })
    const below = changed(zeroes(SIZE), 0, 4, 0x11)
    await expectContent(datapath, child, changed(below, 2, 1, 0x22))
    await expectStored(it, parent, below)
    const compare = async (key: string, key2: string) => (await plugin.call('Volume.compare', { sr, key, key2 })).ranges
    expect(await compare(child.key, parent.key)).toEqual([[2, 1]])
    const snapshot = await plugin.call('Volume.snapshot', { sr, key: child.key })
    expect(await compare(child.key, snapshot.key)).toEqual([])
    await write(datapath, child, 9, 2, 0x33)
    expect(await compare(snapshot.key, child.key)).toEqual([[9, 2]])
    expect(await plugin.call('Volume.similar_content', { sr, key: child.key })).toEqual(
      expect.arrayContaining([snapshot.key, parent.key]),
    )
    await plugin.call('SR.destroy', { sr })
  }, 120_000)

  test('ISO images in the directory are volumes that can only be read', async () => {
    const { plugin, datapath } = it
    const sr = await newSr({})
    const directory = fileURLToPath(sr)
    writeFileSync(join(directory, 'rescue disk.iso'), Buffer.alloc(2 * BLOCK, 0x51))
    const key = 'rescue disk.iso'
    const [iso] = await plugin.call('SR.ls', { sr })
    expect(iso).toMatchObject({ key, name: key, read_write: false, virtual_size: 2 * BLOCK, sharable: true })
    expect(iso?.uuid).toBeUndefined()
    const volume = await plugin.call('Volume.stat', { sr, key })
    await expectContent(datapath, volume, [0x51, 0x51])
    for (const failed of [
      plugin.fail('Volume.destroy', { sr, key }),
      plugin.fail('Volume.set', { sr, key, k: 'a', v: 'b' }),
      plugin.fail('Volume.resize', { sr, key, new_size: MIB }),
    ]) {
      expect((await failed).params[0]).toBe('VolumeReadOnlyError')
    }
    expect((await plugin.fail('Volume.stat', { sr, key: '../x.iso' })).params[0]).toBe('Volume_does_not_exist')
    expect((await plugin.fail('Volume.stat', { sr, key: 'none.iso' })).params[0]).toBe('Volume_does_not_exist')
    const copy = await plugin.call('Volume.copy', { sr, key, dest_sr: sr })
    await expectContent(datapath, copy, [0x51, 0x51])
    await plugin.call('SR.destroy', { sr })
    expect(readdirSync(directory)).toEqual(['rescue disk.iso'])
  }, 120_000)

  describe.skipIf(lacks('root'))('a directory that can only be read', () => {
    function readOnly(directory: string): void {
      execFileSync('mount', ['--bind', directory, directory])
      onTestFinished(() => void execFileSync('umount', [directory]))
      execFileSync('mount', ['-o', 'remount,bind,ro', directory])
    }

    test('of ISO images is an SR as it is', async () => {
      const directory = join(scratch(), 'isos')
      mkdirSync(directory)
      writeFileSync(join(directory, 'a.iso'), Buffer.alloc(BLOCK, 0x61))
      readOnly(directory)
      const { plugin } = it
      const configuration = { uri: `file://${directory}`, iso: 'true' }
      const uuid = crypto.randomUUID()
      const created = await plugin.call('SR.create', { uuid, configuration, name: '', description: '' })
      const sr = await plugin.call('SR.attach', { configuration: created })
      expect(await plugin.call('SR.stat', { sr })).toMatchObject({ uuid, name: 'isos', health: ['Healthy', ''] })
      const volumes = await plugin.call('SR.ls', { sr })
      expect(volumes.map(({ key }) => key)).toEqual(['a.iso'])
      await expectContent(it.datapath, volumes[0] as Volume, [0x61])
      const request = { sr, name: '', description: '', size: 1, sharable: false }
      expect((await plugin.fail('Volume.create', request)).params[0]).toBe('SrReadOnlyError')
      expect((await plugin.fail('SR.destroy', { sr })).params[0]).toBe('SrReadOnlyError')
      await plugin.call('SR.detach', { sr })
      const again = await plugin.call('SR.attach', { configuration })
      expect((await plugin.call('SR.stat', { sr: again })).uuid).toMatch(/^[0-9a-f-]{36}$/)
      await plugin.call('SR.detach', { sr: again })
    })

    test('of volumes can be listed, read and copied from', async () => {
      const { plugin } = it
      const sr = await newSr({})
      const volume = await create(sr)
      await write(it.datapath, volume, 1, 1, 0x71)
      await plugin.call('SR.detach', { sr })
      readOnly(fileURLToPath(sr))
      await plugin.call('SR.attach', { configuration: { uri: sr } })
      expect((await plugin.call('SR.ls', { sr })).map(({ key }) => key)).toEqual([volume.key])
      expect((await plugin.call('SR.stat', { sr })).health[0]).toBe('Healthy')
      const set = { sr, key: volume.key, k: 'a', v: 'b' }
      expect((await plugin.fail('Volume.set', set)).params[0]).toBe('SrReadOnlyError')
      expect((await plugin.fail('Volume.snapshot', { sr, key: volume.key })).params[0]).toBe('SrReadOnlyError')
      const other = await newSr({})
      const copy = await plugin.call('Volume.copy', { sr, key: volume.key, dest_sr: other })
      await expectStored(it, copy, changed(zeroes(SIZE), 1, 1, 0x71))
      await plugin.call('SR.destroy', { sr: other })
      await plugin.call('SR.detach', { sr })
    }, 120_000)
  })
})
