import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import { blockDeviceOf, expectNothingLeft, installDatapath, io, nbdUriOf } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'

const MIB = 2 ** 20
const WRITE = ['write -P 0xa5 1M 64k', 'flush', 'read -P 0xa5 1M 64k']
const READ = ['read -P 0xa5 1M 64k']

let plugin: Awaited<ReturnType<typeof installDatapath>>
let directory: string
let image: string
const servers: ChildProcess[] = []

/** Starts nbdkit on the image and waits until it listens. */
async function serve(address: readonly string[], listens: () => boolean | Promise<boolean>): Promise<ChildProcess> {
  const server = spawn('nbdkit', ['--foreground', ...address, '-e', 'disk', 'file', image], { stdio: 'ignore' })
  servers.push(server)
  expect(await waitUntil(listens, 10_000), 'nbdkit listens').toBe(true)
  return server
}

async function end(server: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill(signal)
  await ended
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

describe.skipIf(lacks('qemu-storage-daemon', 'qemu-io', 'nbdkit')).each(['nbd', 'nbd+unix'] as const)(
  '%s',
  (scheme) => {
    let uri: string
    let start: () => Promise<ChildProcess>

    beforeAll(async () => {
      plugin = await installDatapath(`datapath.d/${scheme}`)
    })
    afterAll(() => plugin.remove())
    beforeEach(() => {
      directory = join(plugin.directory, '..', 'i')
      mkdirSync(directory)
      image = join(directory, 'image')
      writeFileSync(image, '')
      truncateSync(image, 16 * MIB)
      const socket = join(directory, 'nbd')
      if (scheme === 'nbd+unix') {
        uri = `nbd+unix:///disk?socket=${socket}`
        start = () => {
          rmSync(socket, { force: true })
          return serve(['--unix', socket], () => existsSync(socket))
        }
      } else {
        // Below the ephemeral ports, and its own in each worker.
        const port = 21_000 + (process.pid % 9000)
        uri = `nbd://127.0.0.1:${port}/disk`
        start = () => serve(['--ipaddr', '127.0.0.1', '--port', String(port)], () => connects(port))
      }
    })
    afterEach(async () => {
      for (const domain of ['1', '2']) await plugin.call('Datapath.detach', { uri, domain })
      await plugin.call('Datapath.close', { uri })
      for (const server of servers.splice(0)) await end(server)
      rmSync(directory, { recursive: true })
      expectNothingLeft(plugin)
    })

    async function use(domain = '1') {
      const answer = await plugin.call('Datapath.attach', { uri, domain })
      await plugin.call('Datapath.activate', { uri, domain })
      return answer
    }

    async function leave(domain = '1'): Promise<void> {
      await plugin.call('Datapath.deactivate', { uri, domain })
      await plugin.call('Datapath.detach', { uri, domain })
    }

    function imageHolds(commands: readonly string[]): void {
      const parts = commands.flatMap((command) => ['-c', command])
      const output = execFileSync('qemu-io', ['-r', '-f', 'raw', ...parts, image], { encoding: 'utf8' })
      expect(output).not.toMatch(/verification failed|error/i)
    }

    test('written, detached, attached again: the bytes are there, for two domains', async () => {
      await start()
      await io(nbdUriOf(await use()), WRITE)
      await leave()
      imageHolds(READ)
      const answer = await use()
      expect(await use('2')).toEqual(answer)
      await io(nbdUriOf(answer), READ)
      await leave('1')
      await io(nbdUriOf(answer), READ)
    })

    test.skipIf(lacks('losetup', 'loop devices', 'fusermount3'))('as a block device', async () => {
      await start()
      await io(blockDeviceOf(await use()), WRITE)
      await leave()
      imageHolds(READ)
    })

    test('writes of a disk that is not persistent are gone after close', async () => {
      await start()
      await plugin.call('Datapath.open', { uri, persistent: false })
      await io(nbdUriOf(await use()), WRITE)
      await leave()
      await plugin.call('Datapath.close', { uri })
      imageHolds(['read -P 0 1M 64k'])
    })

    test('a server that is restarted under I/O loses nothing', async () => {
      const server = await start()
      const answer = await use()
      await io(nbdUriOf(answer), WRITE)
      await end(server, 'SIGKILL')
      const under = io(nbdUriOf(answer), [...READ, 'write -P 0x5a 2M 64k'])
      await start()
      await under
      await leave()
      imageHolds([...READ, 'read -P 0x5a 2M 64k'])
    })

    test('a server that is gone is an error that says so, and what is attached can be detached', async () => {
      const error = await plugin.fail('Datapath.attach', { uri, domain: '1' })
      expect(error.params.join()).toMatch(
        scheme === 'nbd' ? /ServerUnreachableError.*127\.0\.0\.1/ : /Failed to connect/,
      )
      const server = await start()
      await use()
      await end(server, 'SIGKILL')
      await plugin.call('Datapath.deactivate', { uri, domain: '1' })
      await plugin.call('Datapath.detach', { uri, domain: '1' })
      expectNothingLeft(plugin)
    })

    test('an export that there is not, a URI that makes no sense', async () => {
      await start()
      const other = uri.replace('/disk', '/other')
      expect(
        (await plugin.fail('Datapath.attach', { uri: `${uri}${uri.includes('?') ? '&' : '?'}socks=1`, domain: '1' }))
          .params[1],
      ).toContain('no option socks')
      expect((await plugin.fail('Datapath.attach', { uri: other, domain: '1' })).params[1]).toContain('other')
      const wrong = scheme === 'nbd' ? 'nbd:///disk' : 'nbd+unix:///disk'
      expect((await plugin.fail('Datapath.attach', { uri: wrong, domain: '1' })).params[0]).toBe('DiskUriError')
    })
  },
)
