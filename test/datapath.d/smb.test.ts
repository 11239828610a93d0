import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createImageArguments } from '../../src/engine/image-format.ts'
import { io, nbdUriOf } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { expectNowhere } from '../support/secrets.ts'
import { SMB_NEEDS, smbServer } from '../support/servers/smb.ts'
import { DISK_SIZE, testsOfEveryScheme, underTest, WRITE } from './networked.ts'

const missing = lacks(...SMB_NEEDS, 'smbnetfs', 'qemu-storage-daemon', 'qemu-img', 'qemu-io')

async function start() {
  const server = await smbServer()
  const login = `${server.user}:${encodeURIComponent(server.password)}`
  let disks = 0
  return {
    ...server,
    async newDisk(name = 'qcow2') {
      const file = `disk ${disks++}.${name}`
      execFileSync('qemu-img', [...createImageArguments(join(server.directory, file), 'qcow2', DISK_SIZE)])
      return `smb://${login}@${server.host.address}/${server.share}/${encodeURI(file)}`
    },
  }
}

describe.skipIf(missing)('smb', () => {
  testsOfEveryScheme(underTest('datapath.d/smb', () => start()))
})

describe.skipIf(missing)('smb logins', () => {
  const it = underTest('datapath.d/smb', () => start())

  test('user and password in the URI are nowhere to be found', async () => {
    const uri = await it.server.newDisk()
    await io(nbdUriOf(await it.use(uri)), WRITE)
    expect(await it.plugin.call('Plugin.diagnostics', {})).not.toContain(it.server.password)
    expectNowhere(it.server.password, it.plugin.runDirectory)
  })

  test('a file of mode 600 lets in; one that others can read is refused', async () => {
    const file = join(it.server.host.directory, 'some login')
    writeFileSync(file, `username=${it.server.user}\npassword=${it.server.password}\n`, { mode: 0o600 })
    const plain = (await it.server.newDisk()).replace(/\/\/.*@/, '//')
    await io(nbdUriOf(await it.use(`${plain}?credentials=${encodeURIComponent(file)}`)), WRITE)
    expectNowhere(it.server.password, it.plugin.runDirectory)
    writeFileSync(`${file}-open`, readFileSync(file), { mode: 0o644 })
    const refused = `${plain}?credentials=${encodeURIComponent(`${file}-open`)}`
    const { params } = await it.plugin.fail('Datapath.attach', { uri: refused, domain: '1' })
    expect(params.join(' ')).toMatch(/CredentialsError.*chmod 600/)
  })

  test.each([
    ['a wrong password', (uri: string) => uri.replace(/:[^:]*@/, ':not-the-password@')],
    ['no password', (uri: string) => uri.replace(/\/\/.*@/, '//')],
    ['a share that is not there', (uri: string) => uri.replace('/disks/', '/others/')],
  ])('%s is said, and leaves nothing', async (_name, change) => {
    const uri = change(await it.server.newDisk())
    const { params } = await it.plugin.fail('Datapath.attach', { uri, domain: '1' })
    expect(params.join(' ')).toMatch(/MountError.*the server refuses the user or the password, or has no such share/)
    expect(params.join(' ')).not.toContain('not-the-password')
    expect(params.join(' ')).not.toContain(it.server.password)
  })

  test('a file that is not there is said to be so', async () => {
    const uri = (await it.server.newDisk()).replace(/[^/]*$/, 'absent.qcow2')
    const { params } = await it.plugin.fail('Datapath.attach', { uri, domain: '1' })
    expect(params.join(' ')).toMatch(/No such file/)
    expect(params.join(' ')).not.toContain(it.server.password)
  })
})

describe.skipIf(missing)('URIs that no file on a share can have', () => {
  const it = underTest('datapath.d/smb', () => Promise.resolve({ remove: () => Promise.resolve() }))

  test.each([
    'smb://server/share',
    'smb://server/share/',
    'smb:///share/file.qcow2',
    'smb://server/share/../file.qcow2',
    'smb://server/share/a//file.qcow2',
    'smb://a,b/share/file.qcow2',
    'smb://server/share/file.qcow2?colour=red',
    'smb://server/share/file.qcow2?client=other',
  ])('%s', async (uri) => {
    const { params } = await it.plugin.fail('Datapath.attach', { uri, domain: '1' })
    expect(params[0]).toBe('DiskUriError')
  })
})
