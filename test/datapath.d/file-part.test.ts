import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { attachLoop, detachLoop } from '../../src/engine/loop.ts'
import { waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import { blockDeviceOf, expectNothingLeft, installDatapath, io, nbdUriOf } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'

const MIB = 2 ** 20

/** Milliseconds for a job. */
const PATIENCE = 60_000

describe.skipIf(lacks('qemu-storage-daemon', 'qemu-io', 'losetup', 'loop devices', 'fusermount3'))('a part', () => {
  let plugin: Awaited<ReturnType<typeof installDatapath>>
  let device: string
  const attached = new Set<string>()

  beforeAll(async () => {
    plugin = await installDatapath('datapath.d/file')
    const directory = join(plugin.directory, '..', 'i')
    mkdirSync(directory)
    writeFileSync(join(directory, 'disk'), '')
    truncateSync(join(directory, 'disk'), 16 * MIB)
    // Not in the plugin's directory by name: nothing of the plugin's own may be left in there.
    device = attachLoop(join(directory, 'disk'), { readOnly: false, direct: false }).device
  })
  afterEach(async () => {
    for (const uri of attached) await plugin.call('Datapath.detach', { uri, domain: '1' })
    attached.clear()
  })
  afterAll(async () => {
    detachLoop(device)
    expectNothingLeft(plugin)
    await plugin.remove()
  })

  async function use(uri: string) {
    attached.add(uri)
    const answer = await plugin.call('Datapath.attach', { uri, domain: '1' })
    await plugin.call('Datapath.activate', { uri, domain: '1' })
    return answer
  }

  test('of a block device is a disk of its own: two at once, each within its bounds', async () => {
    const first = await use(`file://${device}?offset=${MIB}&size=${4 * MIB}`)
    const second = await use(`file://${device}?offset=${5 * MIB}&size=${4 * MIB}`)
    await io(nbdUriOf(first), ['write -P 0x11 0 4M', 'flush'])
    await io(blockDeviceOf(second), ['write -P 0x22 0 4M', 'flush', 'read -P 0x22 0 4M'])
    await expect(io(nbdUriOf(first), ['read 4M 512'])).rejects.toThrow()
    await io(nbdUriOf(first), ['read -P 0x11 0 4M'])
    await io(device, ['read -P 0 0 1M', 'read -P 0x11 1M 4M', 'read -P 0x22 5M 4M', 'read -P 0 9M 7M'])
  })

  test('is copied and mirrored while others of the same device are written', async () => {
    const source = `file://${device}?offset=${9 * MIB}&size=${MIB}`
    const target = await use(`file://${device}?offset=${10 * MIB}&size=${MIB}`)
    await io(nbdUriOf(await use(source)), ['write -P 0x33 0 1M'])
    const where = nbdUriOf(target).replace(/^nbd:unix:(.*):exportname=(.*)$/, '$2?socket=$1')
    const at = { uri: source, domain: '1', remote: `nbd+unix:///${where}` }
    const blocklist = { blocksize: MIB, ranges: [[0, 1]] as [number, number][] }
    for (const start of [() => plugin.call('Data.copy', { ...at, blocklist }), () => plugin.call('Data.mirror', at)]) {
      await io(nbdUriOf(target), ['write -P 0x44 0 1M'])
      const operation = await start()
      await waitUntil(async () => (await plugin.call('Data.stat', { operation })).complete, PATIENCE)
      await plugin.call('Data.destroy', { operation })
      await io(nbdUriOf(target), ['read -P 0x33 0 1M'])
    }
  })

  test('can be read-only', async () => {
    const answer = await use(`file://${device}?offset=${9 * MIB}&size=${MIB}&read-only=true`)
    await expect(io(nbdUriOf(answer), ['write 0 512'])).rejects.toThrow()
  })

  test.each(['offset=512', 'size=0', 'offset=-1&size=512', 'offset=1x&size=512', 'size=512&format=qcow2'])(
    'that makes no sense is refused: %s',
    async (query) => {
      const uri = `file://${device}?${query}`
      expect((await plugin.fail('Datapath.attach', { uri, domain: '1' })).params[0]).toBe('DiskUriError')
    },
  )

  test('beyond the end of the device is refused', async () => {
    const uri = `file://${device}?offset=${15 * MIB}&size=${2 * MIB}`
    await plugin.fail('Datapath.attach', { uri, domain: '1' })
  })
})
