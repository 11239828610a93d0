/**
 * From the command line to the bytes and back: the bundled datapath plugins on real disks. The volume plugin is scripted,
 * as no bundled one gives out all of these URIs.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../src/contract/methods.ts'
import { blockDeviceOf, expectNothingLeft, io, nbdUriOf } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { demoVolumePlugin, type ScriptedPlugin, volume } from '../support/scripted-plugin.ts'
import { type HttpsServer, httpsServer } from '../support/servers/https.ts'
import { type ServerProcess, startProcess } from '../support/servers/process.ts'
import { succeeds } from '../support/servers/tool.ts'
import { type Ended, PACKAGE, Place } from './smapiv3.ts'

type Backend = Result<'Datapath.attach'>

const SR = '11111111-1111-1111-1111-111111111111'
const SIZE = 8 * 2 ** 20
const WRITE = ['write -P 0xa5 1M 64k', 'flush', 'read -P 0xa5 1M 64k']
const READ = ['read -P 0xa5 1M 64k', 'read -P 0 2M 64k']

const withoutLoops = lacks('losetup', 'loop devices', 'fusermount3')

describe.skipIf(lacks('qemu-storage-daemon', 'qemu-img', 'qemu-io', 'nbdkit', 'nbdinfo', 'openssl'))('a disk', () => {
  let place: Place
  let volumes: ScriptedPlugin
  let files: string
  let server: HttpsServer
  const targets: ServerProcess[] = []
  const keys = new Set<string>()

  beforeAll(async () => {
    place = await Place.make()
    files = join(place.path, 'f')
    mkdirSync(files)
    volumes = demoVolumePlugin(place.root)
    server = await httpsServer(files)
    await run('sr', 'attach', 'demo', '--uuid', SR, 'uri=demo:///x')
  })
  afterEach(async () => {
    for (const key of keys) await run('disk', 'detach', SR, key)
    keys.clear()
    for (const target of targets.splice(0)) await target.stop()
    expectNothingLeft({ directory: place.root, runDirectory: runDirectory(), scratch: join(place.path, 'scratch') })
  })
  afterAll(async () => {
    await server.stop()
    await place.remove()
  })

  function runDirectory(): string {
    return join(place.path, 'r')
  }

  async function run(...words: string[]): Promise<Ended> {
    const environment = { SMAPIV3_RUN_DIR: runDirectory() }
    const ended = await place.run(['--root', place.root, '--root', PACKAGE, ...words], { environment })
    expect({ words, ...ended }).toMatchObject({ status: 0, stderr: '' })
    return ended
  }

  async function attach(key: string, ...options: string[]): Promise<Backend> {
    keys.add(key)
    return JSON.parse((await run('--json', 'disk', 'attach', SR, key, ...options)).stdout)
  }

  function image(format: string, name = `disk.${format}`): string {
    const path = join(files, name)
    execFileSync('qemu-img', ['create', '-q', '-f', format, path, String(SIZE)])
    return path
  }

  function volumeAt(key: string, ...uri: string[]): void {
    volumes.answer('Volume.stat', volume(key, { uri, virtual_size: SIZE }), `"key":"${key}"`)
  }

  /** An NBD server for a file. */
  async function nbdServer(file: string, extra: readonly string[] = []): Promise<string> {
    const socket = `${file}.nbd`
    const listen = ['--foreground', '--unix', socket, '--exportname', 'disk']
    const args = [...listen, ...(extra.length === 0 ? [] : ['--filter=error']), 'file', file, ...extra]
    const target = startProcess('nbdkit', args, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, log: `${file}.log` })
    targets.push(target)
    const uri = `nbd+unix:///disk?socket=${socket}`
    await target.ready(() => succeeds('nbdinfo', ['--size', uri]))
    return uri
  }

  test.each<[scheme: string, uri: () => string | Promise<string>]>([
    ['file, qcow2', () => `file://${image('qcow2')}`],
    ['file, raw', () => `file://${image('raw')}?engine=qsd`],
    ['nbd+unix', () => nbdServer(image('raw', 'served.raw'))],
  ])('on %s: written over the NBD URI that attach printed, detached, attached again', async (scheme, uri) => {
    const key = scheme.replaceAll(/\W/g, '')
    volumeAt(key, await uri())
    await io(nbdUriOf(await attach(key)), WRITE)
    await run('disk', 'detach', SR, key)
    await io(nbdUriOf(await attach(key)), READ)
  })

  test.skipIf(withoutLoops)('on file, raw, by the kernel: the same through the block device', async () => {
    volumeAt('kernel', `file://${image('raw')}`)
    await io(blockDeviceOf(await attach('kernel')), WRITE)
    await run('disk', 'detach', SR, 'kernel')
    await io(blockDeviceOf(await attach('kernel', '--read-only')), READ, ['-r'])
  })

  test('on https: it can be read, refuses writes, and is there again', async () => {
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', WRITE[0] ?? '', image('qcow2', 'far.qcow2')])
    volumeAt('https', `${server.origin}/far.qcow2?ca=${server.ca}`)
    for (const _ of [1, 2]) {
      const uri = nbdUriOf(await attach('https'))
      await io(uri, READ, ['-r'])
      await expect(io(uri, WRITE)).rejects.toThrow()
      await run('disk', 'detach', SR, 'https')
    }
  })

  test('attached to be thrown away, it forgets at detach what was written', async () => {
    volumeAt('lost', `file://${image('qcow2', 'lost.qcow2')}?scratch=${join(place.path, 'scratch')}`)
    await io(nbdUriOf(await attach('lost', '--non-persistent')), WRITE)
    await run('disk', 'detach', SR, 'lost')
    await io(nbdUriOf(await attach('lost')), ['read -P 0 1M 64k'])
  })

  test.each<[format: string, reach: (backend: Backend) => string]>([
    ['qcow2', nbdUriOf],
    ['raw', fileOf],
  ])('of the volume plugin file, %s: its bytes, and those of its snapshot, are there again', async (format, reach) => {
    const sr = `sr-${format}`
    await run('sr', 'create', 'file', `uri=file://${join(files, sr)}`, `format=${format}`, '--name', sr, '--attach')
    const created = async (...words: string[]): Promise<string> =>
      JSON.parse((await run('--json', 'volume', ...words)).stdout).key
    const key = await created('create', sr, 'disk', '8MiB')
    const use = async (which: string, commands: readonly string[], readOnly = false): Promise<void> => {
      const options = readOnly ? ['--read-only'] : []
      const backend = JSON.parse((await run('--json', 'disk', 'attach', sr, which, ...options)).stdout)
      await io(reach(backend), commands, readOnly ? ['-r'] : [])
      await run('disk', 'detach', sr, which)
    }
    await use(key, WRITE)
    const snapshot = await created('snapshot', sr, key)
    await use(key, [...READ, 'write -P 0x5a 1M 64k', 'flush'])
    await use(snapshot, READ, true)
    await use(key, ['read -P 0x5a 1M 64k'])
    await run('sr', 'destroy', sr)
  })

  test('is explained: the URIs passed over, the datapath, the engine, and each implementation', async () => {
    volumeAt('explained', 'weird://ann:hunter2@x/y', `file://${image('qcow2', 'e.qcow2')}?backend=qdisk`)
    keys.add('explained')
    const { stdout } = await run('disk', 'attach', SR, 'explained')
    expect(stdout).not.toContain('hunter2')
    expect(stdout).toMatch(/^Passed over +weird:\/\/\S+: no datapath plugin serves the scheme weird$/m)
    expect(stdout).toMatch(/^Datapath +file, for file:\/\/\S+$/m)
    expect(stdout).toMatch(/^ +engine: qemu-storage-daemon, format qcow2$/m)
    expect(stdout).toMatch(/^Nbd +nbd:unix:\S+:exportname=\S+$/m)
    if (withoutLoops) return
    expect(stdout).toMatch(/^ +backend qdisk: the option backend asks for QEMU/m)
    expect(stdout).toMatch(/^XenDisk +qdisk params=aio:\/dev\/loop\d+$/m)
    expect(stdout).toMatch(/^BlockDevice +\/dev\/loop\d+$/m)
  })

  test('is mirrored to an NBD server, which then has every byte and each new one', async () => {
    volumeAt('mirrored', `file://${image('qcow2', 'from.qcow2')}`)
    const to = image('raw', 'to.raw')
    const target = await nbdServer(to)
    const source = nbdUriOf(await attach('mirrored'))
    await io(source, WRITE)
    const lines = (await run('data', 'mirror', SR, 'mirrored', '--to', target)).stdout.trimEnd().split('\n')
    const last = JSON.parse(lines.at(-1) ?? '') as { datapath: string; operation: [string, string] }
    expect(last).toMatchObject({ datapath: 'file', complete: true, failed: false })
    await io(source, ['write -P 0x5a 3M 64k', 'flush'])
    const name = `mirror:${last.operation[1]}`
    expect((await run('data', 'ls')).stdout).toMatch(new RegExp(`^file +${name} +complete$`, 'm'))
    await run('data', 'cancel', 'file', name)
    await run('data', 'destroy', 'file', name)
    expect((await run('data', 'ls', '--json')).stdout).toBe('[]\n')
    await io(source, ['read -P 0x5a 3M 64k'])
    await io(to, [...READ, 'read -P 0x5a 3M 64k'])
  })

  test('is copied, all of it or the blocks of a list', async () => {
    volumeAt('copied', `file://${image('qcow2', 'c.qcow2')}`)
    const source = nbdUriOf(await attach('copied'))
    await io(source, [...WRITE, 'write -P 0x5a 3M 64k'])
    const some = image('raw', 'some.raw')
    const blocks = join(files, 'blocks')
    writeFileSync(blocks, JSON.stringify({ blocksize: 65536, ranges: [[16, 1]] }))
    await run('data', 'copy', SR, 'copied', '--to', await nbdServer(some), '--blocks', blocks)
    await io(some, [...READ, 'read -P 0 3M 64k'])
    const all = image('raw', 'all.raw')
    const answer = JSON.parse((await run('--json', 'data', 'copy', SR, 'copied', '--to', await nbdServer(all))).stdout)
    expect(answer).toMatchObject({ complete: true, failed: false })
    await io(all, [...READ, 'read -P 0x5a 3M 64k'])
    expect((await run('data', 'ls', 'file', '--json')).stdout).toBe('[]\n')
  })

  test.each<[target: string, extra: readonly string[], size: number, message: RegExp]>([
    ['full', ['error-pwrite=ENOSPC', 'error-pwrite-rate=100%'], SIZE, /No space left on device/],
    ['too small', [], SIZE / 8, /size|length|small/i],
  ])('whose target is %s is an error that says why, and goes on', async (name, extra, size, message) => {
    const key = name.replace(' ', '-')
    volumeAt(key, `file://${image('qcow2', `${key}.qcow2`)}`)
    const source = nbdUriOf(await attach(key))
    await io(source, WRITE)
    const file = join(files, key)
    writeFileSync(file, Buffer.alloc(size))
    const words = ['--root', place.root, '--root', PACKAGE, '--json', 'data', 'mirror', SR, key, '--to']
    const environment = { SMAPIV3_RUN_DIR: runDirectory() }
    const { status, stdout, stderr } = await place.run([...words, await nbdServer(file, extra)], { environment })
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 1, error: { fault: 'plugin' } })
    expect(stderr).toMatch(message)
    await io(source, READ)
    expect((await run('data', 'ls', 'file', '--json')).stdout).toBe('[]\n')
  })
})

function fileOf({ implementations }: Backend): string {
  for (const [kind, value] of implementations) if (kind === 'File') return value.path
  throw new Error('no file was offered')
}
