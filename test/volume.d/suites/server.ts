/** What holds for SRs on servers: two hosts at once, hosts that crash, servers that are away. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Holder, holderText } from '../../../src/engine/lease/holder.ts'
import { killProcesses } from '../../support/datapath.ts'
import { mountHolders } from '../../support/mounts.ts'
import { installPlugin, type TestPlugin } from '../../support/plugin.ts'
import type { ServerHost } from '../../support/servers/host.ts'
import type { Configuration } from './storage.ts'

/** A server that is up. */
export interface SharedServer {
  readonly host: ServerHost
  /** The directory that it gives out, on this machine. */
  readonly directory: string
  /** device_config of a directory in it. */
  configure(name: string): Configuration
  remove(): Promise<void>
}

/**
 * Seconds of silence after which a host that crashed counts as dead: so its lock says. Those of the hosts at work say what they
 * do everywhere, since on a busy machine one that lives is silent for seconds.
 */
const LEASE = 2

export function serverTests(volume: string, start: () => Promise<SharedServer>): void {
  describe('on a server', () => {
    let server: SharedServer
    /** One host in the network of this machine, the other in that of the server. */
    let hosts: readonly [TestPlugin, TestPlugin]
    let place: Configuration
    let sr: string
    let directory: string
    let places = 0

    beforeAll(async () => {
      server = await start()
      hosts = [await installPlugin(volume), await installPlugin(volume, undefined, {}, server.host.throughNetwork)]
    }, 120_000)
    afterAll(async () => {
      for (const host of hosts) await host.remove()
      await server.remove()
    }, 120_000)

    beforeEach(async () => {
      const name = `shared-${places++}`
      directory = join(server.directory, name)
      mkdirSync(directory)
      const request = { uuid: crypto.randomUUID(), name: 'shared', description: '' }
      place = await hosts[0].call('SR.create', { ...request, configuration: { ...server.configure(name) } })
      const attach = (host: TestPlugin) => host.call('SR.attach', { configuration: place })
      ;[sr] = await Promise.all([attach(hosts[0]), attach(hosts[1])])
    }, 120_000)
    afterEach(async () => {
      await Promise.all(hosts.map((host) => host.call('SR.detach', { sr })))
      for (const host of hosts) expect(mountHolders(host.runDirectory)).toEqual([])
    }, 120_000)

    const create = (host: TestPlugin, name = '') =>
      host.call('Volume.create', { sr, name, description: '', size: 2 ** 20, sharable: false })
    const namesOn = async (host: TestPlugin) => (await host.call('SR.ls', { sr })).map(({ name }) => name).sort()

    /** What a host that crashed leaves of a lock. */
    function abandon(lock: string, host: string = crypto.randomUUID()): void {
      const holder: Holder = { host, token: crypto.randomUUID(), seconds: LEASE, count: 7 }
      mkdirSync(join(directory, lock))
      writeFileSync(join(directory, lock, 'holder'), holderText(holder))
    }

    test('two hosts change it at once, and see what the other has done', async () => {
      const shared = await create(hosts[0], 'shared')
      const names = ['a', 'b', 'c', 'd']
      await Promise.all(
        hosts.flatMap((host, index) => [
          ...names.map((name) => create(host, `${name}${index}`)),
          ...names.map((k) => host.call('Volume.set', { sr, key: shared.key, k: `${k}${index}`, v: k })),
        ]),
      )
      const expected = [...names.flatMap((name) => [`${name}0`, `${name}1`]), 'shared'].sort()
      for (const host of hosts) {
        expect(await namesOn(host)).toEqual(expected)
        const { keys } = await host.call('Volume.stat', { sr, key: shared.key })
        expect(Object.keys(keys).sort()).toEqual(names.flatMap((name) => [`${name}0`, `${name}1`]))
      }
    }, 300_000)

    test('what one host destroys is gone for the other', async () => {
      const { key } = await create(hosts[0])
      await hosts[1].call('Volume.destroy', { sr, key })
      expect((await hosts[0].fail('Volume.stat', { sr, key })).params[0]).toBe('Volume_does_not_exist')
    }, 120_000)

    test('locks that a crashed host has left are taken over', async () => {
      const { key } = await create(hosts[0])
      abandon(`${key}.lock`)
      abandon('sr.lock')
      await Promise.all([
        hosts[1].call('Volume.set', { sr, key, k: 'k', v: 'v' }),
        hosts[0].call('SR.set_name', { sr, new_name: 'taken' }),
      ])
      expect(existsSync(join(directory, `${key}.lock`))).toBe(false)
      expect(existsSync(join(directory, 'sr.lock'))).toBe(false)
    }, 120_000)

    test('so is one that its host had not come to sign, and one of which another died while taking it over', async () => {
      const [unsigned, taken] = await Promise.all([create(hosts[0]), create(hosts[1])])
      mkdirSync(join(directory, `${unsigned.key}.lock`))
      abandon(`${taken.key}.lock`)
      mkdirSync(join(directory, `${taken.key}.lock`, 'taking'))
      await Promise.all([
        hosts[1].call('Volume.set', { sr, key: unsigned.key, k: 'k', v: 'v' }),
        hosts[0].call('Volume.set', { sr, key: taken.key, k: 'k', v: 'w' }),
      ])
      for (const { key } of [unsigned, taken]) expect(existsSync(join(directory, `${key}.lock`))).toBe(false)
    }, 120_000)

    test('a mount whose process is killed is made again by the next call', async () => {
      const { key } = await create(hosts[0])
      const holders = mountHolders(hosts[0].runDirectory)
      expect(holders).not.toEqual([])
      await killProcesses(holders)
      expect((await hosts[0].call('Volume.stat', { sr, key })).key).toBe(key)
      expect(await namesOn(hosts[1])).toEqual([''])
    }, 120_000)

    test('a mount that a killed call had not finished is made again by the next call', async () => {
      const { key } = await create(hosts[0])
      const links = readdirSync(hosts[0].runDirectory, { withFileTypes: true, recursive: true }).filter((entry) =>
        entry.isSymbolicLink(),
      )
      expect(links).toHaveLength(1)
      for (const { parentPath, name } of links) rmSync(join(parentPath, name))
      expect((await hosts[0].call('Volume.stat', { sr, key })).key).toBe(key)
    }, 120_000)

    test('the server is away: the SR is Unreachable, calls fail and name the server, and all is well when it is back', async () => {
      const { key } = await create(hosts[0])
      server.host.disconnect()
      try {
        // Each waits as long for the server as it has patience.
        const [{ health }, ...failures] = await Promise.all([
          hosts[0].call('SR.stat', { sr }),
          hosts[0].fail('SR.ls', { sr }),
          hosts[0].fail('Volume.stat', { sr, key }),
          hosts[0].fail('SR.probe', { configuration: { ...place } }),
        ])
        expect(health).toEqual(['Unreachable', expect.stringContaining(server.host.address)])
        for (const { params } of failures) expect(params.join(' ')).toContain(server.host.address)
        expect(await namesOn(hosts[1])).toEqual([''])
      } finally {
        server.host.connect()
      }
      expect(await hosts[0].call('SR.stat', { sr })).toMatchObject({ health: ['Healthy', ''] })
      expect(await namesOn(hosts[0])).toEqual([''])
    }, 240_000)

    test('its space is that of the server', async () => {
      const { free_space, total_space } = await hosts[0].call('SR.stat', { sr })
      expect(Number(total_space)).toBeGreaterThan(2 ** 20)
      expect(free_space).toBeGreaterThan(0)
      expect(Number(free_space)).toBeLessThanOrEqual(Number(total_space))
    }, 120_000)
  })
}
