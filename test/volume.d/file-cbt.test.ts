/** Changed block tracking, against a comparison of the bytes. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { killDaemons } from '../datapath.d/networked.ts'
import { io, targetOf } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { fileStorage } from './file-storage.ts'
import { BLOCK, type Content, changed, expectStored, grown, write, zeroes } from './suites/content.ts'
import { oneOf, randomNumbers, SEED } from './suites/random.ts'
import { underTest, type Volume } from './suites/storage.ts'

const MIB = 2 ** 20
const SIZE = 4 * MIB

/** Snapshots of the comparison with the model. */
const ROUNDS = Number(process.env.SMAPIV3_ROUNDS ?? 6)

/** A volume or snapshot as the model has it. */
interface State {
  readonly key: string
  readonly content: Content
  /** Blocks written since the state before. */
  readonly written: ReadonlySet<number>
}

describe.skipIf(lacks('qemu-img', 'qemu-io', 'qemu-storage-daemon'))('changed block tracking', () => {
  const it = underTest(fileStorage('qcow2'))

  async function tracked(sr: string): Promise<Volume> {
    const request = { sr, name: 'v', description: '', size: SIZE, sharable: false }
    const volume = await it.plugin.call('Volume.create', request)
    await it.plugin.call('Volume.enable_cbt', { sr, key: volume.key })
    return volume
  }

  async function use({ uri: [uri = ''] }: Volume): Promise<string> {
    const disk = { uri, domain: '1' }
    const backend = await it.datapath.call('Datapath.attach', disk)
    onTestFinished(() => leave({ uri: [uri] }))
    await it.datapath.call('Datapath.activate', disk)
    return targetOf(backend)
  }
  async function leave({ uri: [uri = ''] }: Pick<Volume, 'uri'>): Promise<void> {
    await it.datapath.call('Datapath.deactivate', { uri, domain: '1' })
    await it.datapath.call('Datapath.detach', { uri, domain: '1' })
  }

  /** Numbers of the blocks that changed: the first block is the most significant bit of the first byte. */
  async function changes(sr: string, key: string, key2: string, offset = 0, length = -1): Promise<number[]> {
    const answer = await it.plugin.call('Volume.list_changed_blocks', { sr, key, key2, offset, length })
    expect(answer.granularity).toBe(BLOCK)
    const bytes = Buffer.from(answer.bitmap, 'base64')
    return Array.from({ length: bytes.length * 8 }, (_, block) => block).filter(
      (block) => ((bytes[block >> 3] ?? 0) & (0x80 >> (block % 8))) !== 0,
    )
  }

  test(`random writes and snapshots: no changed block is missed (SMAPIV3_SEED=${SEED})`, async () => {
    const { plugin } = it
    const random = randomNumbers(SEED)
    const { sr, place } = await it.newSr()
    const volume = await tracked(sr)
    let content = zeroes(SIZE)
    let written = new Set<number>()
    const states: State[] = []
    let target = await use(volume)
    for (let round = 0; round < ROUNDS; round++) {
      for (let writes = random(6); writes > 0; writes--) {
        const first = random(content.length)
        const count = 1 + random(Math.min(3, content.length - first))
        const value = random(4)
        await io(target, [`write -P ${value} ${first * BLOCK} ${count * BLOCK}`, 'flush'])
        content = changed(content, first, count, value)
        for (let block = first; block < first + count; block++) written.add(block)
      }
      if (round === 2) {
        const new_size = content.length * BLOCK + MIB
        await plugin.call('Volume.resize', { sr, key: volume.key, new_size })
        for (let block = content.length; block < new_size / BLOCK; block++) written.add(block)
        content = grown(content, new_size)
      }
      // In use and not, in turn.
      if (round % 2 === 1) await leave(volume)
      const { key } = await plugin.call('Volume.snapshot', { sr, key: volume.key })
      states.push({ key, content, written })
      written = new Set()
      if (round % 2 === 1) target = await use(volume)
    }
    const first = random(content.length)
    await io(target, [`write -P 9 ${first * BLOCK} ${BLOCK}`, 'flush'])
    content = changed(content, first, 1, 9)
    const all = [...states, { key: volume.key, content, written: new Set([first]) }]
    await expectAll(all)

    // What a destroyed snapshot changed still counts between its neighbours, and so does one without its data.
    const gone = all.splice(2, 1)[0]
    await plugin.call('Volume.destroy', { sr, key: gone?.key ?? '' })
    all[2] = { ...(all[2] as State), written: new Set([...(gone?.written ?? []), ...(all[2]?.written ?? [])]) }
    await plugin.call('Volume.data_destroy', { sr, key: all[0]?.key ?? '' })
    expect(await plugin.call('Volume.stat', { sr, key: all[0]?.key ?? '' })).toMatchObject({
      volume_type: ['CBT_Metadata', null],
      cbt_enabled: true,
      uri: [],
      virtual_size: SIZE,
    })
    await it.storage.settle?.(place)
    await expectAll(all)
    await leave(volume)
    await expectAll(all)
    for (const { key, content: held } of all.slice(1)) {
      await expectStored(it, await plugin.call('Volume.stat', { sr, key }), held)
    }
    await plugin.call('SR.destroy', { sr })

    async function expectAll(states: readonly State[]): Promise<void> {
      const pairs = states.flatMap((_, from) => states.slice(from).map((_, to) => [from, from + to] as const))
      for (const [from, to] of [[0, states.length - 1] as const, oneOf(random, pairs), oneOf(random, pairs)]) {
        const [older, newer] = [states[from], states[to]]
        if (older === undefined || newer === undefined) continue
        const reported = new Set(await changes(sr, older.key, newer.key))
        const different = newer.content.flatMap((value, block) => (value === older.content[block] ? [] : [block]))
        expect(
          different.filter((block) => !reported.has(block)),
          `missed from ${from} to ${to}`,
        ).toEqual([])
        const possible = new Set(states.slice(from + 1, to + 1).flatMap((state) => [...state.written]))
        expect(
          [...reported].filter((block) => !possible.has(block)),
          `too many from ${from} to ${to}`,
        ).toEqual([])
      }
    }
  }, 300_000)

  test('an extent is rounded to blocks, and its first block comes first', async () => {
    const { plugin } = it
    const { sr } = await it.newSr()
    const volume = await tracked(sr)
    const { key } = await plugin.call('Volume.snapshot', { sr, key: volume.key })
    await write(it.datapath, volume, 3, 1, 1)
    await write(it.datapath, volume, 9, 1, 1)
    expect(await changes(sr, key, volume.key)).toEqual([3, 9])
    expect(await changes(sr, key, volume.key, 3 * BLOCK + 5, BLOCK)).toEqual([0])
    expect(await changes(sr, key, volume.key, 4 * BLOCK, 5 * BLOCK)).toEqual([])
    expect(await changes(sr, key, volume.key, 4 * BLOCK, 5 * BLOCK + 1)).toEqual([5])
    expect(
      await plugin.call('Volume.list_changed_blocks', { sr, key, key2: volume.key, offset: 0, length: 4 * BLOCK }),
    ).toEqual({ granularity: BLOCK, bitmap: Buffer.from([0x10]).toString('base64') })
    const clone = await plugin.call('Volume.clone', { sr, key })
    const unrelated = { sr, key, key2: clone.key, offset: 0, length: -1 }
    expect((await plugin.fail('Volume.list_changed_blocks', unrelated)).params[0]).toBe('ChangesUnknownError')
    await plugin.call('Volume.disable_cbt', { sr, key: volume.key })
    expect((await plugin.call('Volume.stat', { sr, key: volume.key })).cbt_enabled ?? false).toBe(false)
    const untracked = { sr, key, key2: volume.key, offset: 0, length: -1 }
    expect((await plugin.fail('Volume.list_changed_blocks', untracked)).params[0]).toBe('ChangesUnknownError')
    await plugin.call('SR.destroy', { sr })
  }, 120_000)

  test('when the daemon was killed, everything counts as changed, up to the next snapshot', async () => {
    const { plugin } = it
    const { sr } = await it.newSr()
    const volume = await tracked(sr)
    const first = await plugin.call('Volume.snapshot', { sr, key: volume.key })
    const target = await use(volume)
    await io(target, [`write -P 7 ${5 * BLOCK} ${BLOCK}`, 'flush'])
    await killDaemons(plugin.runDirectory)
    await leave(volume)
    expect(await changes(sr, first.key, volume.key)).toHaveLength(SIZE / BLOCK)
    await plugin.call('Volume.resize', { sr, key: volume.key, new_size: SIZE + MIB })
    await write(it.datapath, volume, 6, 1, 1)
    expect(await changes(sr, first.key, volume.key)).toHaveLength((SIZE + MIB) / BLOCK)
    const second = await plugin.call('Volume.snapshot', { sr, key: volume.key })
    await write(it.datapath, volume, 6, 1, 2)
    expect(await changes(sr, second.key, volume.key)).toEqual([6])
    expect(await changes(sr, first.key, volume.key)).toHaveLength((SIZE + MIB) / BLOCK)
    await plugin.call('Volume.revert', { sr, key: volume.key, snapshot: second.key })
    expect(await changes(sr, second.key, volume.key)).toEqual([])
    await plugin.call('SR.destroy', { sr })
  }, 120_000)
})
