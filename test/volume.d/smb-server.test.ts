import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeFile } from '../../src/engine/atomic-file.ts'
import { lacks } from '../support/needs.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'
import { expectOnNoCommandLine, filesBelow } from '../support/secrets.ts'
import { SMB_NEEDS, type SmbServer, smbServer } from '../support/servers/smb.ts'
import { serverTests } from './suites/server.ts'

const VOLUME = 'volume.d/org.xen.xapi.storage.smb'
const missing = lacks(...SMB_NEEDS, 'smbnetfs', 'qemu-img', 'fusermount3')

describe.skipIf(missing)('org.xen.xapi.storage.smb', () => {
  serverTests(VOLUME, async () => {
    const { host, directory, share, user, password, remove } = await smbServer()
    const login = { username: user, password }
    const configure = (name: string) => ({ server: host.address, serverpath: `/${share}/${name}`, ...login })
    return { host, directory, configure, remove }
  })
})

describe.skipIf(missing)('org.xen.xapi.storage.smb, logins', () => {
  let server: SmbServer
  let plugin: TestPlugin
  let login: Record<string, string>
  beforeAll(async () => {
    server = await smbServer()
    plugin = await installPlugin(VOLUME)
    login = { username: server.user, password: server.password }
  }, 120_000)
  afterAll(async () => {
    await plugin.remove()
    await server.remove()
  }, 120_000)

  const probe = (configuration: Record<string, string>) => plugin.call('SR.probe', { configuration })
  const create = (configuration: Record<string, string>) =>
    plugin.call('SR.create', { uuid: crypto.randomUUID(), name: 'probed', description: '', configuration })

  test('SR.probe goes from the server to its shares, to the SRs in them', async () => {
    expect(await probe({})).toMatchObject([
      { complete: false, extra_info: { message: expect.stringMatching(/server/) } },
    ])
    const address = server.host.address
    const share = { server: address, serverpath: `/${server.share}`, ...login }
    expect(await probe({ server: address, ...login })).toMatchObject([{ complete: false, configuration: share }])
    const made = { ...share, serverpath: `/${server.share}/made` }
    expect(await probe(made)).toMatchObject([{ complete: true, configuration: made }])
    const place = await create({ server: `\\\\${address}\\${server.share}\\made`, ...login })
    expect(place).toMatchObject(made)
    expect(await probe(share)).toMatchObject([{ complete: true, configuration: made, sr: { name: 'probed' } }])
    const sr = await plugin.call('SR.attach', { configuration: place })
    await plugin.call('SR.destroy', { sr })
  }, 120_000)

  test.each(['in device_config', 'in a file'])(
    'a password %s is seen by nobody',
    async (where) => {
      const file = join(server.host.directory, 'login of an administrator')
      writeFileSync(file, `username=${server.user}\npassword=${server.password}\n`, { mode: 0o600 })
      const who = where === 'in a file' ? { credentials: file } : login
      const configuration = {
        server: server.host.address,
        serverpath: `/${server.share}/secret ${where.length}`,
        ...who,
      }
      const place = await create(configuration)
      const sr = await plugin.call('SR.attach', { configuration: place })
      const request = { sr, name: '', description: '', size: 2 ** 20, sharable: false }
      const { uri } = await plugin.call('Volume.create', request)
      const seen = [
        ...uri,
        sr,
        await plugin.call('Plugin.diagnostics', {}),
        JSON.stringify(await plugin.call('SR.stat', { sr })),
      ]
      expect(seen.join('\n')).not.toContain(server.password)
      expect(seen.join('\n')).not.toContain(encodeURIComponent(server.password))
      expectOnNoCommandLine(server.password)
      for (const path of filesWith(plugin.runDirectory, server.password))
        expect(lstatSync(path).mode & 0o777).toBe(0o600)
      await plugin.call('SR.destroy', { sr })
      expect(filesWith(plugin.runDirectory, server.password)).toEqual([])
    },
    120_000,
  )

  test.each([
    ['a wrong password', { password: 'not-the-password' }, /refuses the user or the password/],
    [
      'a share that is not there',
      { serverpath: '/other/directory' },
      /refuses the user or the password, or has no such share/,
    ],

    ['a path with ..', { serverpath: '/disks/../b' }, /ConfigurationError/],
    ['a server that is not there', { server: '192.0.2.1' }, /ServerUnreachableError.*192\.0\.2\.1/],
  ])('says what is wrong with %s', async (_name, change, message) => {
    const configuration = { server: server.host.address, serverpath: `/${server.share}/x`, ...login, ...change }
    const { params } = await plugin.fail('SR.probe', { configuration })
    expect(params.join(' ')).toMatch(message)
    expect(params.join(' ')).not.toContain('not-the-password')
  })

  test('a file that somebody removes all the time can be made', async () => {
    const place = { server: server.host.address, serverpath: `/${server.share}/removed`, ...login }
    const sr = await plugin.call('SR.attach', { configuration: await create(place) })
    const mounts = join(plugin.runDirectory, 'smb')
    const [mount = ''] = readdirSync(mounts).filter((name) => !name.endsWith('.lock'))
    const file = join(mounts, mount, 'root/removed/file')
    const remover = spawn('sh', ['-c', 'while :; do rm -f "$0"; done', file], { stdio: 'ignore' })
    try {
      // Without another attempt, one in twenty fails.
      for (let time = 0; time < 300; time++) makeFile(file)
    } finally {
      remover.kill('SIGKILL')
      await once(remover, 'exit')
    }
    await plugin.call('SR.destroy', { sr })
  })

  test('a wrong password is told when the shares are asked for, too', async () => {
    const configuration = { server: server.host.address, ...login, password: 'not-the-password' }
    const { params } = await plugin.fail('SR.probe', { configuration })
    expect(params.join(' ')).toMatch(/LOGON_FAILURE/)
    expect(params.join(' ')).not.toContain('not-the-password')
  })
})

function filesWith(directory: string, text: string): readonly string[] {
  return [...filesBelow(directory)].flatMap(([path, content]) => (content.includes(text) ? [path] : []))
}
