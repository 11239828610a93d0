/** Copies, clones and sizes of RBD volumes. */
import { describe, expect, test } from 'vitest'
import { MIB, missing, underCeph } from './rbd-fixture.ts'
import type { Volume } from './suites/storage.ts'

const BLOCK = 65536

const it = underCeph()

describe.skipIf(missing)('volumes', () => {
  test('copies volumes into another SR, where they share nothing', async () => {
    const [sr, dest_sr] = [await it.newSr(), await it.newSr()]
    const volume = await it.create(sr, MIB, 'v')
    it.io(volume, 'write -P 7 64k 64k')
    const copy = await it.call('Volume.copy', { sr, key: volume.key, dest_sr })
    await it.call('SR.destroy', { sr })
    expect(await it.call('SR.ls', { sr: dest_sr })).toMatchObject([{ key: copy.key, name: 'v', read_write: true }])
    it.io(copy, 'read -P 0 0 64k', 'read -P 7 64k 64k')
  })

  test('are changed again whose name and keys are not plain ASCII', async () => {
    const sr = await it.newSr()
    const { key } = await it.create(sr, MIB, 'Größe 数据')
    const keys = { 'vdi-type': 'user', ключ: '😀' }
    for (const [k, v] of Object.entries(keys)) await it.call('Volume.set', { sr, key, k, v })
    expect(await it.call('Volume.stat', { sr, key })).toMatchObject({ name: 'Größe 数据', keys })
    await it.call('SR.set_name', { sr, new_name: 'Größe' })
    await it.call('SR.set_name', { sr, new_name: '数据' })
    expect(await it.call('SR.stat', { sr })).toMatchObject({ name: '数据' })
    await it.call('Volume.destroy', { sr, key })
  })

  test('clones clones of clones, beyond the longest chain of images', async () => {
    const [sr, length] = [await it.newSr(), 18]
    const first = await it.create(sr, MIB, 'v')
    const volumes: Volume[] = [first]
    for (let depth = 0; depth < length; depth++) {
      const volume = volumes.at(-1) ?? first
      it.io(volume, `write -P ${1 + depth} ${(depth % 16) * BLOCK} 4k`)
      volumes.push(await it.call('Volume.clone', { sr, key: volume.key }))
    }
    const parents = await Promise.all(volumes.map(it.parentOf))
    // One of them is a full copy, which begins a new chain, and each other one a child.
    expect(parents.filter((parent) => parent === undefined)).toHaveLength(2)
    expect(parents.slice(1, 15)).not.toContain(undefined)
    // In any order: those above and below one that goes keep their bytes.
    for (const [index, { key }] of volumes.entries()) if (index % 2 === 0) await it.call('Volume.destroy', { sr, key })
    for (const [index, volume] of volumes.entries()) {
      if (index % 2 === 0) continue
      const written = Array.from({ length: Math.min(index + 1, length) }, (_, depth) => depth)
      const last = new Map(written.map((depth) => [depth % 16, 1 + depth]))
      it.io(volume, ...[...last].map(([block, value]) => `read -P ${value} ${block * BLOCK} 4k`))
    }
  }, 300_000)

  test('refuses to shrink a volume, and to change a snapshot', async () => {
    const sr = await it.newSr()
    const { key } = await it.create(sr, 5000)
    expect(await it.call('Volume.stat', { sr, key })).toMatchObject({ virtual_size: 8192 })
    expect((await it.fail('Volume.resize', { sr, key, new_size: 4096 })).code).toBe('SR_BACKEND_FAILURE_79')
    const huge = { sr, name: '', description: '', size: 2n ** 52n, sharable: false }
    expect((await it.fail('Volume.create', huge)).code).toBe('SR_BACKEND_FAILURE_79')
    const snapshot = await it.call('Volume.snapshot', { sr, key })
    const resize = { sr, key: snapshot.key, new_size: MIB }
    expect((await it.fail('Volume.resize', resize)).params[0]).toBe('VolumeReadOnlyError')
    const revert = { sr, key: snapshot.key, snapshot: key }
    expect((await it.fail('Volume.revert', revert)).params[0]).toBe('VolumeReadOnlyError')
    const absent = { sr, key: '99999999-9999-4999-8999-999999999999' }
    expect((await it.fail('Volume.stat', absent)).params).toEqual(['Volume_does_not_exist', absent.key])
    await it.call('Volume.destroy', absent)
  })
})
