import { open } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { lvm, lvmReport } from '../support/lvm.ts'
import { lacks } from '../support/needs.ts'
import { EXTENT, MIB, OTHER, underLvm } from './lvm-fixture.ts'

const missing = lacks('lvm', 'losetup', 'loop devices')

describe.skipIf(missing)('org.xen.xapi.storage.lvm, volumes', { timeout: 120_000 }, () => {
  const { plugin, newDevice, create, attach, newVolume, logicalVolumes } = underLvm()

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
      // At both ends: between the two looks of the copy at the last block there may be little time.
      for (let count = 0; writing; count++) {
        for (const at of [place.offset, place.offset + place.size - 4096]) {
          await file.write(Buffer.alloc(4096, `${count} `), 0, 4096, at)
        }
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
