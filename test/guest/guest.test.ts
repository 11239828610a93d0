/** A virtual machine sees the disk: what it writes is there after detach and attach. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Result } from '../../src/contract/methods.ts'
import { blockDeviceOf, expectNothingLeft, installDatapath, nbdUriOf } from '../support/datapath.ts'
import { type GuestKernel, guestKernel } from '../support/guest-kernel.ts'
import { lacks } from '../support/needs.ts'
import { fileIn, GUEST_NEEDS, runGuest } from './guest.ts'

const SIZE = '32M'
const NUMBERS = 100_000

/** More than the guest's disk cache has to write at once, and nothing that is compressed away. */
const FORMAT_AND_WRITE = `mke2fs -q /dev/vda >/dev/null
mount -t ext4 /dev/vda /mnt
seq 1 ${NUMBERS} >/mnt/numbers
umount /mnt
`

const READ = `mount -t ext4 -o ro /dev/vda /mnt
test "$(tail -n 1 /mnt/numbers)" = ${NUMBERS}
test "$(wc -l </mnt/numbers)" = ${NUMBERS}
umount /mnt
`

type Backend = Result<'Datapath.attach'>

const needs = [...GUEST_NEEDS, 'mkfs.ext4', 'qemu-img', 'qemu-storage-daemon', 'loop devices', 'losetup'] as const

describe.skipIf(lacks(...needs))('a guest', () => {
  let plugin: Awaited<ReturnType<typeof installDatapath>>
  let directory: string
  let kernel: GuestKernel
  let uri: string

  beforeAll(async () => {
    plugin = await installDatapath('datapath.d/file')
    const found = guestKernel()
    if (found === undefined) throw new Error('there is no kernel for guests')
    kernel = found
  })
  afterAll(() => plugin.remove())
  beforeEach(() => {
    directory = join(plugin.directory, '..', 'i')
    mkdirSync(directory)
  })
  afterEach(async () => {
    await leave()
    rmSync(directory, { recursive: true })
    expectNothingLeft(plugin)
  })

  async function use(): Promise<Backend> {
    const backend = await plugin.call('Datapath.attach', { uri, domain: '7' })
    await plugin.call('Datapath.activate', { uri, domain: '7' })
    return backend
  }

  async function leave(): Promise<void> {
    await plugin.call('Datapath.deactivate', { uri, domain: '7' })
    await plugin.call('Datapath.detach', { uri, domain: '7' })
  }

  function boot(disk: string, task: string): Promise<void> {
    const own = join(directory, 'guest')
    rmSync(own, { recursive: true, force: true })
    mkdirSync(own)
    return runGuest({ kernel, directory: own, disk, task })
  }

  function image(format: string): string {
    const path = join(directory, `disk.${format}`)
    execFileSync('qemu-img', ['create', '-q', '-f', format, path, SIZE])
    return path
  }

  function expectWritten(device: string): void {
    const expected = Array.from({ length: NUMBERS }, (_, index) => `${index + 1}\n`).join('')
    expect(fileIn(device, '/numbers', directory).toString() === expected).toBe(true)
  }

  test('formats a qcow2 image over NBD and writes a file, which the host reads after detach and attach', async () => {
    uri = `file://${image('qcow2')}`
    await boot(nbdUriOf(await use()), FORMAT_AND_WRITE)
    await leave()
    expectWritten(blockDeviceOf(await use()))
  }, 500_000)

  test('does so on the block device of a raw image, and another guest reads it on another engine', async () => {
    const path = image('raw')
    uri = `file://${path}`
    await boot(blockDeviceOf(await use()), FORMAT_AND_WRITE)
    await leave()
    expectWritten(blockDeviceOf(await use()))
    await leave()
    uri = `file://${path}?engine=qsd`
    await boot(nbdUriOf(await use()), READ)
  }, 900_000)
})
