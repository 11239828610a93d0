/** Plugins by strangers, which share no code with this project, from an SR to the bytes of a volume and back. */
import { execFile } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseJson } from '../../src/contract/json.ts'
import type { Result } from '../../src/contract/methods.ts'
import { Host } from '../../src/host/host.ts'
import { SETTINGS } from '../host/support.ts'
import { lacks } from '../support/needs.ts'
import { scratch } from '../support/scratch.ts'
import { FOREIGN, type Foreign } from './install.ts'

const SR = '5a1e0c1c-6b0e-4f0e-9a57-3d6fd6a6cb02'
const CLI = join(import.meta.dirname, '../../dist/cli/main.cjs')
/** Longer than one read of a pipe, at an odd place. */
const PATTERN = Buffer.from('smapiv3 '.repeat(1000))
const OFFSET = 4099
const MIB = 1024 * 1024

interface Setup {
  readonly root: string
  readonly state: string
  /** Where the SR will be. */
  readonly directory: string
  readonly warnings: string[]
  /** A host on that state, as a process that was just started. */
  readonly start: () => Host
}

function setUp(foreign: Foreign): Setup {
  const directory = scratch()
  const root = join(directory, 'root')
  foreign.install(root)
  const state = join(directory, 'state')
  const warnings: string[] = []
  const start = () => {
    const host = new Host({
      roots: [root],
      stateDirectory: state,
      settings: SETTINGS,
      onWarning: (message) => warnings.push(message),
    })
    onTestFinished(() => host.close())
    return host
  }
  return { root, state, directory: join(directory, 'sr'), warnings, start }
}

describe.each(FOREIGN)('$about', (foreign) => {
  const { name, scheme, needs } = foreign
  const storage = describe.skipIf(lacks(...needs))

  storage('through the library', () => {
    test('is found, volume and datapath plugin, without a complaint', async () => {
      const { plugins, rejections } = await setUp(foreign).start().plugins()
      const seen = plugins.map((plugin) => [plugin.kind, plugin.name, plugin.status, plugin.warnings])
      expect(seen).toEqual([
        ['volume', `org.xen.xapi.storage.${name}`, 'ready', []],
        ['datapath', scheme, 'ready', []],
      ])
      expect(rejections).toEqual([])
    })

    test('keeps what is written to a disk, across a restart of the host', async () => {
      const { directory, start, warnings } = setUp(foreign)
      let host = start()
      const request = { plugin: name, uuid: SR, configuration: { uri: `file://${directory}` }, name: 'fast "disks"' }
      const { configuration } = await host.srs.create(request)
      expect(configuration).toEqual({ uri: `file://${directory}` })
      const attached = await host.srs.attach({ plugin: name, uuid: SR, configuration })
      expect(attached).toMatchObject({
        uuid: SR,
        plugin: `org.xen.xapi.storage.${name}`,
        sr: directory,
        name: 'fast "disks"',
      })

      const made = await host.volumes.call('Volume.create', SR, {
        name: 'disk\n1 – 磁盘',
        description: String.raw`"quoted" \back\slashed`,
        size: MIB,
        sharable: false,
      })
      const { key } = made
      expect(made).toMatchObject({ name: 'disk\n1 – 磁盘', virtual_size: MIB, read_write: true, keys: {} })

      host = start()
      expect(host.srs.attached()).toEqual([attached])
      const disk = await host.disks.connect(SR, key, { domain: '7' })
      expect(disk).toMatchObject({ datapath: scheme, domain: '7', volume: key })
      const image = fileOf(disk.backend)
      expect(existsSync(`${image}.active-7`)).toBe(true)
      write(image)

      host = start()
      expect(await host.disks.connect(SR, key, { domain: '7' })).toMatchObject({ backend: disk.backend })
      expect(read(image)).toEqual(PATTERN)
      await host.disks.disconnect(SR, key, { domain: '7' })
      expect(existsSync(`${image}.active-7`)).toBe(false)
      expect(read(image)).toEqual(PATTERN)
      await host.disks.disconnect(SR, key, { domain: '7' })

      await host.volumes.destroy(SR, key)
      expect(await host.volumes.list(SR)).toEqual([])
      expect(readdirSync(directory).filter((file) => file.includes(key))).toEqual([])
      await host.srs.destroy(SR)
      expect(existsSync(directory)).toBe(false)
      expect(host.srs.attached()).toEqual([])
      expect(warnings).toEqual([])
    })

    test('keeps metadata as it was given, and lists every volume', async () => {
      const { host } = await attachedSr(setUp(foreign))
      const volume = (title: string) => ({ name: title, description: '', size: MIB, sharable: false })
      const made = await Promise.all(
        ['a', 'b', 'c'].map((title) => host.volumes.call('Volume.create', SR, volume(title))),
      )
      const [{ key } = { key: '' }] = made
      const odd = `${String.raw`a "b" \c, }{ = [x]`}\t–`
      await host.volumes.call('Volume.set', SR, { key, k: 'vdi-type', v: 'user' })
      await host.volumes.call('Volume.set', SR, { key, k: odd, v: odd })
      await host.volumes.call('Volume.set', SR, { key, k: 'vdi-type', v: 'system' })
      expect((await host.volumes.call('Volume.stat', SR, { key })).keys).toEqual({ 'vdi-type': 'system', [odd]: odd })
      await host.volumes.call('Volume.unset', SR, { key, k: odd })
      await host.volumes.call('Volume.unset', SR, { key, k: 'never set' })
      expect((await host.volumes.call('Volume.stat', SR, { key })).keys).toEqual({ 'vdi-type': 'system' })
      const listed = await host.volumes.list(SR)
      expect(listed.map((record) => record.key).sort()).toEqual(made.map((record) => record.key).sort())
    })

    test('its own errors arrive as what they mean', async () => {
      const { host } = await attachedSr(setUp(foreign))
      const stat = host.volumes.call('Volume.stat', SR, { key: 'nowhere' })
      await expect(stat).rejects.toMatchObject({
        kind: 'NO_SUCH_VOLUME',
        code: 'SR_BACKEND_FAILURE',
        params: ['Volume_does_not_exist', 'nowhere'],
      })
      await expect(host.disks.connect(SR, 'nowhere')).rejects.toMatchObject({ kind: 'NO_SUCH_VOLUME' })
      const missing = { dbg: 'test', uri: `${scheme}:///nowhere`, domain: '7' }
      const { outcome, exitStatus } = await host.call(scheme, 'Datapath.attach', missing)
      expect(outcome.ok).toBe(name === 'onefile')
      expect(exitStatus).toBe(name === 'onefile' ? 0 : 1)
    })
  })

  storage('through the command line', () => {
    test('the whole way, one process for each step', async () => {
      const { root, state, directory } = setUp(foreign)
      const run = (...words: string[]) => smapiv3(['--root', root, '--state-dir', state, ...words])
      const created = await run(
        'sr',
        'create',
        name,
        `uri=file://${directory}`,
        '--name',
        'tour',
        '--uuid',
        SR,
        '--attach',
      )
      expect(created).toMatchObject({ uuid: SR, configuration: { uri: `file://${directory}` } })
      const { key } = (await run('volume', 'create', 'tour', 'disk 1', '1MiB')) as { key: string }
      const backend = (await run('disk', 'attach', 'tour', key)) as Result<'Datapath.attach'>
      const image = fileOf(backend)
      write(image)
      expect(await run('volume', 'ls', 'tour')).toMatchObject([{ key, name: 'disk 1', virtual_size: MIB }])
      expect(await run('call', name, 'Volume.stat', `sr=${directory}`, `key=${key}`)).toMatchObject({ key })
      await run('disk', 'detach', 'tour', key)
      expect(read(image)).toEqual(PATTERN)
      await run('volume', 'destroy', 'tour', key)
      await run('sr', 'destroy', 'tour')
      expect(existsSync(directory)).toBe(false)
    })
  })
})

describe.skipIf(lacks('python3'))('the strict interface package', () => {
  const python = FOREIGN.find(({ name }) => name === 'python')

  test('names the parameter that is missing or wrong, as it would to a toolstack', async () => {
    const { host } = await attachedSr(setUp(python ?? raise()))
    const script = join(host.files('python').path, 'Volume.stat')
    expect(await raw(script, '{"dbg":"d","sr":"s"}\n')).toMatchObject({
      params: ['UnmarshalException', 'UnmarshalException thing=argument missing ty=key desc='],
    })
    expect(await raw(script, '{"dbg":"d","sr":"s","key":7}\n')).toMatchObject({
      params: ['TypeError', 'TypeError expected=str actual=7'],
    })
  })

  test('gets every method on one line, whatever the params contain', async () => {
    const { host } = await attachedSr(setUp(python ?? raise()))
    const made = await host.volumes.call('Volume.create', SR, {
      name: 'two\nlines\r\n\u2028',
      description: '\n',
      size: 0,
      sharable: true,
    })
    expect(made).toMatchObject({ name: 'two\nlines\r\n\u2028', description: '\n', sharable: true, volume_type: 'Data' })
  })
})

async function attachedSr(setup: Setup): Promise<Setup & { host: Host }> {
  const host = setup.start()
  const plugin = (await host.plugins()).plugins.find(({ kind }) => kind === 'volume')?.name ?? raise()
  const { configuration } = await host.srs.create({
    plugin,
    uuid: SR,
    configuration: { uri: `file://${setup.directory}` },
    name: 'test',
  })
  await host.srs.attach({ plugin, uuid: SR, configuration })
  return { ...setup, host }
}

function fileOf({ implementations }: Result<'Datapath.attach'>): string {
  for (const [tag, value] of implementations) if (tag === 'File') return value.path
  throw new Error(`no File among ${JSON.stringify(implementations)}`)
}

function write(path: string): void {
  const file = openSync(path, 'r+')
  writeSync(file, PATTERN, 0, PATTERN.length, OFFSET)
  closeSync(file)
}

function read(path: string): Buffer {
  const file = openSync(path, 'r')
  const bytes = Buffer.alloc(PATTERN.length)
  readSync(file, bytes, 0, bytes.length, OFFSET)
  closeSync(file)
  return bytes
}

async function smapiv3(words: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...words, '--json'])
  return stdout === '' ? undefined : parseJson(stdout)
}

/** Runs a script as a toolstack does; answers with what it printed. */
function raw(script: string, stdin: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = execFile(script, ['--json'], (error, stdout, stderr) => {
      if (error?.code === 1) resolve(JSON.parse(stdout))
      else reject(new Error(`${script}: ${error?.message ?? 'succeeded'}: ${stdout}${stderr}`))
    })
    child.stdin?.end(stdin)
  })
}

function raise(): never {
  throw new Error('no such plugin')
}
