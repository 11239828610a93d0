import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import {
  blockDeviceOf,
  expectNothingLeft,
  installDatapath,
  io,
  killProcesses,
  nbdUriOf,
  processesNaming,
} from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'
import { imageDisks, imageHolds, withoutDaemon, withoutLoops } from './image-disks.ts'
import { MIB, READ, WRITE, ZERO } from './networked.ts'

/** Writes to every piece of a block device, many at once and past the page cache, and reads what is there then. */
const CROWD = `
import concurrent.futures, mmap, os, sys

PIECE = ${256 * 1024}
device = os.open(sys.argv[1], os.O_RDWR | os.O_DIRECT)
pieces = os.lseek(device, 0, os.SEEK_END) // PIECE

def content(number):
    return number.to_bytes(512, 'little') * (PIECE // 512)

def buffer(data):
    aligned = mmap.mmap(-1, PIECE)
    aligned.write(data)
    return aligned

def write(number):
    assert os.pwritev(device, [buffer(content(number))], number * PIECE) == PIECE

def damaged(number):
    aligned = mmap.mmap(-1, PIECE)
    assert os.preadv(device, [aligned], number * PIECE) == PIECE
    return aligned[:] != content(number)

with concurrent.futures.ThreadPoolExecutor(32) as crowd:
    list(crowd.map(write, range(pieces)))
print([number for number in range(pieces) if damaged(number)])
`

describe.skipIf(withoutDaemon)('over NBD', () => {
  const it = imageDisks()

  test.each(['qcow2', 'vhd', 'vhdx'] as const)(
    '%s: written, detached, attached again: the bytes are there',
    async (format) => {
      const { path, uri } = it.image(format)
      const answer = await it.use(uri)
      await io(nbdUriOf(answer), WRITE)
      await it.leave(uri)
      imageHolds(path, format, READ)
      await io(nbdUriOf(await it.use(uri)), READ)
    },
  )

  test('a raw image with an option that the kernel does not have', async () => {
    const { path, uri: plain } = it.image('raw')
    const uri = `${plain}?iops-total=1000&detect-zeroes=unmap`
    await io(nbdUriOf(await it.use(uri)), WRITE)
    await it.leave(uri)
    imageHolds(path, 'raw', READ)
  })

  test('what is activated read-only refuses writes', async () => {
    const { path, uri } = it.image('qcow2')
    const before = readFileSync(path)
    const answer = await it.attach(uri)
    await it.plugin.call('Datapath.activate_readonly', { uri, domain: '1' })
    await io(nbdUriOf(answer), ZERO, ['-r'])
    await expect(io(nbdUriOf(answer), WRITE)).rejects.toThrow()
    expect((await it.plugin.fail('Datapath.activate', { uri, domain: '1' })).params[0]).toBe('LifeCycleError')
    await it.leave(uri)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('two domains share the disk until the last is gone', async () => {
    const { uri } = it.image('qcow2')
    const first = await it.use(uri, '1')
    expect(await it.use(uri, 'u0_vbd_0_xvda')).toEqual(first)
    await io(nbdUriOf(first), WRITE)
    await it.leave(uri, '1')
    await io(nbdUriOf(first), READ)
    await it.plugin.call('Datapath.deactivate', { uri, domain: 'u0_vbd_0_xvda' })
    await expect(io(nbdUriOf(first), READ)).rejects.toThrow()
  })

  test('writes of a disk opened as not persistent last until close, and never reach the image', async () => {
    const { path, uri } = it.image('qcow2')
    const before = readFileSync(path)
    for (const repeat of [1, 2]) {
      await it.plugin.call('Datapath.open', { uri, persistent: false })
      await it.plugin.call('Datapath.open', { uri, persistent: false })
      const answer = await it.use(uri)
      await io(nbdUriOf(answer), [...ZERO, ...WRITE])
      // Suspended and resumed: detached without close.
      await it.leave(uri)
      await io(nbdUriOf(await it.use(uri)), READ)
      await it.leave(uri)
      if (repeat === 1) await it.plugin.call('Datapath.close', { uri })
      await it.plugin.call('Datapath.close', { uri })
      expectNothingLeft(it.plugin)
    }
    expect(readFileSync(path).equals(before)).toBe(true)
    await it.plugin.call('Datapath.open', { uri, persistent: true })
    await io(nbdUriOf(await it.use(uri)), [...ZERO, ...WRITE])
  })

  test('a raw image that the kernel serves otherwise is not changed either', async () => {
    const { path, uri } = it.image('raw')
    await it.plugin.call('Datapath.open', { uri, persistent: false })
    await io(nbdUriOf(await it.use(uri)), WRITE)
    it.loseRunDirectory()
    await it.leave(uri)
    await io(nbdUriOf(await it.use(uri)), READ)
    await it.leave(uri)
    await it.plugin.call('Datapath.close', { uri })
    imageHolds(path, 'raw', ZERO)
  })

  test('a disk that is attached cannot be opened the other way', async () => {
    const { uri } = it.image('qcow2')
    await it.use(uri)
    expect((await it.plugin.fail('Datapath.open', { uri, persistent: false })).params[0]).toBe('LifeCycleError')
    await it.plugin.call('Datapath.open', { uri, persistent: true })
  })

  test('every call may be repeated, and comes too early or too late without harm', async () => {
    const { uri } = it.image('qcow2')
    await it.leave(uri)
    await it.plugin.call('Datapath.close', { uri })
    expect((await it.plugin.fail('Datapath.activate', { uri, domain: '1' })).params[0]).toBe('LifeCycleError')
    const answer = await it.use(uri)
    expect(await it.use(uri)).toEqual(answer)
    expect(await it.plugin.call('Plugin.diagnostics', {})).toContain(`domain 1 activated`)
    await it.plugin.call('Datapath.detach', { uri, domain: '1' })
    expectNothingLeft(it.plugin)
  })

  test('a volume that grew is noticed by attach and by activate, also in use', async () => {
    const { path, uri: plain } = it.image('raw')
    const uri = `${plain}?engine=qsd`
    const answer = await it.use(uri)
    truncateSync(path, 24 * MIB)
    await it.attach(uri)
    await io(nbdUriOf(answer), ['write -P 0xa5 20M 64k', 'read -P 0xa5 20M 64k'])
    await it.plugin.call('Datapath.deactivate', { uri, domain: '1' })
    truncateSync(path, 32 * MIB)
    await it.plugin.call('Datapath.activate', { uri, domain: '1' })
    await io(nbdUriOf(answer), ['read -P 0xa5 20M 64k', 'write -P 0xa5 30M 64k', 'read -P 0xa5 30M 64k'])
    await it.leave(uri)
    expect(statSync(path).size).toBe(32 * MIB)
  })
})

describe.skipIf(withoutDaemon || withoutLoops)('as a block device', () => {
  const it = imageDisks()

  test('through the page cache, where the kernel cannot be told to send one request at a time, and attach says so', async () => {
    const { path, uri } = it.image('qcow2')
    const bin = join(it.images, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'perl'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const withoutPerl = await installPlugin('datapath.d/file', it.plugin, { PATH: `${bin}:${process.env.PATH}` })
    const attach = async (plugin: TestPlugin) => {
      const { stdout, stderr } = plugin.start('Datapath.attach', { uri, domain: '1' })
      if (stdout === null || stderr === null) throw new Error('no pipes')
      const [answer, explanation] = await Promise.all([text(stdout), text(stderr)])
      const device = blockDeviceOf(JSON.parse(answer))
      return { device, explanation, direct: readFileSync(`/sys/block/${basename(device)}/loop/dio`, 'utf8').trim() }
    }
    try {
      const { device, explanation, direct } = await attach(withoutPerl)
      expect(explanation).toContain('go through the page cache')
      expect(direct).toBe('0')
      await it.plugin.call('Datapath.activate', { uri, domain: '1' })
      await io(device, WRITE)
      await it.leave(uri)
      imageHolds(path, 'qcow2', READ)
    } finally {
      await withoutPerl.remove()
    }
    const { explanation, direct } = await attach(it.plugin)
    expect(explanation).not.toContain('page cache')
    expect(direct).toBe('1')
    await it.leave(uri)
  })

  test('written there, read over NBD and in the image; the guest gets a XenDisk on it', async () => {
    const { path, uri } = it.image('qcow2')
    const answer = await it.use(uri)
    const device = blockDeviceOf(answer)
    expect(answer.implementations.map(([kind]) => kind)).toEqual(['XenDisk', 'BlockDevice', 'Nbd'])
    expect(answer.implementations[0]).toEqual(['XenDisk', { params: device, extra: {}, backend_type: 'vbd' }])
    await io(device, WRITE)
    await io(nbdUriOf(answer), READ)
    await it.leave(uri)
    imageHolds(path, 'qcow2', READ)
  })

  test.skipIf(lacks('python3'))('many writes at once arrive as they were written', async () => {
    const { uri } = it.image('qcow2', undefined, 64 * MIB)
    const device = blockDeviceOf(await it.use(uri))
    // Into blocks that have to be allocated, and into such that are.
    for (const _ of [1, 2]) {
      const damaged = execFileSync('/usr/bin/python3', ['-c', CROWD, device], { encoding: 'utf8', timeout: 100_000 })
      expect(damaged.trim()).toBe('[]')
    }
  })

  test('what the kernel holds back is in the image after deactivate', async () => {
    const { path, uri } = it.image('vhdx')
    const device = blockDeviceOf(await it.use(uri))
    execFileSync('dd', ['if=/dev/zero', `of=${device}`, 'bs=64k', 'count=1', 'conv=notrunc', 'status=none'])
    execFileSync('/usr/bin/python3', ['-c', `f=open("${device}","r+b",0);f.seek(${MIB});f.write(b"\\xa5"*65536)`])
    await it.plugin.call('Datapath.deactivate', { uri, domain: '1' })
    imageHolds(path, 'vhdx', READ)
  })

  test('a discard there frees blocks of the image', async () => {
    const { path, uri } = it.image('qcow2')
    const device = blockDeviceOf(await it.use(uri))
    await io(device, ['write -P 0xa5 0 8M', 'flush'])
    const before = statSync(path).blocks
    execFileSync('/usr/sbin/blkdiscard', ['--length', String(8 * MIB), device])
    await it.plugin.call('Datapath.deactivate', { uri, domain: '1' })
    expect(statSync(path).blocks).toBeLessThan(before / 2)
    imageHolds(path, 'qcow2', ['read -P 0 0 8M'])
  })

  test('backend=qdisk is for QEMU, and discard=ignore is told to the guest', async () => {
    const { uri: plain } = it.image('qcow2')
    const uri = `${plain}?backend=qdisk&discard=ignore`
    const answer = await it.attach(uri)
    const params = `aio:${blockDeviceOf(answer)}`
    expect(answer.implementations[0]).toEqual([
      'XenDisk',
      { params, extra: { 'discard-enable': '0' }, backend_type: 'qdisk' },
    ])
  })

  test('a read-only disk refuses writes', async () => {
    const { uri: plain } = it.image('qcow2')
    const uri = `${plain}?read-only=true`
    const device = blockDeviceOf(await it.use(uri))
    await io(device, ZERO, ['-r'])
    await expect(io(device, WRITE)).rejects.toThrow()
  })

  test('the device survives the death of the disk’s daemon', async () => {
    const { uri } = it.image('qcow2')
    const answer = await it.use(uri)
    const device = blockDeviceOf(answer)
    await io(device, WRITE)
    const socket = nbdUriOf(answer).replace(/^nbd:unix:(.*):exportname.*$/, '$1')
    const daemons = processesNaming(socket, 'qemu-storage-daemon')
    expect(daemons).toHaveLength(1)
    await killProcesses(daemons)
    expect(blockDeviceOf(await it.attach(uri))).toBe(device)
    await io(device, READ)
  })

  test('a volume that grew in use is larger there', async () => {
    const { path, uri: plain } = it.image('raw')
    const uri = `${plain}?engine=qsd`
    const device = blockDeviceOf(await it.use(uri))
    truncateSync(path, 24 * MIB)
    await it.attach(uri)
    expect(
      await waitUntil(
        () =>
          execFileSync('/usr/sbin/blockdev', ['--getsize64', device], { encoding: 'utf8' }).trim() === String(24 * MIB),
        60_000,
      ),
    ).toBe(true)
    await io(device, ['write -P 0xa5 20M 64k', 'read -P 0xa5 20M 64k'])
  })
})

describe.skipIf(withoutDaemon)('under the names that volume plugins give out', () => {
  const it = imageDisks()

  test.each([
    ['raw+file', 'raw'],
    ['loop+blkback', 'raw'],
    ['vhd+file', 'vhd'],
  ] as const)('%s', async (scheme, format) => {
    // The scheme says the format, and not the extension.
    const { path } = it.image(format, 'disk.qcow2')
    // Raw disks the kernel serves, unless a daemon is asked for: only then can they be mirrored, and the plugin says so.
    const byDefault = await installDatapath(`datapath.d/${scheme}`)
    expect((await byDefault.call('Plugin.query', {})).features.includes('VDI_MIRROR')).toBe(format !== 'raw')
    await byDefault.remove()
    const named = await installDatapath(`datapath.d/${scheme}`, { engine: 'qsd' })
    const disk = `${scheme}://${path}`
    try {
      const { plugin: name, features } = await named.call('Plugin.query', {})
      expect(name).toBe(scheme)
      expect(features).toEqual(expect.arrayContaining(['NONPERSISTENT', 'VDI_MIRROR', 'VDI_MIRROR_IN']))
      const answer = await named.call('Datapath.attach', { uri: disk, domain: '1' })
      await named.call('Datapath.activate', { uri: disk, domain: '1' })
      await io(nbdUriOf(answer), WRITE)
      await named.call('Datapath.deactivate', { uri: disk, domain: '1' })
      await named.call('Datapath.detach', { uri: disk, domain: '1' })
      imageHolds(path, format, READ)
    } finally {
      await named.call('Datapath.detach', { uri: disk, domain: '1' })
      expectNothingLeft(named)
      await named.remove()
    }
  })

  test.skipIf(withoutLoops)('raw+block', async () => {
    const { path } = it.image('raw')
    const device = execFileSync('/usr/sbin/losetup', ['--find', '--show', path], { encoding: 'utf8' }).trim()
    const named = await installDatapath('datapath.d/raw+block')
    const disk = `raw+block://${device}`
    try {
      expect((await named.call('Datapath.attach', { uri: disk, domain: '1' })).implementations[1]).toEqual([
        'BlockDevice',
        { path: device },
      ])
      const answer = await named.call('Datapath.attach', { uri: `${disk}?engine=qsd`, domain: '1' })
      await named.call('Datapath.activate', { uri: `${disk}?engine=qsd`, domain: '1' })
      await io(nbdUriOf(answer), WRITE)
    } finally {
      await named.call('Datapath.detach', { uri: disk, domain: '1' })
      await named.call('Datapath.detach', { uri: `${disk}?engine=qsd`, domain: '1' })
      execFileSync('/usr/sbin/losetup', ['--detach', device])
      expectNothingLeft(named)
      await named.remove()
    }
    imageHolds(path, 'raw', READ)
  })
})
