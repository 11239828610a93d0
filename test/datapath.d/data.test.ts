import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Result } from '../../src/contract/methods.ts'
import { waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import { blockDeviceOf, expectNothingLeft, installDatapath, io, nbdUriOf } from '../support/datapath.ts'
import { mountFileSystem } from '../support/filesystem.ts'
import { lacks } from '../support/needs.ts'
import { NBD_NEEDS, nbdServer } from '../support/servers/nbd.ts'
import { type Image, imageDisks, imageHolds, withoutDaemon, withoutLoops } from './image-disks.ts'
import { killDaemons, MIB, READ, WRITE } from './networked.ts'

/** Bytes that are mirrored while they are written. */
const MIRRORED = Number(process.env.SMAPIV3_MIRROR_MIB ?? 1024) * MIB

/** Milliseconds for a job: MIRRORED may be much. */
const PATIENCE = 60_000 + MIRRORED / 10_000

/** In the page cache: how quick the disk below is, is not the question. */
const UNFLUSHED = 'cache=unsafe&target-timeout=300'

/** Slow enough that a job is seen under way. */
const SLOWLY = `bps-write=${4 * MIB}`

type Operation = Result<'Data.ls'>[number]

/** Fills a disk with random data, the same nowhere: each piece is another part of what was drawn once. */
const FILL = `
import nbd, os, sys
PIECE = ${4 * MIB}
drawn = os.urandom(2 * PIECE)
client = nbd.NBD()
client.connect_uri(sys.argv[1])
size = client.get_size()
for number, start in enumerate(range(0, size, PIECE)):
    first = number * 4099 % PIECE
    client.pwrite(drawn[first:first + min(PIECE, size - start)], start)
client.flush()
client.shutdown()
`

/** Writes at random until its input ends. */
const WRITER = `
import nbd, os, random, select, sys
client = nbd.NBD()
client.connect_uri(sys.argv[1])
blocks = client.get_size() // 512
print('ready', flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    length = random.randint(1, 128)
    client.pwrite(os.urandom(512 * length), 512 * random.randrange(blocks - length))
client.flush()
client.shutdown()
`

/** Writes to a block device and keeps it open until its input ends. */
const BUFFERED = `
import sys
device = open(sys.argv[1], 'r+b', 0)
device.write(b'\\xa5' * 65536)
print('written', flush=True)
sys.stdin.read()
`

describe.skipIf(withoutDaemon || lacks('python3', 'python3-libnbd'))('Data', () => {
  const it = imageDisks()

  /** A disk of random content. */
  async function source(bytes = 16 * MIB, options = '') {
    const made = it.image('qcow2', `from${options}.qcow2`, bytes)
    const uri = `${made.uri}?${options}`
    const nbd = nbdUriOf(await it.use(uri))
    // Not through a file of its own: with a GiB that takes longer than the mirror.
    await promisify(execFile)('/usr/bin/python3', ['-c', FILL, `nbd+unix:///${exportOf(nbd)}`])
    return { ...made, uri, nbd }
  }

  async function target(bytes = 16 * MIB, options = '', name = 'to.raw') {
    const made = it.image('raw', name, bytes)
    const uri = `${made.uri}?engine=qsd&${options}`
    return { ...made, uri, nbd: nbdUriOf(await it.use(uri)) }
  }

  function stat(operation: Operation) {
    return it.plugin.call('Data.stat', { operation })
  }

  function mirror({ uri }: Image, { nbd }: { readonly nbd: string }) {
    return it.plugin.call('Data.mirror', { uri, domain: '1', remote: nbd })
  }

  async function finished(operation: Operation) {
    let status = await stat(operation)
    await waitUntil(async () => {
      status = await stat(operation)
      return status.complete || status.failed
    }, PATIENCE)
    return status
  }

  async function underWay(operation: Operation): Promise<void> {
    let status = await stat(operation)
    await waitUntil(async () => {
      status = await stat(operation)
      return (status.progress ?? 0) > 0
    }, PATIENCE)
    const { progress, ...rest } = status
    expect(rest).toEqual({ failed: false, complete: false })
    expect(progress).toBeGreaterThan(0)
    expect(progress).toBeLessThan(1)
  }

  function expectSame(one: Image, other: Image): void {
    execFileSync('qemu-img', ['compare', '-q', '-f', 'qcow2', '-F', 'raw', one.path, other.path])
  }

  async function goesOn({ nbd }: { readonly nbd: string }): Promise<void> {
    await io(nbd, WRITE)
  }

  test(
    `mirror: ${MIRRORED / MIB} MiB of random data that is written all the time, and the same afterwards`,
    async () => {
      const [from, to] = [await source(MIRRORED, UNFLUSHED), await target(MIRRORED, UNFLUSHED)]
      const writer = spawn('/usr/bin/python3', ['-c', WRITER, `nbd+unix:///${exportOf(from.nbd)}`], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      await once(writer.stdout, 'data')
      const operation = await mirror(from, to)
      expect(await it.plugin.call('Data.ls', {})).toEqual([operation])
      expect(await finished(operation)).toMatchObject({ failed: false, complete: true, progress: expect.any(Number) })
      await io(from.nbd, WRITE)
      const ended = once(writer, 'exit')
      writer.stdin.end()
      expect((await ended)[0]).toBe(0)
      await it.leave(from.uri)
      expect(await stat(operation)).toMatchObject({ failed: false, complete: true })
      await it.leave(to.uri)
      expectSame(from, to)
      await it.plugin.call('Data.destroy', { operation })
      await it.plugin.call('Data.destroy', { operation })
      expect(await it.plugin.call('Data.ls', {})).toEqual([])
      expect((await it.plugin.fail('Data.stat', { operation })).params[0]).toBe('OperationError')
    },
    2 * PATIENCE,
  )

  test('copy: the blocks of the list and no others', async () => {
    const [from, to] = [it.image('qcow2', 'from.qcow2'), await target()]
    await io(nbdUriOf(await it.use(from.uri)), ['write -P 0x11 0 16M'])
    const ranges: [number, number][] = [
      [1, 2],
      [255, 1],
    ]
    const params = { uri: from.uri, domain: '1', blocklist: { blocksize: 65_536, ranges } }
    const remote = `nbd+unix:///${exportOf(to.nbd)}`
    const operation = await it.plugin.call('Data.copy', { ...params, remote })
    expect(await finished(operation)).toMatchObject({ failed: false, complete: true })
    await io(to.nbd, ['read -P 0 0 64k', 'read -P 0x11 64k 128k', 'read -P 0 192k 16128k', 'read -P 0x11 16320k 64k'])
    await it.plugin.call('Data.destroy', { operation })
    const beyond = { ...params, remote, blocklist: { blocksize: 65_536, ranges: [[256, 1]] as [number, number][] } }
    expect((await it.plugin.fail('Data.copy', beyond)).params[0]).toBe('BlockListError')
  })

  test('cancelled half way: failed, and the source is as before and goes on', async () => {
    // A mirror writes 16 MiB at once, and they arrive together.
    const [from, to] = [await source(64 * MIB), await target(64 * MIB, SLOWLY)]
    const before = `${from.path}.before`
    copyFileSync(from.path, before)
    const operation = await mirror(from, to)
    await underWay(operation)
    await it.plugin.call('Data.cancel', { operation })
    await it.plugin.call('Data.cancel', { operation })
    expect(await stat(operation)).toMatchObject({ failed: true, complete: false })
    execFileSync('qemu-img', ['compare', '-q', '-U', '-f', 'qcow2', '-F', 'qcow2', from.path, before])
    await goesOn(from)
    await it.leave(from.uri)
    imageHolds(from.path, 'qcow2', READ)
    await it.plugin.call('Data.destroy', { operation })
  })

  test('a target whose server dies: failed, and the source goes on', async () => {
    const [from, to] = [await source(), it.image('raw', 'to.raw')]
    // Another daemon than that of the target: a server elsewhere.
    const server = await serve(to.path)
    const operation = await mirror(from, server)
    server.kill()
    expect(await finished(operation)).toMatchObject({ failed: true, complete: false })
    await goesOn(from)
    await it.plugin.call('Data.destroy', { operation })
    await goesOn(from)
  })

  /** An NBD server of an image, which takes half a minute for all of it. */
  async function serve(path: string) {
    const socket = join(it.images, 'server')
    const args = ['--foreground', '--exit-with-parent', '--unix', socket, '--filter=rate', 'file', path, 'rate=4M']
    const server = spawn('nbdkit', args, { stdio: 'inherit' })
    expect(await waitUntil(() => exists(socket), 30_000)).toBe(true)
    return { nbd: `nbd:unix:${socket}:exportname=`, kill: () => server.kill('SIGKILL') }
  }

  test.skipIf(withoutLoops)('what a plugin that declares it attaches by default is mirrored: a raw disk', async () => {
    const [from, to] = [it.image('raw', 'from.img'), await target()]
    const plugin = await installDatapath('datapath.d/raw+file', { engine: 'qsd' })
    const disk = { uri: `raw+file://${from.path}`, domain: '1' }
    try {
      expect((await plugin.call('Plugin.query', {})).features).toContain('VDI_MIRROR')
      const device = blockDeviceOf(await plugin.call('Datapath.attach', disk))
      await plugin.call('Datapath.activate', disk)
      await io(device, ['write -P 0xa5 1M 64k', 'flush'])
      const operation = await plugin.call('Data.mirror', { ...disk, remote: to.nbd })
      const isComplete = async () => (await plugin.call('Data.stat', { operation })).complete
      expect(await waitUntil(isComplete, PATIENCE)).toBe(true)
      await io(device, ['write -P 0x5a 2M 64k', 'flush'])
      await plugin.call('Datapath.deactivate', disk)
      await it.plugin.call('Datapath.deactivate', { uri: to.uri, domain: '1' })
      execFileSync('qemu-img', ['compare', '-q', '-f', 'raw', '-F', 'raw', from.path, to.path])
      imageHolds(to.path, 'raw', ['read -P 0xa5 1M 64k', 'read -P 0x5a 2M 64k'])
    } finally {
      await plugin.call('Datapath.detach', disk)
      expectNothingLeft(plugin)
      await plugin.remove()
    }
  })

  test.skipIf(lacks('root', 'loop devices', 'mkfs.ext4'))(
    'a target that is full: failed, and the source goes on',
    async () => {
      const small = await mountFileSystem('ext4', 8 * MIB)
      const path = join(small.path, 'to.raw')
      const uri = `file://${path}?engine=qsd`
      try {
        const from = await source()
        writeFileSync(path, '')
        truncateSync(path, 16 * MIB)
        const operation = await mirror(from, { nbd: nbdUriOf(await it.use(uri)) })
        expect(await finished(operation)).toMatchObject({ failed: true, complete: false })
        await goesOn(from)
        await it.plugin.call('Data.destroy', { operation })
      } finally {
        await it.leave(uri)
        await small.unmount()
      }
    },
  )

  test.skipIf(lacks(...NBD_NEEDS, 'losetup', 'loop devices', 'fusermount3')).each(['cancel', 'deactivate'] as const)(
    'a target that falls silent: %s ends the operation, and the source goes on',
    async (how) => {
      const server = await nbdServer()
      try {
        server.addExport('to', 16 * MIB)
        const from = await source()
        const operation = await mirror(from, { nbd: `nbd://${server.host.address}/to` })
        expect(await finished(operation)).toMatchObject({ complete: true })
        server.host.disconnect()
        if (how === 'cancel') {
          const writing = Promise.allSettled([io(from.nbd, WRITE)])
          await it.plugin.call('Data.cancel', { operation })
          expect(await writing).toEqual([{ status: 'fulfilled', value: undefined }])
          await goesOn(from)
        } else {
          // Held back by the kernel as long as the device is open, as a guest has it.
          const guest = spawn('/usr/bin/python3', ['-c', BUFFERED, blockDeviceOf(await it.attach(from.uri))])
          await once(guest.stdout, 'data')
          await it.plugin.call('Datapath.deactivate', { uri: from.uri, domain: '1' })
          guest.stdin.end()
          imageHolds(from.path, 'qcow2', ['read -P 0xa5 0 64k'])
        }
        expect(await stat(operation)).toMatchObject({ failed: true, complete: false })
        await it.plugin.call('Data.destroy', { operation })
      } finally {
        await server.remove()
      }
    },
    120_000,
  )

  test.skipIf(lacks(...NBD_NEEDS))(
    'a target that falls silent: both operations fail by themselves, that of a disk that is written and that of an idle one',
    async () => {
      const server = await nbdServer()
      try {
        const disks = [
          await source(16 * MIB, 'target-timeout=10'),
          await source(16 * MIB, 'target-timeout=11'),
        ] as const
        const operations = []
        for (const [index, from] of disks.entries()) {
          server.addExport(`to${index}`, 16 * MIB)
          operations.push(await mirror(from, { nbd: `nbd://${server.host.address}/to${index}` }))
        }
        for (const operation of operations) expect(await finished(operation)).toMatchObject({ complete: true })
        server.host.disconnect()
        await goesOn(disks[0])
        for (const operation of operations) {
          expect(await waitUntil(async () => (await stat(operation)).failed, PATIENCE)).toBe(true)
          expect(await stat(operation)).toMatchObject({ failed: true, complete: false })
        }
        await goesOn(disks[1])
        for (const operation of operations) await it.plugin.call('Data.destroy', { operation })
        for (const { uri, path } of disks) {
          await it.leave(uri)
          imageHolds(path, 'qcow2', READ)
        }
      } finally {
        await server.remove()
      }
    },
  )

  test('a daemon that dies, a target that is not there, a disk that is not activated', async () => {
    const [from, to] = [await source(), await target()]
    const operation = await mirror(from, to)
    await killDaemons(it.plugin.runDirectory)
    expect(await stat(operation)).toEqual({ failed: true, complete: false })
    await it.plugin.call('Data.destroy', { operation })
    await it.use(from.uri)
    const failure = async (remote: string) =>
      (await it.plugin.fail('Data.mirror', { uri: from.uri, domain: '1', remote })).params.join(' ')
    expect(await failure('nbd://127.0.0.1:1/x')).toMatch(/ServerUnreachableError/)
    await it.plugin.call('Datapath.deactivate', { uri: from.uri, domain: '1' })
    expect(await failure(to.nbd)).toMatch(/not activated/)
  })

  test.skipIf(withoutLoops)(
    'a disk that the kernel serves is copied while nobody writes to it, and says what it takes to do more',
    async () => {
      const size = 64 * MIB
      const { uri, path } = it.image('raw', undefined, size)
      await io(blockDeviceOf(await it.use(uri)), [...WRITE, 'write -P 0x11 2M 62M'])
      const [to, slow] = [await target(size), await target(size, SLOWLY, 'slow.raw')]
      const blocklist = { blocksize: MIB, ranges: [[0, 64]] as [number, number][] }
      const params = { uri, domain: '1', remote: to.nbd, blocklist }
      const { params: mirrored } = await it.plugin.fail('Data.mirror', params)
      expect(mirrored.join(' ')).toMatch(/kernel serves.*engine=qsd/)
      const { params: copied } = await it.plugin.fail('Data.copy', params)
      expect(copied.join(' ')).toMatch(/LifeCycleError.*domain 1 may write.*reading only.*engine=qsd/)
      await it.plugin.call('Datapath.deactivate', { uri, domain: '1' })
      expect((await it.plugin.fail('Data.copy', params)).params.join(' ')).toMatch(/not activated/)

      await it.plugin.call('Datapath.activate_readonly', { uri, domain: '1' })
      const operation = await it.plugin.call('Data.copy', params)
      expect(await finished(operation)).toMatchObject({ failed: false, complete: true })
      await io(to.nbd, [...READ, 'read -P 0x11 2M 62M'])
      await it.plugin.call('Data.destroy', { operation })

      const ended = await it.plugin.call('Data.copy', { ...params, remote: slow.nbd })
      await it.use(uri, '2')
      await io(blockDeviceOf(await it.attach(uri)), ['write -P 0x77 1M 64k', 'flush'])
      expect(await stat(ended)).toMatchObject({ failed: true, complete: false })
      await it.plugin.call('Data.destroy', { operation: ended })
      await it.leave(uri, '2')
      await it.leave(uri)
      imageHolds(path, 'raw', ['read -P 0x77 1M 64k'])
    },
  )
})

/** Export and socket of an address, as the NBD URI specification writes them. */
function exportOf(address: string): string {
  return address.replace(/^nbd:unix:(.*):exportname=(.*)$/, '$2?socket=$1')
}

function exists(path: string): boolean {
  return readFileSync('/proc/net/unix', 'utf8').includes(path)
}
