import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lacks } from '../support/needs.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'
import { NFS_NEEDS, type NfsServer, nfsServer } from '../support/servers/nfs.ts'
import { serverTests } from './suites/server.ts'

const VOLUME = 'volume.d/org.xen.xapi.storage.nfs'
const missing = lacks(...NFS_NEEDS, 'qemu-img', 'fusermount3')

describe.skipIf(missing)('org.xen.xapi.storage.nfs', () => {
  serverTests(VOLUME, async () => {
    const { host, exportPath, remove } = await nfsServer()
    const configure = (name: string) => ({ server: host.address, serverpath: join(exportPath, name) })
    return { host, directory: exportPath, configure, remove }
  })
})

describe.skipIf(missing)('org.xen.xapi.storage.nfs, SR.probe', () => {
  let server: NfsServer
  let plugin: TestPlugin
  beforeAll(async () => {
    server = await nfsServer()
    plugin = await installPlugin(VOLUME)
  }, 120_000)
  afterAll(async () => {
    await plugin.remove()
    await server.remove()
  }, 120_000)

  const probe = (configuration: Record<string, string>) => plugin.call('SR.probe', { configuration })

  test('goes from the server to its exports, to the SRs in them', async () => {
    expect(await probe({})).toMatchObject([
      { complete: false, extra_info: { message: expect.stringMatching(/server/) } },
    ])
    const { address } = server.host
    const exported = { server: address, serverpath: server.exportPath }
    expect(await probe({ server: address })).toMatchObject([{ complete: false, configuration: exported }])
    const made = { server: address, serverpath: `${server.exportPath}/made` }
    expect(await probe(made)).toMatchObject([{ complete: true, configuration: made }])
    const uuid = crypto.randomUUID()
    const place = await plugin.call('SR.create', { uuid, name: 'probed', description: '', configuration: made })
    expect(place).toMatchObject({ ...made, sr_uuid: uuid })
    for (const configuration of [exported, made]) {
      expect(await probe(configuration)).toMatchObject([
        { complete: true, configuration: { ...made, sr_uuid: uuid }, sr: { uuid, name: 'probed' } },
      ])
    }
    const sr = await plugin.call('SR.attach', { configuration: place })
    await plugin.call('SR.destroy', { sr })
    expect(await probe(made)).toMatchObject([{ complete: true, configuration: made }])
  }, 120_000)

  test.each([
    ['a directory that is not exported', { serverpath: '/elsewhere' }, /ExportError.*does not export \/elsewhere/],
    ['a path with ..', { serverpath: '/a/../b' }, /ConfigurationError/],
    ['a server that is no name', { server: 'a b' }, /ConfigurationError/],
    // An address of the range for documentation (RFC 5737).
    ['a server that is not there', { server: '192.0.2.1' }, /ServerUnreachableError.*192\.0\.2\.1/],
  ])('says what is wrong with %s', async (_name, change, message) => {
    const configuration = { server: server.host.address, serverpath: server.exportPath, ...change }
    expect((await plugin.fail('SR.probe', { configuration })).params.join(' ')).toMatch(message)
  })
})
