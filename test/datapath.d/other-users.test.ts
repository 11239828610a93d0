/** What users other than root can do with disks, and what they are told of the rest. */
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import { describe, expect, onTestFinished, test } from 'vitest'
import { io, nbdUriOf, processesNaming, targetOf } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { installPlugin } from '../support/plugin.ts'
import { READ, WRITE } from './networked.ts'

/** Debian's user nobody. */
const USER = 65_534
const AS_USER = ['/usr/bin/setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', '--']

/** An address of the loopback network that no server of another test has. */
const ADDRESS = '127.9.8.7'

describe.skipIf(lacks('root', 'qemu-storage-daemon', 'qemu-img', 'qemu-io'))('as a user other than root', () => {
  /** A plugin that runs as the user, and a directory of the user's own. */
  async function install(path: string) {
    const { path: own, cleanup } = await dir({ unsafeCleanup: true, prefix: 'smapiv3-user-' })
    chownSync(own, USER, USER)
    const plugin = await installPlugin(path, undefined, {}, AS_USER)
    onTestFinished(async () => {
      await plugin.remove()
      await cleanup()
    })
    chmodSync(join(plugin.directory, '..'), 0o755)
    mkdirSync(plugin.runDirectory)
    chownSync(plugin.runDirectory, USER, USER)
    return { plugin, own }
  }

  test.each([
    ['qcow2', ['Nbd']],
    ['raw', ['File']],
  ])('a %s image is had without a block device, and attach says why', async (format, kinds) => {
    const { plugin, own } = await install('datapath.d/file')
    const path = join(own, `disk.${format}`)
    execFileSync('qemu-img', ['create', '-q', '-f', format, path, '8M'])
    chownSync(path, USER, USER)
    const disk = { uri: `file://${path}`, domain: '1' }
    for (const commands of [WRITE, READ]) {
      const answer = await plugin.call('Datapath.attach', disk)
      expect(answer.implementations.map(([kind]) => kind)).toEqual(kinds)
      await plugin.call('Datapath.activate', disk)
      await io(kinds.includes('Nbd') ? nbdUriOf(answer) : targetOf(answer), commands)
      await plugin.call('Datapath.deactivate', disk)
      await plugin.call('Datapath.detach', disk)
      expect(processesNaming(plugin.runDirectory)).toEqual([])
    }
    expect(await plugin.call('Plugin.diagnostics', {})).toMatch(/root/)
  })

  test('a share cannot be mounted, and the error says who can', async () => {
    const { plugin } = await install('datapath.d/smb')
    const server = createServer((socket) => socket.destroy()).listen(445, ADDRESS)
    onTestFinished(() => void server.close())
    await new Promise((listening) => server.once('listening', listening))
    const uri = `smb://ann:hunter2@${ADDRESS}/share/disk.qcow2`
    const { params } = await plugin.fail('Datapath.attach', { uri, domain: '1' })
    expect(params.join(' ')).toMatch(/MountError.*only root can mount.*run it as root/)
    expect(params.join(' ')).not.toContain('hunter2')
  })
})
