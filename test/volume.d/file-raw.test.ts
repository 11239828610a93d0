import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dir } from 'tmp-promise'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'

const UUID = '11111111-1111-4111-8111-111111111111'
const MIB = 2 ** 20

let plugin: TestPlugin
let directory: string
let cleanup: () => Promise<void>
let sr: string

beforeAll(async () => {
  plugin = await installPlugin('volume.d/org.xen.xapi.storage.file')
})
afterAll(() => plugin.remove())
beforeEach(async () => {
  const temporary = await dir({ unsafeCleanup: true })
  cleanup = temporary.cleanup
  directory = join(temporary.path, 'a % directory')
  sr = await makeSr(directory, UUID)
})
afterEach(async () => {
  await plugin.call('SR.detach', { sr })
  await cleanup()
})

function uriOf(path: string): string {
  return `file://${path.replaceAll('%', '%25').replaceAll(' ', '%20')}`
}

async function makeSr(path: string, uuid: string): Promise<string> {
  const configuration = await plugin.call('SR.create', {
    uuid,
    configuration: { uri: uriOf(path), format: 'raw' },
    name: 'fast',
    description: 'disks',
  })
  return plugin.call('SR.attach', { configuration })
}

function newVolume(size: number | bigint, name = 'disk') {
  return plugin.call('Volume.create', { sr, name, description: 'for a test', size, sharable: false })
}

function pathOf(volume: { uri: string[] }): string {
  return fileURLToPath(volume.uri[0] ?? '')
}

function put(volume: { uri: string[] }, position: number, text: string): void {
  const descriptor = openSync(pathOf(volume), 'r+')
  writeSync(descriptor, text, position)
  closeSync(descriptor)
}

function at(volume: { uri: string[] }, position: number, length: number): string {
  const descriptor = openSync(pathOf(volume), 'r')
  const buffer = Buffer.alloc(length)
  readSync(descriptor, buffer, 0, length, position)
  closeSync(descriptor)
  return buffer.toString()
}

describe('a volume from its creation to its end', () => {
  test('create, write, snapshot, write, compare, revert, clone, destroy', async () => {
    const volume = await newVolume(64 * 2 ** 30)
    expect(volume).toMatchObject({
      uuid: volume.key,
      name: 'disk',
      description: 'for a test',
      read_write: true,
      sharable: false,
      virtual_size: 64 * 2 ** 30,
      physical_utilisation: 0,
      keys: {},
    })
    put(volume, 5 * MIB, 'before')
    await plugin.call('Volume.set', { sr, key: volume.key, k: 'vdi-type', v: 'user' })

    const snapshot = await plugin.call('Volume.snapshot', { sr, key: volume.key })
    expect(snapshot).toMatchObject({ name: 'disk', description: 'for a test', read_write: false, keys: {} })
    expect(Number(snapshot.physical_utilisation)).toBeLessThan(MIB)
    expect(at(snapshot, 5 * MIB, 6)).toBe('before')

    put(volume, 5 * MIB, 'after!')
    put(volume, 32 * 2 ** 30, 'far away')
    expect(await plugin.call('Volume.compare', { sr, key: volume.key, key2: snapshot.key })).toEqual({
      blocksize: 65536,
      ranges: [
        [80, 1],
        [524288, 1],
      ],
    })
    expect(at(snapshot, 5 * MIB, 6)).toBe('before')

    await plugin.call('Volume.revert', { sr, snapshot: snapshot.key, key: volume.key })
    expect(at(volume, 5 * MIB, 6)).toBe('before')
    expect(await plugin.call('Volume.stat', { sr, key: volume.key })).toMatchObject({
      key: volume.key,
      read_write: true,
      keys: { 'vdi-type': 'user' },
    })
    put(volume, 5 * MIB, 'again!')
    expect(at(snapshot, 5 * MIB, 6)).toBe('before')

    const clone = await plugin.call('Volume.clone', { sr, key: snapshot.key })
    expect(clone).toMatchObject({ read_write: true, keys: {} })
    put(clone, 5 * MIB, 'cloned')
    expect(at(snapshot, 5 * MIB, 6)).toBe('before')
    expect(await plugin.call('Volume.similar_content', { sr, key: clone.key })).toEqual([snapshot.key, volume.key])

    const keys = (await plugin.call('SR.ls', { sr })).map(({ key }) => key)
    expect(keys.sort()).toEqual([volume.key, snapshot.key, clone.key].sort())
    for (const key of keys) await plugin.call('Volume.destroy', { sr, key })
    expect(await plugin.call('SR.ls', { sr })).toEqual([])
    expect(readdirSync(directory).sort()).toEqual(['sr.json', 'sr.lock'])
  })

  test('resize grows, repeats, and refuses to shrink', async () => {
    const volume = await newVolume(10 * MIB)
    put(volume, 0, 'kept')
    await plugin.call('Volume.resize', { sr, key: volume.key, new_size: 20 * MIB })
    await plugin.call('Volume.resize', { sr, key: volume.key, new_size: 20 * MIB })
    expect(await plugin.call('Volume.stat', { sr, key: volume.key })).toMatchObject({ virtual_size: 20 * MIB })
    expect(at(volume, 0, 4)).toBe('kept')
    expect(await plugin.fail('Volume.resize', { sr, key: volume.key, new_size: 10 * MIB })).toMatchObject({
      code: 'SR_BACKEND_FAILURE_79',
    })
  })

  test('copy goes to another SR and is independent', async () => {
    const other = await makeSr(`${directory} 2`, '22222222-2222-4222-8222-222222222222')
    const volume = await newVolume(MIB)
    put(volume, 0, 'original')
    const copy = await plugin.call('Volume.copy', { sr, key: volume.key, dest_sr: other })
    put(volume, 0, 'changed!')
    expect(at(copy, 0, 8)).toBe('original')
    expect((await plugin.call('SR.ls', { sr: other })).map(({ key }) => key)).toEqual([copy.key])
    await plugin.call('SR.destroy', { sr: other })
  })

  test('a snapshot never changes', async () => {
    const volume = await newVolume(MIB)
    const snapshot = await plugin.call('Volume.snapshot', { sr, key: volume.key })
    const key = snapshot.key
    expect((await plugin.fail('Volume.resize', { sr, key, new_size: 2 * MIB })).params[0]).toBe('VolumeReadOnlyError')
    expect((await plugin.fail('Volume.revert', { sr, key, snapshot: volume.key })).params[0]).toBe(
      'VolumeReadOnlyError',
    )
    expect(statSync(pathOf(snapshot)).mode & 0o222).toBe(0)
  })
})

describe('sizes', () => {
  test.each([
    [1, 4096],
    [4096, 4096],
    [4097, 8192],
    [MIB + 1, MIB + 4096],
  ])('%i bytes are rounded up to %i', async (size, virtual_size) => {
    expect(await newVolume(size)).toMatchObject({ virtual_size })
  })

  test('a negative size is refused', async () => {
    await plugin.fail('Volume.create', { sr, name: '', description: '', size: -1, sharable: false })
  })

  test.each([0, 2n ** 63n - 1n, 2 ** 52])('%s bytes are refused and leave nothing', async (size) => {
    const request = { sr, name: '', description: '', size, sharable: false }
    expect(await plugin.fail('Volume.create', request)).toMatchObject({ code: 'SR_BACKEND_FAILURE_79' })
    expect(readdirSync(directory).sort()).toEqual(['sr.json', 'sr.lock'])
  })
})

describe('text of any kind', () => {
  const TEXTS = {
    nothing: '',
    'shell syntax': '"\'\\`$(true)',
    'a line break': 'line\nbreak',
    'a path': '../../etc/passwd',
    '10 KiB of emoji': '💾'.repeat(2560),
    'control characters': '\u0001\u007f',
  }

  test.each(Object.entries(TEXTS))('is kept as name, description and metadata: %s', async (_title, text) => {
    const { key } = await newVolume(MIB, text)
    await plugin.call('Volume.set_description', { sr, key, new_description: text })
    await plugin.call('Volume.set', { sr, key, k: text, v: text })
    await plugin.call('Volume.set', { sr, key, k: '__proto__', v: text })
    const volume = await plugin.call('Volume.stat', { sr, key })
    expect(volume).toMatchObject({ name: text, description: text })
    expect(Object.entries(volume.keys).sort()).toEqual(
      [
        ['__proto__', text],
        [text, text],
      ].sort(),
    )
    await plugin.call('Volume.set_name', { sr, key, new_name: `${text}!` })
    await plugin.call('Volume.unset', { sr, key, k: '__proto__' })
    await plugin.call('Volume.unset', { sr, key, k: 'never set' })
    expect(await plugin.call('Volume.stat', { sr, key })).toMatchObject({ name: `${text}!`, keys: { [text]: text } })
  })

  test.each(['', '../sr', '/etc/passwd', 'sr', 'a\0b', '0'.repeat(300)])('is no key: %j', async (key) => {
    const error = { code: 'SR_BACKEND_FAILURE', params: ['Volume_does_not_exist', key] }
    expect(await plugin.fail('Volume.stat', { sr, key })).toMatchObject(error)
    expect(await plugin.fail('Volume.set', { sr, key, k: 'k', v: 'v' })).toMatchObject(error)
    expect(await plugin.fail('Volume.clone', { sr, key })).toMatchObject(error)
    expect(await plugin.fail('Volume.destroy', { sr, key })).toMatchObject(error)
    expect(existsSync(join(directory, 'sr.json'))).toBe(true)
  })
})

describe('repetition', () => {
  test('destroy of what is gone succeeds, any other call says so', async () => {
    const { key } = await newVolume(MIB)
    await plugin.call('Volume.destroy', { sr, key })
    await plugin.call('Volume.destroy', { sr, key })
    expect((await plugin.fail('Volume.resize', { sr, key, new_size: MIB })).params).toEqual([
      'Volume_does_not_exist',
      key,
    ])
    expect(readdirSync(directory).sort()).toEqual(['sr.json', 'sr.lock'])
  })

  test('attach and detach can be repeated; a detached SR says so', async () => {
    const { key } = await newVolume(MIB)
    expect(await plugin.call('SR.attach', { configuration: { uri: sr, sr_uuid: UUID } })).toBe(sr)
    expect(await plugin.call('Plugin.ls', {})).toContain(sr)
    await plugin.call('SR.detach', { sr })
    await plugin.call('SR.detach', { sr })
    for (const failed of [
      plugin.fail('SR.stat', { sr }),
      plugin.fail('SR.ls', { sr }),
      plugin.fail('SR.destroy', { sr }),
      plugin.fail('Volume.stat', { sr, key }),
      plugin.fail('Volume.destroy', { sr, key }),
    ]) {
      expect((await failed).params).toEqual(['Sr_not_attached', sr])
    }
    await plugin.call('SR.attach', { configuration: { uri: sr, sr_uuid: UUID } })
    expect(await plugin.call('Volume.stat', { sr, key })).toMatchObject({ key })
  })
})

describe('damage', () => {
  test('of one volume is named, and hides no other', async () => {
    const good = await newVolume(MIB)
    const torn = await newVolume(MIB)
    const missing = await newVolume(MIB)
    writeFileSync(join(directory, `${torn.key}.json`), '{"name": ')
    await rm(pathOf(missing))
    expect((await plugin.call('SR.ls', { sr })).map(({ key }) => key)).toEqual([good.key])
    for (const { key } of [torn, missing]) {
      expect((await plugin.fail('Volume.stat', { sr, key })).params[0]).toBe('DamagedFileError')
      expect(await plugin.call('Plugin.diagnostics', {})).toContain(key)
    }
    await plugin.call('Volume.destroy', { sr, key: torn.key })
    await plugin.call('Volume.destroy', { sr, key: missing.key })
  })

  test('an identity of another SR, or none, is Unreachable and touches nothing', async () => {
    const { key } = await newVolume(MIB)
    const identity = readFileSync(join(directory, 'sr.json'), 'utf8')
    writeFileSync(join(directory, 'sr.json'), identity.replace(UUID, '99999999-9999-4999-8999-999999999999'))
    expect((await plugin.call('SR.stat', { sr })).health[0]).toBe('Unreachable')
    expect((await plugin.fail('Volume.destroy', { sr, key })).params[0]).toBe('SrUnreachableError')
    expect((await plugin.fail('SR.destroy', { sr })).params[0]).toBe('SrUnreachableError')
    expect(existsSync(join(directory, `${key}.raw`))).toBe(true)
    writeFileSync(join(directory, 'sr.json'), identity)
    expect((await plugin.call('SR.stat', { sr })).health[0]).toBe('Healthy')
  })

  test('members that a newer version wrote stay', async () => {
    const { key } = await newVolume(MIB)
    const path = join(directory, `${key}.json`)
    const later = { later: { exact: 'member' } }
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...later }))
    await plugin.call('Volume.set', { sr, key, k: 'a', v: 'b' })
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ ...later, keys: { a: 'b' } })
  })

  test('what killed calls left is swept by attach, and nothing else', async () => {
    const { key } = await newVolume(MIB)
    const orphan = '12345678-1234-4234-8234-123456789abc'
    for (const name of [`${orphan}.raw`, `${orphan}.lock`, `${key}.raw.tmp`, `${key}.json.tmp`, 'notes.txt', 'x.raw']) {
      writeFileSync(join(directory, name), '')
    }
    await mkdir(join(directory, 'backup'))
    await plugin.call('SR.attach', { configuration: { uri: sr } })
    expect(new Set(readdirSync(directory))).toEqual(
      new Set(['backup', 'notes.txt', 'x.raw', 'sr.json', 'sr.lock', `${key}.json`, `${key}.lock`, `${key}.raw`]),
    )
  })
})
