import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  blockDeviceOf,
  expectNothingLeft,
  installDatapath,
  io,
  killProcesses,
  nbdUriOf,
  processesNaming,
  wipe,
} from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { type HttpsServer, httpsServer } from '../support/servers/https.ts'

// Slow machines are not at fault: what hangs has a bound of its own.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const MIB = 2 ** 20
const READ = ['read -P 0xa5 1M 64k', 'read -P 0 2M 64k']
const AUTHORISATION = `Basic ${Buffer.from('reader:hunter2').toString('base64')}`

let plugin: Awaited<ReturnType<typeof installDatapath>>
let directory: string
let server: HttpsServer
let ca: string
let origin: string

describe.skipIf(lacks('qemu-storage-daemon', 'qemu-img', 'qemu-io', 'nbdkit', 'openssl'))('https', () => {
  beforeAll(async () => {
    plugin = await installDatapath('datapath.d/https')
    directory = join(plugin.directory, '..', 'i')
    mkdirSync(directory)
    for (const format of ['raw', 'qcow2']) {
      const image = join(directory, `disk.${format}`)
      execFileSync('qemu-img', ['create', '-q', '-f', format, image, String(8 * MIB)])
      execFileSync('qemu-io', ['-f', format, '-c', 'write -P 0xa5 1M 64k', image])
    }
    server = await httpsServer(directory, AUTHORISATION)
    const { origin: at, ca: authority } = server
    origin = at
    ca = authority
  })
  afterAll(async () => {
    await server.stop()
    await plugin.remove()
  })
  let uri: string
  afterEach(async () => {
    await plugin.call('Datapath.detach', { uri, domain: '1' })
    await plugin.call('Datapath.close', { uri })
    try {
      expectNothingLeft(plugin)
    } finally {
      server.silence(false)
      wipe(plugin)
    }
  })

  async function use() {
    const answer = await plugin.call('Datapath.attach', { uri, domain: '1' })
    await plugin.call('Datapath.activate', { uri, domain: '1' })
    return answer
  }

  test.each(['raw', 'qcow2'])('%s: can be read, refuses writes, and is there again after detach', async (format) => {
    uri = `${origin}/disk.${format}?ca=${ca}`
    for (const _ of [1, 2]) {
      const answer = await use()
      await io(nbdUriOf(answer), READ, ['-r'])
      await expect(io(nbdUriOf(answer), ['write 0 64k'])).rejects.toThrow()
      await plugin.call('Datapath.deactivate', { uri, domain: '1' })
      await plugin.call('Datapath.detach', { uri, domain: '1' })
      expectNothingLeft(plugin)
    }
  })

  test.skipIf(lacks('losetup', 'loop devices', 'fusermount3'))('as a block device', async () => {
    uri = `${origin}/disk.qcow2?ca=${ca}`
    await io(blockDeviceOf(await use()), READ, ['-r'])
  })

  test('writes of a disk that is not persistent stay here, and are gone after close', async () => {
    uri = `${origin}/disk.qcow2?ca=${ca}`
    await plugin.call('Datapath.open', { uri, persistent: false })
    await io(nbdUriOf(await use()), [...READ, 'write -P 7 3M 64k', 'read -P 7 3M 64k'])
    await plugin.call('Datapath.detach', { uri, domain: '1' })
    await plugin.call('Datapath.close', { uri })
    await io(nbdUriOf(await use()), ['read -P 0 3M 64k'], ['-r'])
  })

  test('kill -9 of every engine: attach and activate bring the disk back', async () => {
    uri = `${origin}/disk.raw?ca=${ca}`
    await use()
    for (const program of ['qemu-storage-daemon', 'nbdkit']) {
      await killProcesses(processesNaming(plugin.runDirectory, program))
    }
    await io(nbdUriOf(await use()), READ, ['-r'])
  })

  test('a password reaches the server, and no command line or state', async () => {
    const credentials = join(directory, 'credentials')
    writeFileSync(credentials, 'username=reader\npassword=hunter2\n', { mode: 0o600 })
    uri = `${origin}/private/disk.raw?ca=${ca}&credentials=${credentials}`
    await io(nbdUriOf(await use()), READ, ['-r'])
    expect(server.requests.at(-1)?.authorisation).toBe(AUTHORISATION)
    expect(processesNaming('hunter2')).toEqual([])
    for (const name of readdirSync(plugin.runDirectory, { recursive: true, encoding: 'utf8' })) {
      const path = join(plugin.runDirectory, name)
      // The block device's file is the disk itself.
      if (basename(path) === 'image' || !statSync(path).isFile()) continue
      expect(readFileSync(path, 'utf8'), path).not.toContain('hunter2')
    }
    rmSync(credentials)
  })

  test('a server that falls silent or is gone: detach succeeds all the same, and leaves nothing', async () => {
    uri = `${origin}/disk.raw?ca=${ca}`
    const target = nbdUriOf(await use())
    server.silence(true)
    const reading = Promise.allSettled([io(target, READ, ['-r'])])
    await plugin.call('Datapath.detach', { uri, domain: '1' })
    expect((await reading)[0].status).toBe('rejected')
    expectNothingLeft(plugin)
    server.silence(false)
    await io(nbdUriOf(await use()), READ, ['-r'])
    await server.stop()
    await plugin.call('Datapath.deactivate', { uri, domain: '1' })
    await plugin.call('Datapath.detach', { uri, domain: '1' })
    expectNothingLeft(plugin)
    expect((await plugin.fail('Datapath.attach', { uri, domain: '1' })).params[0]).toBe('ServerUnreachableError')
    await server.restart()
    await io(nbdUriOf(await use()), READ, ['-r'])
  }, 120_000)

  test('a certificate that nobody trusts, a wrong password, a file that is missing', async () => {
    uri = `${origin}/disk.raw`
    expect((await plugin.fail('Datapath.attach', { uri, domain: '1' })).params[1]).toMatch(/certificate/i)
    const private_ = `${origin.replace('//', '//reader:wrong@')}/private/disk.raw?ca=${ca}`
    const refused = await plugin.fail('Datapath.attach', { uri: private_, domain: '1' })
    expect(refused.params.join()).not.toContain('wrong')
    expect((await plugin.fail('Datapath.attach', { uri: `${origin}/no?ca=${ca}`, domain: '1' })).code).toBe(
      'SR_BACKEND_FAILURE',
    )
    // Where nobody listens: another test could get a port that was free a moment ago.
    const gone = await plugin.fail('Datapath.attach', { uri: 'https://127.0.0.1:1/x', domain: '1' })
    expect(gone.params[0]).toBe('ServerUnreachableError')
  })
})
