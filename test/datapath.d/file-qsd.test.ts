import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createImageArguments, IMAGE_FORMATS, type ImageFormat } from '../../src/engine/image-format.ts'
import { waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import {
  blockDeviceOf,
  expectNothingLeft,
  installDatapath,
  io,
  nbdUriOf,
  processesNaming,
} from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'

const MIB = 2 ** 20
const WRITE = ['write -P 0xa5 1M 64k', 'flush', 'read -P 0xa5 1M 64k']
const READ = ['read -P 0xa5 1M 64k']
const ZERO = ['read -P 0 1M 64k']
const withoutDaemon = lacks('qemu-storage-daemon', 'qemu-img', 'qemu-io')
const withoutLoops = lacks('losetup', 'loop devices', 'fusermount3')

let plugin: Awaited<ReturnType<typeof installDatapath>>
let images: string
let uri: string
const attached = new Map<string, Set<string>>()

beforeAll(async () => {
  plugin = await installDatapath('datapath.d/file')
})
afterAll(() => plugin.remove())
beforeEach(() => {
  images = join(plugin.directory, '..', 'i')
  mkdirSync(images)
})
afterEach(async () => {
  for (const [each, domains] of attached) {
    for (const domain of domains) await plugin.call('Datapath.detach', { uri: each, domain })
    await plugin.call('Datapath.close', { uri: each })
  }
  attached.clear()
  rmSync(images, { recursive: true })
  expectNothingLeft(plugin)
})

function image(format: ImageFormat, name = `disk.${format}`): string {
  const path = join(images, name)
  execFileSync('qemu-img', [...createImageArguments(path, format, 16 * MIB)])
  uri = `file://${path}`
  return path
}

function attach(domain = '1', of = uri) {
  attached.set(of, (attached.get(of) ?? new Set()).add(domain))
  return plugin.call('Datapath.attach', { uri: of, domain })
}

function activate(domain = '1', of = uri) {
  return plugin.call('Datapath.activate', { uri: of, domain })
}

async function use(domain = '1', of = uri) {
  const answer = await attach(domain, of)
  await activate(domain, of)
  return answer
}

async function leave(domain = '1', of = uri): Promise<void> {
  await plugin.call('Datapath.deactivate', { uri: of, domain })
  await plugin.call('Datapath.deactivate', { uri: of, domain })
  await plugin.call('Datapath.detach', { uri: of, domain })
  await plugin.call('Datapath.detach', { uri: of, domain })
}

async function imageHolds(path: string, format: ImageFormat, commands: readonly string[]): Promise<void> {
  const parts = commands.flatMap((command) => ['-c', command])
  const output = execFileSync('qemu-io', ['-r', '-f', IMAGE_FORMATS[format].driver, ...parts, path], {
    encoding: 'utf8',
  })
  expect(output).not.toMatch(/verification failed|error/i)
}

/** As a cleaner does: what is mounted stays. */
function loseRunDirectory(): void {
  spawnSync('rm', ['-rf', plugin.runDirectory])
}

function killDaemons(): void {
  for (const pid of processesNaming(plugin.runDirectory, 'qemu-storage-daemon')) process.kill(pid, 'SIGKILL')
}

describe.skipIf(withoutDaemon)('over NBD', () => {
  test.each(['qcow2', 'vhd', 'vhdx'] as const)(
    '%s: written, detached, attached again: the bytes are there',
    async (format) => {
      const path = image(format)
      const answer = await use()
      await io(nbdUriOf(answer), WRITE)
      await leave()
      await imageHolds(path, format, READ)
      await io(nbdUriOf(await use()), READ)
    },
  )

  test('a raw image with an option that the kernel does not have', async () => {
    const path = image('raw')
    uri += '?iops-total=1000&detect-zeroes=unmap'
    await io(nbdUriOf(await use()), WRITE)
    await leave()
    await imageHolds(path, 'raw', READ)
  })

  test('config.json wins over the URI', async () => {
    const limited = await installDatapath('datapath.d/file', { 'read-only': 'true' })
    try {
      image('qcow2')
      uri += '?read-only=false'
      const answer = await limited.call('Datapath.attach', { uri, domain: '1' })
      await limited.call('Datapath.activate', { uri, domain: '1' })
      await expect(io(nbdUriOf(answer), WRITE)).rejects.toThrow()
    } finally {
      await limited.call('Datapath.detach', { uri, domain: '1' })
      expectNothingLeft(limited)
      await limited.remove()
    }
  })

  test('what is activated read-only refuses writes', async () => {
    const path = image('qcow2')
    const before = readFileSync(path)
    const answer = await attach()
    await plugin.call('Datapath.activate_readonly', { uri, domain: '1' })
    await io(nbdUriOf(answer), ZERO, ['-r'])
    await expect(io(nbdUriOf(answer), WRITE)).rejects.toThrow()
    expect((await plugin.fail('Datapath.activate', { uri, domain: '1' })).params[0]).toBe('LifeCycleError')
    await leave()
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('two domains share the disk until the last is gone', async () => {
    image('qcow2')
    const first = await use('1')
    expect(await use('u0_vbd_0_xvda')).toEqual(first)
    await io(nbdUriOf(first), WRITE)
    await leave('1')
    await io(nbdUriOf(first), READ)
    await plugin.call('Datapath.deactivate', { uri, domain: 'u0_vbd_0_xvda' })
    await expect(io(nbdUriOf(first), READ)).rejects.toThrow()
  })

  test('writes of a disk opened as not persistent last until close, and never reach the image', async () => {
    const path = image('qcow2')
    const before = readFileSync(path)
    for (const repeat of [1, 2]) {
      await plugin.call('Datapath.open', { uri, persistent: false })
      await plugin.call('Datapath.open', { uri, persistent: false })
      const answer = await use()
      await io(nbdUriOf(answer), [...ZERO, ...WRITE])
      // Suspended and resumed: detached without close.
      await leave()
      await io(nbdUriOf(await use()), READ)
      await leave()
      if (repeat === 1) await plugin.call('Datapath.close', { uri })
      await plugin.call('Datapath.close', { uri })
      expectNothingLeft(plugin)
    }
    expect(readFileSync(path).equals(before)).toBe(true)
    await plugin.call('Datapath.open', { uri, persistent: true })
    await io(nbdUriOf(await use()), [...ZERO, ...WRITE])
  })

  test('a raw image that the kernel serves otherwise is not changed either', async () => {
    const path = image('raw')
    await plugin.call('Datapath.open', { uri, persistent: false })
    await io(nbdUriOf(await use()), WRITE)
    loseRunDirectory()
    await leave()
    await io(nbdUriOf(await use()), READ)
    await leave()
    await plugin.call('Datapath.close', { uri })
    await imageHolds(path, 'raw', ZERO)
  })

  test('a disk that is attached cannot be opened the other way', async () => {
    image('qcow2')
    await use()
    expect((await plugin.fail('Datapath.open', { uri, persistent: false })).params[0]).toBe('LifeCycleError')
    await plugin.call('Datapath.open', { uri, persistent: true })
  })

  test('every call may be repeated, and comes too early or too late without harm', async () => {
    image('qcow2')
    await leave()
    await plugin.call('Datapath.close', { uri })
    expect((await plugin.fail('Datapath.activate', { uri, domain: '1' })).params[0]).toBe('LifeCycleError')
    const answer = await use()
    expect(await use()).toEqual(answer)
    expect(await plugin.call('Plugin.diagnostics', {})).toContain(`domain 1 activated`)
    await plugin.call('Datapath.detach', { uri, domain: '1' })
    expectNothingLeft(plugin)
  })

  test('a volume that grew is noticed by attach and by activate, also in use', async () => {
    const path = image('raw')
    uri += '?engine=qsd'
    const answer = await use()
    truncateSync(path, 24 * MIB)
    await attach()
    await io(nbdUriOf(answer), ['write -P 0xa5 20M 64k', 'read -P 0xa5 20M 64k'])
    await plugin.call('Datapath.deactivate', { uri, domain: '1' })
    truncateSync(path, 32 * MIB)
    await activate()
    await io(nbdUriOf(answer), ['read -P 0xa5 20M 64k', 'write -P 0xa5 30M 64k', 'read -P 0xa5 30M 64k'])
    await leave()
    expect(statSync(path).size).toBe(32 * MIB)
  })
})

describe.skipIf(withoutDaemon)('when something dies', () => {
  test.each(['attach', 'activate', 'deactivate', 'detach', 'close'] as const)(
    '%s works after kill -9',
    async (call) => {
      const path = image('qcow2')
      const answer = await use()
      await io(nbdUriOf(answer), WRITE)
      killDaemons()
      if (call === 'attach') expect(nbdUriOf(await attach())).toBe(nbdUriOf(answer))
      else if (call === 'close') await plugin.call('Datapath.close', { uri })
      else await plugin.call(`Datapath.${call}`, { uri, domain: '1' })
      if (call === 'attach' || call === 'activate') await io(nbdUriOf(answer), READ)
      await leave()
      expectNothingLeft(plugin)
      await imageHolds(path, 'qcow2', READ)
    },
  )

  test.each(['attach', 'activate', 'deactivate', 'detach'] as const)(
    '%s works after the state was lost',
    async (call) => {
      image('qcow2')
      const answer = await use()
      await io(nbdUriOf(answer), WRITE)
      loseRunDirectory()
      if (call === 'activate')
        expect((await plugin.fail('Datapath.activate', { uri, domain: '1' })).params[0]).toBe('LifeCycleError')
      else await plugin.call(`Datapath.${call}`, { uri, domain: '1' })
      await leave()
      expectNothingLeft(plugin)
      await io(nbdUriOf(await use()), READ)
    },
  )

  test('an image that is missing or of another format is an error that says so', async () => {
    image('qcow2')
    expect((await plugin.fail('Datapath.attach', { uri: `${uri}x.qcow2`, domain: '1' })).params[1]).toContain(
      'does not exist',
    )
    writeFileSync(join(images, 'no.qcow2'), Buffer.alloc(MIB))
    const error = await plugin.fail('Datapath.attach', { uri: `file://${images}/no.qcow2`, domain: '1' })
    expect(error.params[1]).toMatch(/qcow2 format/)
  })
})

describe.skipIf(withoutDaemon || withoutLoops)('as a block device', () => {
  test('written there, read over NBD and in the image; the guest gets a XenDisk on it', async () => {
    const path = image('qcow2')
    const answer = await use()
    const device = blockDeviceOf(answer)
    expect(answer.implementations.map(([kind]) => kind)).toEqual(['XenDisk', 'BlockDevice', 'Nbd'])
    expect(answer.implementations[0]).toEqual(['XenDisk', { params: device, extra: {}, backend_type: 'vbd' }])
    await io(device, WRITE)
    await io(nbdUriOf(answer), READ)
    await leave()
    await imageHolds(path, 'qcow2', READ)
  })

  test('what the kernel holds back is in the image after deactivate', async () => {
    const path = image('vhdx')
    const device = blockDeviceOf(await use())
    execFileSync('dd', ['if=/dev/zero', `of=${device}`, 'bs=64k', 'count=1', 'conv=notrunc', 'status=none'])
    execFileSync('/usr/bin/python3', ['-c', `f=open("${device}","r+b",0);f.seek(${MIB});f.write(b"\\xa5"*65536)`])
    await plugin.call('Datapath.deactivate', { uri, domain: '1' })
    await imageHolds(path, 'vhdx', READ)
  })

  test('backend=qdisk is for QEMU, and discard=ignore is told to the guest', async () => {
    image('qcow2')
    uri += '?backend=qdisk&discard=ignore'
    const answer = await attach()
    const params = `aio:${blockDeviceOf(answer)}`
    expect(answer.implementations[0]).toEqual([
      'XenDisk',
      { params, extra: { 'discard-enable': '0' }, backend_type: 'qdisk' },
    ])
  })

  test('a read-only disk refuses writes', async () => {
    image('qcow2')
    uri += '?read-only=true'
    const device = blockDeviceOf(await use())
    await io(device, ZERO, ['-r'])
    await expect(io(device, WRITE)).rejects.toThrow()
  })

  test('the device survives the death of the disk’s daemon', async () => {
    image('qcow2')
    const answer = await use()
    const device = blockDeviceOf(answer)
    await io(device, WRITE)
    const [pid = 0] = processesNaming(
      nbdUriOf(answer).replace(/^nbd:unix:(.*):exportname.*$/, '$1'),
      'qemu-storage-daemon',
    )
    process.kill(pid, 'SIGKILL')
    expect(blockDeviceOf(await attach())).toBe(device)
    await io(device, READ)
  })

  test('a volume that grew in use is larger there', async () => {
    const path = image('raw')
    uri += '?engine=qsd'
    const device = blockDeviceOf(await use())
    truncateSync(path, 24 * MIB)
    await attach()
    expect(
      await waitUntil(
        () =>
          execFileSync('/usr/sbin/blockdev', ['--getsize64', device], { encoding: 'utf8' }).trim() === String(24 * MIB),
        5000,
      ),
    ).toBe(true)
    await io(device, ['write -P 0xa5 20M 64k', 'read -P 0xa5 20M 64k'])
  })
})

describe.skipIf(withoutDaemon)('Data', () => {
  async function twoDisks() {
    const from = image('qcow2', 'from.qcow2')
    const source = { uri, answer: await use('1', uri), path: from }
    const to = image('raw', 'to.raw')
    uri += '?engine=qsd'
    const target = { uri, answer: await use('1', uri), path: to }
    await io(nbdUriOf(source.answer), ['write -P 0x11 0 16M'])
    return { source, target }
  }

  async function finished(operation: ['CopyV1' | 'MirrorV1', string]) {
    let status = await plugin.call('Data.stat', { operation })
    await waitUntil(async () => {
      status = await plugin.call('Data.stat', { operation })
      return status.complete || status.failed
    }, 20_000)
    return status
  }

  test('mirror: everything, and what is written meanwhile and afterwards', async () => {
    const { source, target } = await twoDisks()
    const operation = await plugin.call('Data.mirror', {
      uri: source.uri,
      domain: '1',
      remote: nbdUriOf(target.answer),
    })
    await io(nbdUriOf(source.answer), WRITE)
    expect(await finished(operation)).toMatchObject({ failed: false, complete: true, progress: expect.any(Number) })
    expect(await plugin.call('Data.ls', {})).toEqual([operation])
    await io(nbdUriOf(source.answer), ['write -P 0x22 2M 1M'])
    await leave('1', source.uri)
    expect(await plugin.call('Data.stat', { operation })).toMatchObject({ failed: false, complete: true })
    await leave('1', target.uri)
    await imageHolds(target.path, 'raw', [...READ, 'read -P 0x22 2M 1M', 'read -P 0x11 3M 13M'])
    await plugin.call('Data.destroy', { operation })
    await plugin.call('Data.destroy', { operation })
    expect(await plugin.call('Data.ls', {})).toEqual([])
    expect((await plugin.fail('Data.stat', { operation })).params[0]).toBe('OperationError')
  })

  test('copy: the blocks of the list and no others', async () => {
    const { source, target } = await twoDisks()
    const blocklist = {
      blocksize: 65_536,
      ranges: [
        [1, 2],
        [255, 1],
      ] as [number, number][],
    }
    const operation = await plugin.call('Data.copy', {
      uri: source.uri,
      domain: '1',
      remote: nbdUriOf(target.answer).replace(/^nbd:unix:(.*):exportname=(.*)$/, 'nbd+unix:///$2?socket=$1'),
      blocklist,
    })
    expect(await finished(operation)).toMatchObject({ failed: false, complete: true })
    await io(nbdUriOf(target.answer), [
      'read -P 0 0 64k',
      'read -P 0x11 64k 128k',
      'read -P 0 192k 16128k',
      'read -P 0x11 16320k 64k',
    ])
    await plugin.call('Data.destroy', { operation })
    const beyond = { blocksize: 65_536, ranges: [[256, 1]] as [number, number][] }
    const params = { uri: source.uri, domain: '1', remote: nbdUriOf(target.answer), blocklist: beyond }
    expect((await plugin.fail('Data.copy', params)).params[0]).toBe('BlockListError')
  })

  test('cancel: failed, and the source goes on unchanged', async () => {
    const { source, target } = await twoDisks()
    await leave('1', source.uri)
    const slow = `${source.uri}?bps-total=1048576`
    const answer = await use('1', slow)
    const operation = await plugin.call('Data.mirror', { uri: slow, domain: '1', remote: nbdUriOf(target.answer) })
    expect((await plugin.call('Data.stat', { operation })).complete).toBe(false)
    await plugin.call('Data.cancel', { operation })
    await plugin.call('Data.cancel', { operation })
    expect(await plugin.call('Data.stat', { operation })).toMatchObject({ failed: true, complete: false })
    await io(nbdUriOf(answer), ['read -P 0x11 0 64k'])
    await plugin.call('Data.destroy', { operation })
  })

  test('a daemon that dies, a target that is not there, a disk that is not activated', async () => {
    const { source, target } = await twoDisks()
    const remote = nbdUriOf(target.answer)
    const operation = await plugin.call('Data.mirror', { uri: source.uri, domain: '1', remote })
    killDaemons()
    expect(await plugin.call('Data.stat', { operation })).toEqual({ failed: true, complete: false })
    await plugin.call('Data.destroy', { operation })
    await use('1', source.uri)
    const nowhere = await plugin.fail('Data.mirror', { uri: source.uri, domain: '1', remote: 'nbd://127.0.0.1:1/x' })
    expect(nowhere.params[0]).toBe('ServerUnreachableError')
    await plugin.call('Datapath.deactivate', { uri: source.uri, domain: '1' })
    const inactive = await plugin.fail('Data.mirror', { uri: source.uri, domain: '1', remote })
    expect(inactive.params[1]).toContain('not activated')
  })

  test('a disk that the kernel serves says what it takes to be mirrored', async () => {
    image('raw')
    await use()
    const error = await plugin.fail('Data.mirror', { uri, domain: '1', remote: 'nbd:unix:/x:exportname=y' })
    expect(error.params[1]).toContain('engine=qsd')
  })
})

/** Sends one end of a socket pair to the socket, and is an NBD client on the other. */
const IMPORTER = `
import array, nbd, socket, sys
ours, theirs = socket.socketpair()
carrier = socket.socket(socket.AF_UNIX)
carrier.connect(sys.argv[1])
carrier.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [theirs.fileno()]))])
theirs.close()
client = nbd.NBD()
client.set_export_name('whatever the sender calls it')
client.connect_socket(ours.detach())
client.pwrite(b'\\xa5' * 65536, 1 << 20)
client.flush()
assert client.pread(65536, 1 << 20) == b'\\xa5' * 65536
client.shutdown()
`

describe.skipIf(withoutDaemon || lacks('python3', 'python3-libnbd'))('import_activate', () => {
  test.each(['qcow2', 'raw'] as const)('%s: a descriptor becomes an NBD connection to the disk', async (format) => {
    const path = image(format)
    await attach()
    expect((await plugin.fail('Datapath.import_activate', { uri, domain: '1' })).params[0]).toBe('LifeCycleError')
    await activate()
    const socket = await plugin.call('Datapath.import_activate', { uri, domain: '1' })
    expect(await plugin.call('Datapath.import_activate', { uri, domain: '1' })).toBe(socket)
    for (const _ of [1, 2]) execFileSync('/usr/bin/python3', ['-c', IMPORTER, socket])
    await leave()
    expect(existsSync(socket)).toBe(false)
    await imageHolds(path, format, READ)
  })

  test('the server ends when its socket is gone', async () => {
    image('qcow2')
    await use()
    await plugin.call('Datapath.import_activate', { uri, domain: '1' })
    loseRunDirectory()
    expect(await waitUntil(() => processesNaming(plugin.runDirectory, '/usr/bin/python3').length === 0, 10_000)).toBe(
      true,
    )
  })
})

describe.skipIf(withoutDaemon)('under the names that volume plugins give out', () => {
  test.each([
    ['raw+file', 'raw'],
    ['loop+blkback', 'raw'],
    ['vhd+file', 'vhd'],
  ] as const)('%s', async (scheme, format) => {
    // The scheme says the format, and not the extension.
    const path = image(format, 'disk.qcow2')
    const named = await installDatapath(`datapath.d/${scheme}`)
    const disk = `${scheme}://${path}${format === 'raw' ? '?engine=qsd' : ''}`
    try {
      const { plugin: name, features } = await named.call('Plugin.query', {})
      expect(name).toBe(scheme)
      expect(features).toEqual(expect.arrayContaining(['NONPERSISTENT', 'VDI_MIRROR', 'VDI_MIRROR_IN']))
      const answer = await named.call('Datapath.attach', { uri: disk, domain: '1' })
      await named.call('Datapath.activate', { uri: disk, domain: '1' })
      await io(nbdUriOf(answer), WRITE)
      await named.call('Datapath.deactivate', { uri: disk, domain: '1' })
      await named.call('Datapath.detach', { uri: disk, domain: '1' })
      await imageHolds(path, format, READ)
    } finally {
      await named.call('Datapath.detach', { uri: disk, domain: '1' })
      expectNothingLeft(named)
      await named.remove()
    }
  })

  test.skipIf(withoutLoops)('raw+block', async () => {
    const path = image('raw')
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
    await imageHolds(path, 'raw', READ)
  })
})
