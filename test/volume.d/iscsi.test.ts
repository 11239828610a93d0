import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { installDatapath } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'
import { scratch } from '../support/scratch.ts'
import { type ChapLogin, ISCSI_NEEDS, type IscsiServer, iscsiServer } from '../support/servers/iscsi.ts'
import { changed, expectContent, write, zeroes } from './suites/content.ts'

const UUID = '11111111-1111-4111-8111-111111111111'
const MIB = 2 ** 20
const SIZES = { 1: 16 * MIB, 3: 2 * MIB, 12: 4 * MIB }
const CHAP: ChapLogin = { user: 'some one', password: 'pass:word@%1234' }
const MISSING = lacks(...ISCSI_NEEDS, 'iscsi-ls', 'qemu-storage-daemon', 'qemu-block-extra', 'qemu-io')

type Configuration = Record<string, string>

describe.skipIf(MISSING)('org.xen.xapi.storage.iscsi', { timeout: 120_000 }, () => {
  let plugin: TestPlugin
  let datapath: TestPlugin
  beforeAll(async () => {
    plugin = await installPlugin('volume.d/org.xen.xapi.storage.iscsi')
    datapath = await installDatapath('datapath.d/iscsi', {}, plugin)
  })
  afterAll(async () => {
    await datapath?.remove()
    await plugin?.remove()
  })
  afterEach(async () => {
    for (const sr of await plugin.call('Plugin.ls', {})) await plugin.call('SR.detach', { sr })
    expect(readdirSync(join(plugin.runDirectory, 'volume/iscsi'))).toEqual([])
  })

  const probe = (configuration: Configuration) => plugin.call('SR.probe', { configuration })
  async function attachNew(configuration: Configuration, by = plugin): Promise<string> {
    const request = { uuid: UUID, name: 'array', description: 'second floor', configuration }
    return by.call('SR.attach', { configuration: await by.call('SR.create', request) })
  }

  /** The plugin on the same host, whose tools write down how they are called. */
  async function recordingTools() {
    const directory = scratch()
    const log = join(directory, 'log')
    for (const name of ['iscsi-ls', 'iscsi-inq', 'iscsi-readcapacity16']) {
      const script = `#!/bin/sh\necho "$0 $*" >>${log}\nexec /usr/bin/${name} "$@"\n`
      writeFileSync(join(directory, name), script, { mode: 0o755 })
    }
    const recording = await installPlugin('volume.d/org.xen.xapi.storage.iscsi', plugin, {
      PATH: `${directory}:${process.env.PATH}`,
    })
    onTestFinished(() => recording.remove())
    return { plugin: recording, commandLines: () => readFileSync(log, 'utf8') }
  }
  const createError = async (configuration: Configuration) =>
    (await plugin.fail('SR.create', { uuid: UUID, name: '', description: '', configuration })).params.join(': ')

  function withServer(login: ChapLogin | undefined, tests: (server: () => IscsiServer) => void): void {
    let server: IscsiServer
    beforeAll(async () => {
      server = await iscsiServer(login)
      for (const [lun, size] of Object.entries(SIZES)) await server.addUnit(Number(lun), size)
    }, 120_000)
    afterAll(() => server?.remove())
    tests(() => server)
  }

  describe('a target', () => {
    withServer(undefined, (server) => {
      const place = (more: Configuration = {}): Configuration => ({
        target: server().host.address,
        targetIQN: server().target,
        ...more,
      })

      test('is found step by step: portal, targets, units', async () => {
        const { host, target } = server()
        expect(await probe({})).toMatchObject(
          [{ complete: false, extra_info: { message: /target is missing/ } }].map(({ complete }) => ({ complete })),
        )
        expect(await probe({ target: host.address })).toEqual([
          {
            configuration: { target: host.address, targetIQN: target },
            complete: false,
            extra_info: { targetIQN: target },
          },
        ])
        const [all, ...units] = await probe(place())
        expect(all).toMatchObject({ configuration: place(), complete: true })
        expect(units).toEqual(
          Object.entries(SIZES).map(([lun, size]) => ({
            configuration: place({ LUNid: lun, SCSIid: `unit-${lun}` }),
            complete: true,
            extra_info: {
              ...{ LUNid: lun, SCSIid: `unit-${lun}`, serial: lun, size: String(size) },
              ...{ vendor: 'IET', product: 'VIRTUAL-DISK' },
            },
          })),
        )
        expect(await probe(place({ SCSIid: 'unit-3' }))).toMatchObject([{ complete: true, extra_info: { LUNid: '3' } }])
        expect(await probe(place({ sr_uuid: UUID, sr_name: 'n' }))).toMatchObject([{ sr: { uuid: UUID, name: 'n' } }])
      })

      test('is an SR whose volumes are its units, as the array says', async () => {
        const sr = await attachNew(place())
        const { unitSizes } = server()
        const volumes = await plugin.call('SR.ls', { sr })
        expect(volumes.map(({ name, virtual_size }) => [name, virtual_size])).toEqual(
          Object.entries(SIZES).map(([lun, size]) => [`LUN ${lun}`, size]),
        )
        const millions = volumes.map(({ keys, virtual_size }) => [keys.lun, Math.round(Number(virtual_size) / 1e6)])
        expect(Object.fromEntries(millions)).toEqual(await unitSizes())
        const total = Object.values(SIZES).reduce((sum, size) => sum + size)
        expect(await plugin.call('SR.stat', { sr })).toMatchObject({
          ...{ uuid: UUID, name: 'array', description: 'second floor', health: ['Healthy', ''] },
          ...{ total_space: total, free_space: 0 },
        })
        for (const volume of volumes) {
          expect(await plugin.call('Volume.stat', { sr, key: volume.key })).toEqual(volume)
        }
        expect(new Set(volumes.map(({ uuid }) => uuid)).size).toBe(volumes.length)
        expect(await plugin.call('Plugin.diagnostics', {})).toContain('logical units 1, 3, 12')
        await plugin.call('SR.detach', { sr })
        expect((await plugin.fail('SR.ls', { sr })).params).toEqual(['Sr_not_attached', sr])
      })

      test('is an SR of the units named, beside another of other units', async () => {
        const few = await attachNew(place({ LUNid: '12,1' }))
        const one = await attachNew(place({ SCSIid: 'unit-3' }))
        const names = async (sr: string) => (await plugin.call('SR.ls', { sr })).map(({ name }) => name)
        expect([await names(few), await names(one)]).toEqual([['LUN 1', 'LUN 12'], ['LUN 3']])
      })

      test('has volumes that hold what is written, through the datapath, after the SR was detached', async () => {
        const sr = await attachNew(place())
        const [volume] = await plugin.call('SR.ls', { sr })
        if (volume === undefined) throw new Error('there are no volumes')
        await write(datapath, volume, 2, 3, 0xa5)
        await plugin.call('SR.detach', { sr })
        const again = await attachNew(place())
        const same = await plugin.call('Volume.stat', { sr: again, key: volume.key })
        await expectContent(datapath, same, changed(zeroes(SIZES[1]), 2, 3, 0xa5))
      })

      test('offers what it can do and nothing else', async () => {
        const { features } = await plugin.call('Plugin.query', {})
        expect(features.sort()).toEqual([
          'SR_ATTACH',
          'SR_CREATE',
          'SR_DETACH',
          'SR_PROBE',
          'SR_SCAN',
          'SR_UPDATE',
          'VDI_UPDATE',
        ])
        expect(readdirSync(plugin.directory)).not.toContain('Volume.create')
        expect(readdirSync(plugin.directory)).not.toContain('SR.destroy')
      })

      test('that gives the number of a unit to another one has lost the volume', async () => {
        await server().addUnit(5, MIB)
        const sr = await attachNew(place({ LUNid: '5' }))
        const [volume] = await plugin.call('SR.ls', { sr })
        const key = volume?.key ?? ''
        await server().replaceUnit(5)
        expect((await plugin.fail('Volume.stat', { sr, key })).params).toEqual(['Volume_does_not_exist', key])
        expect((await plugin.call('SR.ls', { sr })).map((each) => each.key)).not.toContain(key)
      })

      test('has volumes with keys of one form only', async () => {
        const sr = await attachNew(place({ LUNid: '1' }))
        for (const key of ['', '1', '99-0123456789ab', '../1-0123456789ab', '1-0123456789ab\n']) {
          expect((await plugin.fail('Volume.stat', { sr, key })).params).toEqual(['Volume_does_not_exist', key])
        }
      })

      test.each<[Configuration, RegExp]>([
        [{ target: '' }, /ConfigurationError/],
        [{ target: 'a b' }, /ConfigurationError/],
        [{ target: 'x@y' }, /ConfigurationError/],
        [{ port: '70000' }, /ConfigurationError.*port/],
        [{ port: '1' }, /ServerUnreachableError.*cannot be reached/],
        [{ targetIQN: 'iqn.2024-01.org.example:none' }, /TargetNotFoundError/],
        [{ targetIQN: 'iqn.2024-01.org.example:disks/1' }, /ConfigurationError/],
        [{ targetIQN: '--help' }, /ConfigurationError/],
        [{ LUNid: '77' }, /SrNotCreatedError.*77/],
        [{ LUNid: '1;2' }, /ConfigurationError.*LUNid/],
        [{ SCSIid: 'none' }, /SrNotCreatedError.*none/],
        [{ chapuser: 'x' }, /ConfigurationError.*both/],
      ])('is no SR with %j', async (wrong, seen) => {
        expect(await createError(place(wrong))).toMatch(seen)
      })

      test('is Unreachable while it does not answer, and Healthy afterwards', async () => {
        const sr = await attachNew(place())
        const { host } = server()
        host.disconnect()
        try {
          const [{ health }, { params }] = await Promise.all([
            plugin.call('SR.stat', { sr }),
            plugin.fail('SR.ls', { sr }),
          ])
          expect(health).toEqual(['Unreachable', expect.stringContaining(host.address)])
          expect(params[0]).toBe('ServerUnreachableError')
        } finally {
          host.connect()
        }
        expect((await plugin.call('SR.stat', { sr })).health).toEqual(['Healthy', ''])
      })

      test('is found behind a target that does not let this host in', async () => {
        // Targets are listed by their numbers the other way round: the tool meets the other one first.
        await server().addTarget('iqn.2024-01.org.example:closed', CHAP)
        expect((await probe({ target: server().host.address })).length).toBe(2)
        const sr = await attachNew(place())
        expect((await plugin.call('SR.ls', { sr })).length).toBeGreaterThanOrEqual(3)
        const closed = place({ targetIQN: 'iqn.2024-01.org.example:closed' })
        expect(await createError(closed)).toMatch(/IscsiAuthenticationError.*without a login/)
      })
    })
  })

  describe('a target with CHAP', () => {
    withServer(CHAP, (server) => {
      const place = (password = CHAP.password): Configuration => ({
        ...{ target: server().host.address, targetIQN: server().target },
        ...{ chapuser: CHAP.user, chappassword: password },
      })

      test('lets in who has the password, which is in one file of mode 600 and nowhere else', async () => {
        const sr = await attachNew(place())
        const volumes = await plugin.call('SR.ls', { sr })
        expect(volumes.length).toBe(3)
        const [volume] = volumes
        if (volume === undefined) throw new Error('there are no volumes')
        await write(datapath, volume, 0, 1, 0x5a)
        const texts = [JSON.stringify(volumes), sr, await plugin.call('Plugin.diagnostics', {})]
        expect(texts.join()).not.toContain('pass')
        const files = readdirSync(plugin.runDirectory, { withFileTypes: true, recursive: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .filter((file) => readFileSync(file, 'utf8').includes(CHAP.password))
        expect(files.length).toBe(1)
        expect(statSync(files[0] ?? '').mode & 0o777).toBe(0o600)
        await plugin.call('SR.detach', { sr })
        expect(() => statSync(files[0] ?? '')).toThrow('ENOENT')
      })

      test('says that a password is wrong, without it', async () => {
        const seen = [
          await createError(place('not-the-password')),
          JSON.stringify(await probe({ target: server().host.address })),
        ]
        expect(seen[0]).toMatch(/IscsiAuthenticationError.*some one.*Authentication failure/)
        expect(seen.join()).not.toContain('not-the-password')
      })

      test('puts the password on no command line', async () => {
        // Every process of a call is seen by its parent's arguments: what the plugin starts is named in its errors.
        const error = await createError({ ...place(), LUNid: '99' })
        expect(error).not.toContain(CHAP.password)
        const recorded = await recordingTools()
        const seen = await commandLinesDuring(() => attachNew(place(), recorded.plugin))
        // Which can all have run between two looks.
        const all = seen + recorded.commandLines()
        expect(all).toContain('iscsi-inq')
        expect(all).toContain('iscsi-readcapacity16')
        expect(all).not.toContain(CHAP.password)
        expect(all).not.toContain(encodeURIComponent(CHAP.password))
      })
    })
  })
})

/** All command lines of this machine, looked at again and again while a call runs. */
async function commandLinesDuring(call: () => Promise<unknown>): Promise<string> {
  const seen = new Set<string>()
  let running = true
  const watcher = (async () => {
    while (running) {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) seen.add(commandLine(pid))
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  try {
    await call()
  } finally {
    running = false
    await watcher
  }
  return [...seen].join('\n')
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
