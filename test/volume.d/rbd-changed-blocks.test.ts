/** Changed blocks of RBD volumes against a comparison of their bytes. */
import { describe, expect, test } from 'vitest'
import { MIB, missing, underCeph } from './rbd-fixture.ts'
import { oneOf, randomNumbers, SEED } from './suites/random.ts'
import type { Volume } from './suites/storage.ts'

const BLOCK = 65536

const it = underCeph()

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
    const sr = await it.newSr()
    const size = 12 * MIB
    const volumes = [await it.create(sr, size)]
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
          add(await it.call('Volume.snapshot', { sr, key }))
          break
        case 2:
          add(await it.call('Volume.clone', { sr, key }))
          break
        case 3: {
          const victim = oneOf(random, writable)
          await it.call('Volume.revert', { sr, key: victim.key, snapshot: key })
          Object.assign(victim, await it.call('Volume.stat', { sr, key: victim.key }))
          break
        }
        case 4: {
          const { key, virtual_size } = oneOf(random, writable)
          await it.call('Volume.resize', { sr, key, new_size: Number(virtual_size) + BLOCK * random(20) + 4096 })
          const grown = volumes.find((volume) => volume.key === key)
          if (grown) Object.assign(grown, await it.call('Volume.stat', { sr, key }))
          break
        }
        default: {
          const victim = oneOf(random, writable)
          for (let count = 0; count < 3; count++) {
            const length = 512 * (1 + random(400))
            const start = 512 * random((Number(victim.virtual_size) - length) / 512)
            const command = random(3) === 0 ? 'discard' : `write -P ${random(256)}`
            // An object that is discarded as a whole, and one only in part.
            it.io(victim, command === 'discard' && random(2) === 0 ? 'discard 4M 4M' : `${command} ${start} ${length}`)
          }
        }
      }
    }
    const contents = new Map(volumes.map((volume) => [volume.key, it.bytesOf(volume)]))
    let reported = 0
    let changed = 0
    for (let pair = 0; pair < 24; pair++) {
      const [from, to] = [oneOf(random, volumes), oneOf(random, volumes)]
      const [one, other] = [contents.get(from.key) ?? Buffer.of(), contents.get(to.key) ?? Buffer.of()]
      const really = differing(one, other)
      const request = { sr, key: from.key, key2: to.key }
      const { bitmap, granularity } = await it.call('Volume.list_changed_blocks', {
        ...request,
        offset: 0,
        length: -1,
      })
      expect(granularity).toBe(BLOCK)
      const listed = blocksIn(bitmap)
      expect(listed).toEqual(expect.arrayContaining(really.filter((block) => block * BLOCK < other.length)))
      reported += listed.length
      changed += really.length
      const { ranges } = await it.call('Volume.compare', request)
      expect(
        ranges.flatMap(([first, count]) => Array.from({ length: Number(count) }, (_, n) => Number(first) + n)),
      ).toEqual(really)
    }
    // It is to be of use: not everything always.
    console.info(`${changed} blocks differ, ${reported} are listed`)
  }, 300_000)

  test('between snapshots of one volume they are exact, in the bits that toolstacks expect', async () => {
    const sr = await it.newSr()
    const volume = await it.create(sr, 12 * MIB)
    // Ceph tells changes within objects of 4 MiB that were there before, and the whole of those that were not.
    it.io(volume, 'write 0 12M')
    await it.call('Volume.enable_cbt', { sr, key: volume.key })
    const first = await it.call('Volume.snapshot', { sr, key: volume.key })
    expect(first).toMatchObject({ cbt_enabled: true, volume_type: ['Data', null] })
    it.io(volume, 'write 0 1', `write ${9 * BLOCK - 1} 2`, 'write 11M 1M')
    const second = await it.call('Volume.snapshot', { sr, key: volume.key })
    const changed = { sr, key: first.key, key2: second.key, offset: 0, length: -1 }
    const blocks = [0, 8, 9, ...Array.from({ length: 16 }, (_, index) => 176 + index)]
    expect(blocksIn((await it.call('Volume.list_changed_blocks', changed)).bitmap)).toEqual(blocks)

    await it.call('Volume.data_destroy', { sr, key: first.key })
    expect(await it.call('Volume.stat', { sr, key: first.key })).toMatchObject({
      uri: [],
      volume_type: ['CBT_Metadata', null],
    })
    expect((await it.fail('Volume.clone', { sr, key: first.key })).params[0]).toBe('DataDestroyedError')
    expect(blocksIn((await it.call('Volume.list_changed_blocks', changed)).bitmap)).toEqual(blocks)
    const extent = { ...changed, offset: 8 * BLOCK + 5, length: BLOCK }
    expect((await it.call('Volume.list_changed_blocks', extent)).bitmap).toBe(Buffer.of(0b1100_0000).toString('base64'))
    await it.call('Volume.disable_cbt', { sr, key: volume.key })
    expect(await it.call('Volume.stat', { sr, key: volume.key })).toMatchObject({ cbt_enabled: false })
  })
})
