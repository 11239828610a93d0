import { execFileSync } from 'node:child_process'
import { readdirSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type MountedFileSystem, mountFileSystem } from '../support/filesystem.ts'
import { lacks } from '../support/needs.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'

const MIB = 2 ** 20

let plugin: TestPlugin
let mounted: MountedFileSystem
let sr: string

beforeAll(async () => {
  plugin = await installPlugin('volume.d/org.xen.xapi.storage.file')
})
afterAll(() => plugin.remove())

function useFileSystem(type: 'ext4' | 'xfs', size: number): void {
  beforeEach(async () => {
    mounted = await mountFileSystem(type, size)
    const uuid = '11111111-1111-4111-8111-111111111111'
    const configuration = { uri: `file://${mounted.path}`, format: 'raw' }
    sr = await plugin.call('SR.attach', {
      configuration: await plugin.call('SR.create', { uuid, configuration, name: '', description: '' }),
    })
  })
  afterEach(async () => {
    await plugin.call('SR.detach', { sr })
    await mounted.unmount()
  })
}

async function volumeWithData(size: number) {
  const volume = await plugin.call('Volume.create', { sr, name: '', description: '', size, sharable: false })
  const path = fileURLToPath(volume.uri[0] ?? '')
  writeFileSync(path, Buffer.alloc(size, 7), { flag: 'r+', flush: true })
  return { ...volume, path }
}

describe.skipIf(lacks('mkfs.ext4', 'loop devices'))('a full file system', () => {
  useFileSystem('ext4', 16 * MIB)

  test('is SR_BACKEND_FAILURE_44 and leaves nothing behind', async () => {
    const { key } = await volumeWithData(8 * MIB)
    const before = readdirSync(mounted.path)
      .filter((name) => !name.endsWith('.lock'))
      .sort()
    for (const failed of [
      await plugin.fail('Volume.snapshot', { sr, key }),
      await plugin.fail('Volume.clone', { sr, key }),
      await plugin.fail('Volume.copy', { sr, key, dest_sr: sr }),
    ]) {
      expect(failed.code).toBe('SR_BACKEND_FAILURE_44')
    }
    expect(
      readdirSync(mounted.path)
        .filter((name) => !name.endsWith('.lock'))
        .sort(),
    ).toEqual(before)

    const { bavail, bsize } = statfsSync(mounted.path, { bigint: true })
    expect(await plugin.call('SR.stat', { sr })).toMatchObject({ free_space: Number(bavail * bsize) })

    const stat = await plugin.call('Volume.stat', { sr, key })
    expect(() => writeFileSync(join(mounted.path, 'filler'), Buffer.alloc(16 * MIB))).toThrow('ENOSPC')
    const request = { sr, key, k: 'large', v: 'x'.repeat(20_000) }
    expect((await plugin.fail('Volume.set', request)).code).toBe('SR_BACKEND_FAILURE_44')
    expect(await plugin.call('Volume.stat', { sr, key })).toEqual(stat)
  })

  test.skipIf(lacks('qemu-img', 'qemu-io'))(
    'is SR_BACKEND_FAILURE_44 for a VHD that has to be copied to grow',
    async () => {
      const directory = join(mounted.path, 'vhd')
      const configuration = { uri: `file://${directory}`, format: 'vhd' }
      const request = { uuid: '22222222-2222-4222-8222-222222222222', name: '', description: '' }
      const place = await plugin.call('SR.create', { ...request, configuration })
      const handle = await plugin.call('SR.attach', { configuration: place })
      const asked = { sr: handle, name: '', description: '', size: 8 * MIB, sharable: false }
      const { key, uri } = await plugin.call('Volume.create', asked)
      const image = fileURLToPath(uri[0] ?? '')
      execFileSync('qemu-io', ['-f', 'vpc', '-c', 'write -P 7 0 8M', '-c', 'flush', image])
      const before = readdirSync(directory).sort()
      const stat = await plugin.call('Volume.stat', { sr: handle, key })
      const failed = await plugin.fail('Volume.resize', { sr: handle, key, new_size: 12 * MIB })
      expect(failed.code).toBe('SR_BACKEND_FAILURE_44')
      expect(readdirSync(directory).sort()).toEqual(before)
      expect(await plugin.call('Volume.stat', { sr: handle, key })).toEqual(stat)
      execFileSync('qemu-io', ['-r', '-f', 'vpc', '-c', 'read -P 7 0 8M', image])
      await plugin.call('SR.destroy', { sr: handle })
    },
  )
})

describe.skipIf(lacks('mkfs.xfs', 'loop devices'))('a file system with reflink', () => {
  useFileSystem('xfs', 300 * MIB)

  test('shares the blocks of snapshots and clones', async () => {
    const { key, path } = await volumeWithData(64 * MIB)
    const { free_space } = await plugin.call('SR.stat', { sr })
    const snapshot = await plugin.call('Volume.snapshot', { sr, key })
    const clone = await plugin.call('Volume.clone', { sr, key: snapshot.key })
    const after = await plugin.call('SR.stat', { sr })
    expect(Number(free_space) - Number(after.free_space)).toBeLessThan(8 * MIB)
    expect(statSync(fileURLToPath(snapshot.uri[0] ?? '')).mode & 0o777).toBe(0o400)
    writeFileSync(path, 'changed', { flag: 'r+', flush: true })
    expect((await plugin.call('Volume.compare', { sr, key, key2: clone.key })).ranges).toEqual([[0, 1]])
    expect((await plugin.call('Volume.compare', { sr, key: snapshot.key, key2: clone.key })).ranges).toEqual([])
    await plugin.call('Volume.revert', { sr, key, snapshot: snapshot.key })
    expect((await plugin.call('Volume.compare', { sr, key, key2: clone.key })).ranges).toEqual([])
  })
})
