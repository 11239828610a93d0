import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loopCapacity } from '../../src/engine/loop.ts'
import { blockDeviceOf, io, nbdUriOf } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { expectNowhere } from '../support/secrets.ts'
import { ISCSI_NEEDS, iscsiServer } from '../support/servers/iscsi.ts'
import { DISK_SIZE, READ, testsOfEveryScheme, underTest, WRITE } from './networked.ts'

const missing = lacks(...ISCSI_NEEDS, 'qemu-storage-daemon', 'qemu-block-extra', 'qemu-img', 'qemu-io')

/** Not that of others: the server of the tests is told it on a command line, which they look at. */
const CHAP = { user: 'some one', password: 'pass:word@%5678' }

async function start(chap?: typeof CHAP) {
  const server = await iscsiServer(chap)
  let units = 0
  return {
    ...server,
    async newDisk() {
      await server.addUnit(++units, DISK_SIZE)
      return `iscsi://${server.host.address}/${server.target}/${units}`
    },
  }
}

describe.skipIf(missing)('iscsi', () => {
  const it = underTest('datapath.d/iscsi', () => start())
  testsOfEveryScheme(it)

  test('a unit that grows while it is written', async () => {
    const uri = await it.server.newDisk()
    const target = nbdUriOf(await it.use(uri))
    await io(target, WRITE)
    await it.server.growUnit(Number(uri.split('/').at(-1)), 2 * DISK_SIZE)
    const answer = await it.attach(uri)
    expect(loopCapacity(blockDeviceOf(answer))).toBe(2 * DISK_SIZE)
    await io(target, [`write -P 7 ${DISK_SIZE} 64k`, 'flush', `read -P 7 ${DISK_SIZE} 64k`, ...READ])
  })
})

describe.skipIf(missing)('iscsi with CHAP', () => {
  const it = underTest('datapath.d/iscsi', () => start(CHAP))
  const login = `${encodeURIComponent(CHAP.user)}:${encodeURIComponent(CHAP.password)}@`

  test('user and password in the URI let in, and are nowhere to be found', async () => {
    const uri = (await it.server.newDisk()).replace('://', `://${login}`)
    await io(nbdUriOf(await it.use(uri)), WRITE)
    expect(await it.plugin.call('Plugin.diagnostics', {})).not.toContain(CHAP.password)
    expectNowhere(CHAP.password, it.plugin.runDirectory)
    await it.leave(uri)
    await io(nbdUriOf(await it.use(uri)), READ)
  })

  test('so do they in a file of mode 600; a file that others can read is refused', async () => {
    const file = join(it.server.host.directory, 'login')
    writeFileSync(file, `username=${CHAP.user}\npassword=${CHAP.password}\n`, { mode: 0o600 })
    const uri = `${await it.server.newDisk()}?credentials=${file}`
    await io(nbdUriOf(await it.use(uri)), WRITE)
    await it.leave(uri)
    writeFileSync(`${file}-open`, readFileSync(file), { mode: 0o644 })
    const refused = `${await it.server.newDisk()}?credentials=${file}-open`
    const { params } = await it.plugin.fail('Datapath.attach', { uri: refused, domain: '1' })
    expect(params.join(' ')).toMatch(/CredentialsError.*chmod 600/)
  })

  test('a wrong password is told apart from a missing unit, and not repeated', async () => {
    const uri = await it.server.newDisk()
    const wrong = uri.replace('://', `://${encodeURIComponent(CHAP.user)}:not-the-password@`)
    const { params } = await it.plugin.fail('Datapath.attach', { uri: wrong, domain: '1' })
    expect(params.join(' ')).toMatch(/Authentication failure/i)
    expect(params.join(' ')).not.toContain('not-the-password')
    const absent = uri.replace('://', `://${login}`).replace(/\d+$/, '99')
    const failed = await it.plugin.fail('Datapath.attach', { uri: absent, domain: '1' })
    expect(failed.params.join(' ')).not.toMatch(/Authentication/i)
  })
})

describe.skipIf(missing)('URIs that no logical unit can have', () => {
  const it = underTest('datapath.d/iscsi', () => Promise.resolve({ remove: () => Promise.resolve() }))

  test.each([
    'iscsi://portal/iqn.2024-01.org.example:disks',
    'iscsi://portal/iqn.2024-01.org.example:disks/one',
    'iscsi://portal/iqn.2024-01.org.example:disks/1/2',
    'iscsi://portal/iqn.2024-01.org.example:disks/70000',
    'iscsi:///iqn.2024-01.org.example:disks/1',
    'iscsi://portal/iqn.2024-01.org.example:disks/1?colour=red',
  ])('%s', async (uri) => {
    const { params } = await it.plugin.fail('Datapath.attach', { uri, domain: '1' })
    expect(params[0]).toBe('DiskUriError')
  })
})
