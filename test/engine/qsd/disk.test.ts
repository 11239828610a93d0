import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { IMAGE_FORMATS, type ImageFormat } from '../../../src/engine/image-format.ts'
import { loopCapacity } from '../../../src/engine/loop.ts'
import { runningPid } from '../../../src/engine/qsd/daemon.ts'
import { isDaemon, waitUntil } from '../../../src/engine/qsd/daemon-process.ts'
import { activateDisk, attachDisk, type Disk, deactivateDisk, detachDisk } from '../../../src/engine/qsd/disk.ts'
import { resizeDisk } from '../../../src/engine/qsd/disk-size.ts'
import { readState, writeState } from '../../../src/engine/qsd/disk-state.ts'
import { ExportConflictError } from '../../../src/engine/qsd/exports.ts'
import { discardOverlay } from '../../../src/engine/qsd/overlay.ts'
import { withQmp } from '../../../src/engine/qsd/qmp.ts'
import { QmpError } from '../../../src/engine/qsd/qmp-error.ts'
import { lacks } from '../../support/needs.ts'
import { scratch } from '../../support/scratch.ts'
import { description, disk, image, io, ioOnImage, MIB, nbdUri, ownRunDirectory } from './support.ts'

// Slow machines are not at fault: what hangs has a bound of its own.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const FORMATS: readonly ImageFormat[] = ['raw', 'qcow2', 'vhd', 'vhdx']
const WRITE = ['write -P 0xa5 1M 64k', 'flush', 'read -P 0xa5 1M 64k']
const READ = 'read -P 0xa5 1M 64k'

describe.skipIf(lacks('qemu-storage-daemon', 'qemu-img', 'qemu-io'))('a disk over NBD', () => {
  test.each(FORMATS)(
    '%s: what was written is in the image after detach, and there at the next attach',
    async (format) => {
      ownRunDirectory()
      const path = image(format)
      const made = disk(path)
      const what = description(path, format)
      const address = await attachDisk(made, what, ['nbd'])
      expect(address.size).toBe(16 * MIB)
      await activateDisk(made, what, ['nbd'], 'read-write')
      await io(nbdUri(address), WRITE)
      await deactivateDisk(made)
      await detachDisk(made)
      await ioOnImage(path, IMAGE_FORMATS[format].driver, READ)

      const again = await attachDisk(made, what, ['nbd'])
      expect(again).toEqual(address)
      await activateDisk(made, what, ['nbd'], 'read-only')
      await io(nbdUri(again), [READ])
      await detachDisk(made)
    },
  )

  test('every call may be repeated, and none is an error for a disk that is detached', async () => {
    ownRunDirectory()
    const path = image('qcow2')
    const made = disk(path)
    const what = description(path, 'qcow2')
    await deactivateDisk(made)
    await detachDisk(made)
    const address = await attachDisk(made, what, ['nbd'])
    expect(await attachDisk(made, what, ['nbd'])).toEqual(address)
    await activateDisk(made, what, ['nbd'], 'read-write')
    await activateDisk(made, what, ['nbd'], 'read-write')
    expect(await attachDisk(made, what, ['nbd'])).toEqual(address)
    await io(nbdUri(address), WRITE)
    await deactivateDisk(made)
    await deactivateDisk(made)
    await detachDisk(made)
    await detachDisk(made)
  })

  test('a daemon that dies while a disk is being attached is replaced, once', async () => {
    ownRunDirectory()
    const path = image('raw')
    const made = disk(path)
    const server = join(scratch(), 'server')
    const serving = spawn('qemu-nbd', ['--persistent', '--format=raw', '--socket', server, path], { stdio: 'inherit' })
    const gate = join(scratch(), 'gate')
    let deaths = 1
    /** Kills the daemon that comes, or lets it through. */
    const guard = createServer((daemon) => {
      const pid = runningPid(made.daemon)
      if (pid !== undefined && deaths-- > 0) return process.kill(pid, 'SIGKILL')
      const through = createConnection(server)
      for (const socket of [daemon, through]) socket.on('error', () => {})
      daemon.pipe(through).pipe(daemon)
    })
    onTestFinished(async () => {
      serving.kill()
      await promisify(guard.close.bind(guard))()
    })
    guard.listen(gate)
    expect(await waitUntil(() => existsSync(server) && existsSync(gate), 60_000)).toBe(true)
    const what = description(path, 'raw', { protocol: { driver: 'nbd', server: { type: 'unix', path: gate } } })

    const address = await attachDisk(made, what, ['nbd'])
    await activateDisk(made, what, ['nbd'], 'read-write')
    await io(nbdUri(address), WRITE)
    await detachDisk(made)

    deaths = 2
    await expect(attachDisk(made, what, ['nbd'])).rejects.toMatchObject({ name: 'QmpConnectionError' })
    expect(deaths).toBe(0)
  })

  test('a disk that is not activated refuses I/O, and leaves its image to others', async () => {
    ownRunDirectory()
    const path = image('qcow2')
    const made = disk(path)
    const what = description(path, 'qcow2')
    const address = await attachDisk(made, what, ['nbd'])
    await expect(io(nbdUri(address), ['read 0 64k'])).rejects.toThrow()
    // Another writer, such as the host that a virtual machine migrates from: QEMU would find its lock taken.
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -P 0xa5 1M 64k', path])
    await activateDisk(made, what, ['nbd'], 'read-write')
    await io(nbdUri(address), [READ])
    await deactivateDisk(made)
    await expect(io(nbdUri(address), ['write 0 64k'])).rejects.toThrow()
    await detachDisk(made)
  })

  test('an image that somebody writes can be attached, and is refused by activate', async () => {
    ownRunDirectory()
    const path = image('qcow2')
    const [first, second] = [disk(path, 'here'), disk(path, 'there')]
    const what = description(path, 'qcow2')
    await attachDisk(first, what, ['nbd'])
    await activateDisk(first, what, ['nbd'], 'read-write')
    await attachDisk(second, what, ['nbd'])
    await expect(activateDisk(second, what, ['nbd'], 'read-write')).rejects.toThrow(/lock/)
    await deactivateDisk(first)
    await activateDisk(second, what, ['nbd'], 'read-write')
    await detachDisk(second)
    await detachDisk(first)
  })

  test.each([
    ['described so', true, 'read-write'],
    ['activated so', false, 'read-only'],
  ] as const)('a disk that is read-only, %s, can be read and refuses writes', async (_, readOnly, access) => {
    ownRunDirectory()
    const path = image('raw')
    execFileSync('qemu-io', ['-f', 'raw', '-c', 'write -P 0xa5 1M 64k', path])
    const before = readFileSync(path)
    const made = disk(path)
    const what = description(path, 'raw', { readOnly })
    const address = await attachDisk(made, what, ['nbd'])
    await activateDisk(made, what, ['nbd'], access)
    await io(nbdUri(address), [READ], ['-r'])
    await expect(io(nbdUri(address), ['write -P 1 0 64k'])).rejects.toThrow()
    await detachDisk(made)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('an image that grows below its overlay is as large with it', async () => {
    ownRunDirectory()
    const path = image('qcow2')
    const made = disk(path)
    const what = description(path, 'qcow2', { overlay: join(scratch(), 'overlay') })
    for (const commands of [WRITE, [READ, 'write -P 7 31M 64k', 'read -P 7 31M 64k', 'read -P 0 20M 64k']]) {
      const address = await attachDisk(made, what, ['nbd'])
      await activateDisk(made, what, ['nbd'], 'read-write')
      await io(nbdUri(address), commands)
      await deactivateDisk(made)
      await detachDisk(made)
      execFileSync('qemu-img', ['resize', '-q', '-f', 'qcow2', path, '32M'])
    }
  })

  test('writes to an overlay last over a reboot, vanish when it is discarded, and never reach the image', async () => {
    ownRunDirectory()
    const path = image('qcow2')
    const overlay = join(scratch(), 'overlay')
    const before = readFileSync(path)
    const made = disk(path)
    const what = description(path, 'qcow2', { overlay })
    for (const expected of ['read -P 0 1M 64k', READ]) {
      const address = await attachDisk(made, what, ['nbd'])
      await activateDisk(made, what, ['nbd'], 'read-write')
      await io(nbdUri(address), [expected, ...WRITE])
      await deactivateDisk(made)
      await detachDisk(made)
    }
    discardOverlay(overlay)
    const address = await attachDisk(made, what, ['nbd'])
    await activateDisk(made, what, ['nbd'], 'read-write')
    await io(nbdUri(address), ['read -P 0 1M 64k'])
    await detachDisk(made)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('what cannot be opened is an error that names it, and leaves nothing', async () => {
    ownRunDirectory()
    const made = disk('/nowhere/image.qcow2')
    const what = description('/nowhere/image.qcow2', 'qcow2')
    await expect(attachDisk(made, what, ['nbd'])).rejects.toThrow(/\/nowhere\/image.qcow2/)
    const path = image('raw')
    await expect(attachDisk(disk(path), description(path, 'qcow2'), ['nbd'])).rejects.toThrow(QmpError)
  })

  test('a disk grows while it is in use', async () => {
    ownRunDirectory()
    const path = image('qcow2')
    const made = disk(path)
    const what = description(path, 'qcow2')
    await attachDisk(made, what, ['nbd'])
    await expect(resizeDisk(made, 32 * MIB)).rejects.toThrow(/activated/)
    await activateDisk(made, what, ['nbd'], 'read-write')
    await resizeDisk(made, 32 * MIB)
    const address = await attachDisk(made, what, ['nbd'])
    expect(address.size).toBe(32 * MIB)
    await io(nbdUri(address), ['write -P 0xa5 31M 64k', 'read -P 0xa5 31M 64k'])
    await deactivateDisk(made)
    await activateDisk(made, what, ['nbd'], 'read-write')
    await io(nbdUri(address), ['read -P 0xa5 31M 64k'])
    await detachDisk(made)
  })

  test('secrets and limits reach the daemon, and the run directory has no secret', async () => {
    const directory = ownRunDirectory()
    const path = image('raw')
    const made = disk(path)
    const what = description(path, 'raw', { limits: { 'iops-total': 1000 } })
    await attachDisk(made, what, ['nbd'])
    const limits = await withQmp(made.daemon.qmpSocket, (qmp) =>
      qmp.execute('qom-get', { path: `/objects/${made.id}-limits`, property: 'limits' }),
    )
    expect(limits).toMatchObject({ 'iops-total': 1000 })
    const secret = { ...what, secrets: [{ option: 'password-secret', data: 'hunter2' }] }
    // `file` takes no password: the secret is made, the node refused, and the error does not repeat the secret.
    const other = disk(`${path}?other`)
    const failure = await attachDisk(other, secret, ['nbd']).catch((error: unknown) => String(error))
    expect(failure).toMatch(/password-secret/)
    expect(failure).not.toContain('hunter2')
    const objects = await withQmp(made.daemon.qmpSocket, (qmp) => qmp.execute('qom-list', { path: '/objects' }))
    expect(JSON.stringify(objects)).not.toContain(other.id)
    expect(() => execFileSync('grep', ['-rI', 'hunter2', directory])).toThrow()
    await detachDisk(made)
  })

  test('64 disks share one daemon', async () => {
    ownRunDirectory()
    const path = image('qcow2')
    const disks = Array.from({ length: 64 }, (_, number) => disk(`${path}#${number}`))
    const what = description(path, 'qcow2', { readOnly: true })
    for (const made of disks) {
      await attachDisk(made, what, ['nbd'])
      await activateDisk(made, what, ['nbd'], 'read-only')
    }
    const pids = new Set(disks.map(({ daemon }) => runningPid(daemon)))
    expect(pids.size).toBe(1)
    for (const made of disks.slice(1)) await detachDisk(made)
    const last = disks[0] as Disk
    expect(runningPid(last.daemon)).toBe([...pids][0])
    await detachDisk(last)
    expect(runningPid(last.daemon)).toBeUndefined()
  })

  test('processes that attach and detach disks of one daemon at the same time do not disturb each other', async () => {
    ownRunDirectory()
    const script = new URL('cycle.ts', import.meta.url).pathname
    const paths = [image('qcow2'), image('qcow2'), image('qcow2')]
    for (const path of paths) disk(path)
    const children = paths.map((path) =>
      spawn(process.execPath, ['--import', 'tsx', script, path, '8'], { stdio: ['ignore', 'inherit', 'inherit'] }),
    )
    const statuses = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
    expect(statuses).toEqual([0, 0, 0])
  })
})

describe.skipIf(lacks('qemu-storage-daemon', 'qemu-img', 'qemu-io'))('after an accident', () => {
  test('a daemon that was killed is noticed by every call, and the disk attached anew by activate', async () => {
    ownRunDirectory()
    const path = image('raw')
    const made = disk(path)
    const what = description(path, 'raw')
    const address = await attachDisk(made, what, ['nbd'])
    await activateDisk(made, what, ['nbd'], 'read-write')
    await io(nbdUri(address), WRITE)
    await kill(made)
    await activateDisk(made, what, ['nbd'], 'read-write')
    await io(nbdUri(address), [READ])
    await kill(made)
    await deactivateDisk(made)
    await detachDisk(made)
  })

  test('a call that was killed half way is put right by the next one', async () => {
    ownRunDirectory()
    const path = image('qcow2')
    const made = disk(path)
    const what = description(path, 'qcow2')
    const address = await attachDisk(made, what, ['nbd'])
    await activateDisk(made, what, ['nbd'], 'read-write')
    await io(nbdUri(address), WRITE)
    for (const repair of [
      () => activateDisk(made, what, ['nbd'], 'read-write'),
      async () => {
        await deactivateDisk(made)
        await activateDisk(made, what, ['nbd'], 'read-write')
      },
    ]) {
      const state = readState(made.daemon, made.id)
      if (state) writeState(made.daemon, made.id, { ...state, phase: 'changing' })
      await repair()
      await io(nbdUri(address), [READ])
    }
    await detachDisk(made)
  })

  test('the run directory was removed: the daemon is found all the same, and ended with all data written', async () => {
    const directory = ownRunDirectory()
    const path = image('qcow2')
    const made = disk(path)
    const what = description(path, 'qcow2')
    const address = await attachDisk(made, what, ['nbd'])
    await activateDisk(made, what, ['nbd'], 'read-write')
    await io(nbdUri(address), WRITE)
    rmSync(directory, { recursive: true })
    await activateDisk(made, what, ['nbd'], 'read-write')
    await io(nbdUri(address), [READ])
    rmSync(directory, { recursive: true })
    await detachDisk(made)
  })

  test('a pid that another process has now is not taken for the daemon', async () => {
    ownRunDirectory()
    const path = image('raw')
    const made = disk(path)
    await attachDisk(made, description(path, 'raw'), ['nbd'])
    expect(isDaemon(process.pid, made.daemon.qmpSocket)).toBe(false)
    await detachDisk(made)
  })
})

describe.skipIf(lacks('root', 'loop devices', 'fusermount3', 'qemu-storage-daemon', 'qemu-img', 'qemu-io'))(
  'a disk as a block device',
  () => {
    test.each(FORMATS)('%s: reads and writes reach the image', async (format) => {
      ownRunDirectory()
      const path = image(format)
      const made = disk(path)
      const what = description(path, format)
      const { blockDevice = '' } = await attachDisk(made, what, ['block'])
      await activateDisk(made, what, ['block'], 'read-write')
      await io(blockDevice, WRITE)
      await deactivateDisk(made)
      await detachDisk(made)
      await ioOnImage(path, IMAGE_FORMATS[format].driver, READ)
    })

    test('it grows while it is in use', async () => {
      ownRunDirectory()
      const path = image('qcow2')
      const made = disk(path)
      const what = description(path, 'qcow2')
      const { blockDevice = '' } = await attachDisk(made, what, ['block'])
      await activateDisk(made, what, ['block'], 'read-write')
      await resizeDisk(made, 32 * MIB)
      expect(loopCapacity(blockDevice)).toBe(32 * MIB)
      await io(blockDevice, ['write -P 0xa5 31M 64k', 'read -P 0xa5 31M 64k'])
      await detachDisk(made)
    })

    test('read-only, it is there beside NBD and refuses writes', async () => {
      ownRunDirectory()
      const path = image('raw')
      execFileSync('qemu-io', ['-f', 'raw', '-c', 'write -P 0xa5 1M 64k', path])
      const made = disk(path)
      const what = description(path, 'raw', { readOnly: true })
      const address = await attachDisk(made, what, ['nbd', 'block'])
      const { blockDevice = '' } = address
      await activateDisk(made, what, ['nbd', 'block'], 'read-only')
      await io(nbdUri(address), [READ], ['-r'])
      await io(blockDevice, [READ], ['-r'])
      await expect(io(blockDevice, ['write 0 64k'])).rejects.toThrow()
      await detachDisk(made)
    })

    test('writable, it and NBD exclude each other; both are had by a second disk on the export of the first', async () => {
      ownRunDirectory()
      const path = image('qcow2')
      const first = disk(path)
      const what = description(path, 'qcow2')
      await expect(attachDisk(first, what, ['nbd', 'block'])).rejects.toThrow(ExportConflictError)
      const address = await attachDisk(first, what, ['nbd'])
      await activateDisk(first, what, ['nbd'], 'read-write')
      const server = { type: 'unix', path: first.daemon.nbdSocket } as const
      const second = disk(path, 'bridge')
      const bridge = description(path, 'raw', { protocol: { driver: 'nbd', server, export: first.id } })
      const { blockDevice = '' } = await attachDisk(second, bridge, ['block'])
      await activateDisk(second, bridge, ['block'], 'read-write')
      await io(blockDevice, WRITE)
      await io(nbdUri(address), [READ])
      await detachDisk(second)
      await detachDisk(first)
    })

    test.each([
      ['attach', (made: Disk, path: string) => attachDisk(made, description(path, 'raw'), ['block'])],
      ['deactivate', (made: Disk) => deactivateDisk(made)],
      ['detach', (made: Disk) => detachDisk(made)],
    ])('after its daemon was killed, %s leaves no loop device or mount of it', async (_, call) => {
      ownRunDirectory()
      const path = image('raw')
      const made = disk(path)
      const what = description(path, 'raw')
      const { blockDevice = '' } = await attachDisk(made, what, ['block'])
      await activateDisk(made, what, ['block'], 'read-write')
      await io(blockDevice, WRITE)
      await kill(made)
      await call(made, path)
      await detachDisk(made)
      await ioOnImage(path, 'raw', READ)
      expect(existsSync(made.daemon.directory)).toBe(false)
    })
  },
)

async function kill({ daemon }: Disk): Promise<void> {
  const pid = runningPid(daemon)
  if (pid === undefined) throw new Error('the daemon does not run')
  process.kill(pid, 'SIGKILL')
  expect(await waitUntil(() => !isDaemon(pid, daemon.qmpSocket), 60_000)).toBe(true)
}
