/** Chains that change while qemu-img opens them, one image after the other. */

import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { imageFile, jobLockFile } from '../../src/engine/images/layout.ts'
import { lock } from '../../src/engine/lock.ts'
import { lacks } from '../support/needs.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'
import { STOPPED_TOOL_NEEDS, type StoppedTool, stoppedTool } from '../support/stopped-tool.ts'
import { fileStorage } from './file-storage.ts'
import { type Content, changed, expectStored, store, zeroes } from './suites/content.ts'
import { underTest, type Volume } from './suites/storage.ts'

const SIZE = 2 * 2 ** 20

describe.skipIf(lacks('qemu-img', 'qemu-io', ...STOPPED_TOOL_NEEDS))('a chain that is being opened', () => {
  const description = fileStorage('qcow2')
  const it = underTest(description)
  let tool: StoppedTool
  /** The plugin on the same host, whose qemu-img stops where it is told to. */
  let slow: TestPlugin
  beforeAll(async () => {
    tool = await stoppedTool('qemu-img')
    slow = await installPlugin(description.volume, it.plugin, { PATH: `${tool.directory}:${process.env.PATH}` })
  })
  afterAll(async () => {
    await slow.remove()
    await tool.remove()
  })

  /** A volume and its snapshot, whose chain has two images for the job to merge. */
  async function makeChain() {
    const { plugin } = it
    const { sr, place } = await it.newSr()
    const directory = fileURLToPath(sr)
    // As long as it is held, no job begins.
    const job = lock(jobLockFile(directory))
    const volume = await plugin.call('Volume.create', { sr, name: 'v', description: '', size: SIZE, sharable: false })
    const snapshots: Volume[] = []
    let content: Content = zeroes(SIZE)
    for (let round = 0; round < 4; round++) {
      await store(it, volume, round, 2, 0x50 + round)
      content = changed(content, round, 2, 0x50 + round)
      snapshots.push(await plugin.call('Volume.snapshot', { sr, key: volume.key }))
    }
    const [lowest, lower, , snapshot] = snapshots
    if (lowest === undefined || lower === undefined || snapshot === undefined) throw new Error('too few snapshots')
    await plugin.call('Volume.destroy', { sr, key: lower.key })
    return {
      sr,
      volume,
      snapshot,
      lowest,
      content,
      /** Named `lower` by the image that the merged one takes the place of, and removed when that is done. */
      lower: `${lower.key}.qcow2`,
      async merge() {
        job.remove()
        await plugin.call('SR.attach', { configuration: place })
        await it.storage.settle?.(place)
        expect(existsSync(imageFile(directory, lower.key, 'qcow2'))).toBe(false)
      },
    }
  }

  /** Runs a call that is stopped in the middle, and something else meanwhile. */
  async function meanwhile<T>(call: Promise<T>, body: () => Promise<unknown>): Promise<T> {
    // What it fails with is thrown below.
    call.catch(() => {})
    const pid = await tool.stopped()
    try {
      await body()
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    return await call
  }

  test('a snapshot is copied while the job merges images below it', async () => {
    const { sr, snapshot, lower, merge, content } = await makeChain()
    tool.arm(lower)
    const copy = await meanwhile(slow.call('Volume.copy', { sr, key: snapshot.key, dest_sr: sr }), merge)
    await expectStored(it, copy, content)
    await it.plugin.call('SR.destroy', { sr })
  })

  test('volumes are compared while the job merges images below one', async () => {
    const { sr, snapshot, lowest, lower, merge } = await makeChain()
    tool.arm(lower)
    const { ranges } = await meanwhile(slow.call('Volume.compare', { sr, key: snapshot.key, key2: lowest.key }), merge)
    expect(ranges).toEqual([[1, 4]])
    await it.plugin.call('SR.destroy', { sr })
  })

  test('volumes are compared while a snapshot is made of one', async () => {
    const { plugin } = it
    const { sr, volume, snapshot, merge } = await makeChain()
    await merge()
    await store(it, volume, 9, 3, 0x99)
    tool.arm(`${volume.key}.qcow2`)
    const { ranges } = await meanwhile(slow.call('Volume.compare', { sr, key: volume.key, key2: snapshot.key }), () =>
      plugin.call('Volume.snapshot', { sr, key: volume.key }),
    )
    expect(ranges).toEqual([[9, 3]])
    await plugin.call('SR.destroy', { sr })
  })
  test('a volume that was copied stands on no more images than before', async () => {
    const { plugin } = it
    const { sr, place } = await it.newSr()
    const volume = await plugin.call('Volume.create', { sr, name: 'v', description: '', size: SIZE, sharable: false })
    await store(it, volume, 1, 2, 0x77)
    const copy = await plugin.call('Volume.copy', { sr, key: volume.key, dest_sr: sr })
    await it.storage.settle?.(place)
    expect(imagesIn(fileURLToPath(sr))).toEqual([volume, copy].map(({ key }) => `${key}.qcow2`).sort())
    await plugin.call('SR.destroy', { sr })
  })
})

function imagesIn(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => name.includes('.qcow2'))
    .sort()
}
