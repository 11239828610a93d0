/** What holds for every scheme whose disks are on a server: the same tests for each, on the real server. */
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Result } from '../../src/contract/methods.ts'
import {
  beginWriting,
  blockDeviceOf,
  expectNothingLeft,
  installDatapath,
  io,
  killProcesses,
  nbdUriOf,
  processesNaming,
  WRITER_NEEDS,
  wipe,
} from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'

// Slow machines are not at fault: what hangs has a bound of its own.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

export const MIB = 2 ** 20
export const DISK_SIZE = 16 * MIB
export const WRITE = ['write -P 0xa5 1M 64k', 'flush', 'read -P 0xa5 1M 64k']
export const READ = ['read -P 0xa5 1M 64k']
export const ZERO = ['read -P 0 1M 64k']

/** A server that is up, as the tests use it. */
export interface NetworkedServer {
  /** Makes a disk of DISK_SIZE bytes of zeroes, and gives its URI. */
  newDisk(): Promise<string>
  readonly host: { disconnect(): void; connect(): void }
  kill(): Promise<void>
  restart(): Promise<void>
  remove(): Promise<void>
}

/** A plugin under test, whose attachments are undone after each test. */
export interface UnderTest<S> {
  readonly server: S
  readonly plugin: Awaited<ReturnType<typeof installDatapath>>
  attach(uri: string, domain?: string): Promise<Result<'Datapath.attach'>>
  /** Attaches and activates. */
  use(uri: string, domain?: string): Promise<Result<'Datapath.attach'>>
  /** Deactivates and detaches, each twice. */
  leave(uri: string, domain?: string): Promise<void>
}

/** Sets the server and the plugin up around the tests of a describe block; to be called in it. */
export function underTest<S extends { remove(): Promise<void> }>(
  path: string,
  start: () => Promise<S>,
  expectMore: (test: UnderTest<S>) => void = () => {},
): UnderTest<S> {
  let server: S | undefined
  let plugin: UnderTest<S>['plugin'] | undefined
  const domains = new Map<string, Set<string>>()

  function present<T>(value: T | undefined): T {
    if (value === undefined) throw new Error('not before the tests run')
    return value
  }

  const it: UnderTest<S> = {
    get server() {
      return present(server)
    },
    get plugin() {
      return present(plugin)
    },
    attach(uri, domain = '1') {
      domains.set(uri, (domains.get(uri) ?? new Set()).add(domain))
      return it.plugin.call('Datapath.attach', { uri, domain })
    },
    async use(uri, domain = '1') {
      const answer = await it.attach(uri, domain)
      await it.plugin.call('Datapath.activate', { uri, domain })
      return answer
    },
    async leave(uri, domain = '1') {
      for (const method of ['Datapath.deactivate', 'Datapath.detach'] as const) {
        await it.plugin.call(method, { uri, domain })
        await it.plugin.call(method, { uri, domain })
      }
    },
  }

  beforeAll(async () => {
    plugin = await installDatapath(path)
    server = await start()
  })
  afterEach(async () => {
    const used = [...domains]
    domains.clear()
    try {
      for (const [uri, each] of used) {
        for (const domain of each) await it.plugin.call('Datapath.detach', { uri, domain })
        await it.plugin.call('Datapath.close', { uri })
      }
      expectNothingLeft(it.plugin)
      expectMore(it)
    } finally {
      wipe(it.plugin)
    }
  })
  afterAll(async () => {
    await plugin?.remove()
    await server?.remove()
  })
  return it
}

/** The tests that every scheme has; to be called in a describe block. */
export function testsOfEveryScheme(it: UnderTest<NetworkedServer>): void {
  const { attach, use, leave } = it

  test('written over NBD, detached, attached again: the bytes are there', async () => {
    const uri = await it.server.newDisk()
    await io(nbdUriOf(await use(uri)), WRITE)
    await leave(uri)
    await io(nbdUriOf(await use(uri)), READ)
  })

  test.skipIf(lacks('losetup', 'loop devices', 'fusermount3'))('the same through the block device', async () => {
    const uri = await it.server.newDisk()
    const device = blockDeviceOf(await use(uri))
    await io(device, WRITE)
    await leave(uri)
    const again = await use(uri)
    await io(blockDeviceOf(again), READ)
    await io(nbdUriOf(again), READ)
  })

  test('attach offers the disk to guests, to dom0 and over NBD, and its size is right', async () => {
    const uri = await it.server.newDisk()
    const answer = await use(uri)
    expect(answer.implementations.map(([kind]) => kind)).toEqual(['XenDisk', 'BlockDevice', 'Nbd'])
    const { stdout } = await promisify(execFile)('qemu-img', ['info', '--output=json', '-f', 'raw', nbdUriOf(answer)])
    expect(JSON.parse(stdout)['virtual-size']).toBe(DISK_SIZE)
  })

  test('activated read-only, it refuses writes', async () => {
    const uri = await it.server.newDisk()
    const answer = await attach(uri)
    await it.plugin.call('Datapath.activate_readonly', { uri, domain: '1' })
    await io(nbdUriOf(answer), ZERO, ['-r'])
    await expect(io(nbdUriOf(answer), WRITE)).rejects.toThrow()
    await leave(uri)
    await io(nbdUriOf(await use(uri)), ZERO)
  })

  test('with the option read-only, it refuses writes', async () => {
    const plain = await it.server.newDisk()
    const uri = `${plain}${plain.includes('?') ? '&' : '?'}read-only=true`
    const answer = await use(uri)
    await io(nbdUriOf(answer), ZERO, ['-r'])
    await expect(io(nbdUriOf(answer), WRITE)).rejects.toThrow()
    await expect(io(blockDeviceOf(answer), WRITE)).rejects.toThrow()
  })

  test('opened non-persistent, writes are gone after close and never reach the storage', async () => {
    const uri = await it.server.newDisk()
    await it.plugin.call('Datapath.open', { uri, persistent: false })
    await io(nbdUriOf(await use(uri)), WRITE)
    await leave(uri)
    await io(nbdUriOf(await use(uri)), READ)
    await leave(uri)
    await it.plugin.call('Datapath.close', { uri })
    await io(nbdUriOf(await use(uri)), ZERO)
  })

  test('two domains have one disk, which stays until the last of them has left', async () => {
    const uri = await it.server.newDisk()
    const first = await use(uri, '1')
    const second = await use(uri, 'u0_2')
    expect(second).toEqual(first)
    await io(nbdUriOf(first), WRITE)
    await leave(uri, '1')
    await io(nbdUriOf(second), READ)
    await leave(uri, 'u0_2')
  })

  test('the daemon is killed: attach and activate bring the disk back, with what was flushed', async () => {
    const uri = await it.server.newDisk()
    await io(nbdUriOf(await use(uri)), WRITE)
    await killDaemons(it.plugin.runDirectory)
    await io(nbdUriOf(await use(uri)), READ)
    await leave(uri)
  })

  test('the daemon is killed: deactivate, detach and close leave nothing', async () => {
    const uri = await it.server.newDisk()
    await use(uri)
    await killDaemons(it.plugin.runDirectory)
    await leave(uri)
    await it.plugin.call('Datapath.close', { uri })
    expectNothingLeft(it.plugin)
  })

  test('the run directory is deleted: attached again, the bytes are there, and nothing is left', async () => {
    const uri = await it.server.newDisk()
    await io(nbdUriOf(await use(uri)), WRITE)
    // As a cleaner does: what is mounted stays.
    spawnSync('rm', ['-rf', it.plugin.runDirectory])
    await io(nbdUriOf(await use(uri)), READ)
    await leave(uri)
    expectNothingLeft(it.plugin)
  })

  test('the server is restarted under I/O, which waits and loses nothing', async () => {
    const uri = await it.server.newDisk()
    const target = nbdUriOf(await use(uri))
    await io(target, WRITE)
    await it.server.kill()
    const writing = io(target, ['write -P 0x5a 2M 64k', 'flush'])
    await it.server.restart()
    await writing
    await io(target, ['read -P 0x5a 2M 64k', ...READ])
  })

  test('the server is out of reach: attach says so, in seconds', async () => {
    const uri = await it.server.newDisk()
    it.server.host.disconnect()
    try {
      const { params } = await it.plugin.fail('Datapath.attach', { uri, domain: '1' })
      expect(params.join(' ')).toMatch(/ServerUnreachableError.*cannot be reached/)
    } finally {
      it.server.host.connect()
    }
    await use(uri)
  })

  test.skipIf(lacks(...WRITER_NEEDS)).each(['is gone for good', 'does not answer any more'])(
    'the server %s under I/O: detach succeeds and leaves nothing',
    async (how) => {
      const uri = await it.server.newDisk()
      const target = nbdUriOf(await use(uri))
      await io(target, WRITE)
      await (how === 'is gone for good' ? it.server.kill() : it.server.host.disconnect())
      try {
        // Without a write that waits for it, a disk can be given up without its server.
        const { isDone } = await beginWriting(target)
        if (how === 'does not answer any more') {
          const { params } = await it.plugin.fail('Datapath.deactivate', { uri, domain: '1' })
          expect(params.join(' ')).toMatch(/ServerUnreachableError.*cannot be reached|no monitor/)
        }
        await it.plugin.call('Datapath.detach', { uri, domain: '1' })
        expect(await isDone).toBe(false)
        expectNothingLeft(it.plugin)
      } finally {
        await (how === 'is gone for good' ? it.server.restart() : it.server.host.connect())
      }
      await io(nbdUriOf(await use(uri)), READ)
    },
  )
}

export function killDaemons(runDirectory: string): Promise<void> {
  return killProcesses(processesNaming(runDirectory, 'qemu-storage-daemon'))
}
