import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import { processesNaming } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { imageDisks, imageHolds, withoutDaemon } from './image-disks.ts'
import { READ } from './networked.ts'

/** Sends one end of a socket pair to the socket, and is an NBD client on the other. */
const IMPORTER = `
import array, nbd, socket, sys
ours, theirs = socket.socketpair()
carrier = socket.socket(socket.AF_UNIX)
carrier.connect(sys.argv[1])
carrier.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [theirs.fileno()]))])
theirs.close()
client = nbd.NBD()
client.set_export_name('whatever the sender calls it')
client.connect_socket(ours.detach())
client.pwrite(b'\\xa5' * 65536, 1 << 20)
client.flush()
assert client.pread(65536, 1 << 20) == b'\\xa5' * 65536
client.shutdown()
`

describe.skipIf(withoutDaemon || lacks('python3', 'python3-libnbd'))('import_activate', () => {
  const it = imageDisks()

  test.each(['qcow2', 'raw'] as const)('%s: a descriptor becomes an NBD connection to the disk', async (format) => {
    const { path, uri } = it.image(format)
    await it.attach(uri)
    expect((await it.plugin.fail('Datapath.import_activate', { uri, domain: '1' })).params[0]).toBe('LifeCycleError')
    await it.plugin.call('Datapath.activate', { uri, domain: '1' })
    const socket = await it.plugin.call('Datapath.import_activate', { uri, domain: '1' })
    expect(await it.plugin.call('Datapath.import_activate', { uri, domain: '1' })).toBe(socket)
    for (const _ of [1, 2]) execFileSync('/usr/bin/python3', ['-c', IMPORTER, socket])
    await it.leave(uri)
    expect(existsSync(socket)).toBe(false)
    imageHolds(path, format, READ)
  })

  test('the server ends when its socket is gone', async () => {
    const { uri } = it.image('qcow2')
    await it.use(uri)
    await it.plugin.call('Datapath.import_activate', { uri, domain: '1' })
    it.loseRunDirectory()
    expect(
      await waitUntil(() => processesNaming(it.plugin.runDirectory, '/usr/bin/python3').length === 0, 60_000),
    ).toBe(true)
  })
})
