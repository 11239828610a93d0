import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { runningPid } from '../../../src/engine/qsd/daemon.ts'
import { waitUntil } from '../../../src/engine/qsd/daemon-process.ts'
import type { DiskDescription } from '../../../src/engine/qsd/description.ts'
import { activateDisk, attachDisk, type Disk, deactivateDisk, detachDisk } from '../../../src/engine/qsd/disk.ts'
import type { DiskAddress } from '../../../src/engine/qsd/exports.ts'
import {
  cancelJob,
  dismissJob,
  type JobKind,
  type JobStatus,
  jobStatus,
  listJobs,
  startJob,
} from '../../../src/engine/qsd/jobs.ts'
import { withQmp } from '../../../src/engine/qsd/qmp.ts'
import { QmpError } from '../../../src/engine/qsd/qmp-error.ts'
import { lacks } from '../../support/needs.ts'
import { description, disk, image, io, MIB, nbdUri, ownRunDirectory } from './support.ts'

// Slow machines are not at fault: what hangs has a bound of its own.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const SIZE = 64 * MIB
/** Slow enough that a job is seen under way: bytes per second. */
const SLOW = { 'bps-total': 8 * MIB }

/** Milliseconds for a job. */
const PATIENCE = 100_000

interface Used {
  readonly disk: Disk
  readonly path: string
  readonly address: DiskAddress
}

describe.skipIf(lacks('qemu-storage-daemon', 'qemu-img', 'qemu-io'))('a job', () => {
  test('mirror: complete when in sync, also with what is written meanwhile; identical after deactivate', async () => {
    ownRunDirectory()
    const source = await use('source')
    await fill(source.address)
    const target = await use('target')
    const id = await start(source, 'mirror', target)
    for (let round = 0; round < 10; round++) {
      await io(nbdUri(source.address), [`write -P ${round + 1} ${round * 6}M 1M`])
    }
    expect(await waitUntil(async () => (await status(source, id))?.complete === true, PATIENCE)).toBe(true)
    await io(nbdUri(source.address), ['write -P 0xee 63M 1M'])
    expect(await status(source, id)).toMatchObject({ id, kind: 'mirror', progress: expect.any(Number) })
    await deactivateDisk(source.disk)
    await deactivateDisk(target.disk)
    expect(readFileSync(source.path).equals(readFileSync(target.path))).toBe(true)
    await detachDisk(source.disk)
    await detachDisk(target.disk)
  })

  test('copy: what the disk held when it began, complete at its end, and listed until it is dismissed', async () => {
    ownRunDirectory()
    const source = await use('source')
    await fill(source.address)
    const target = await use('target')
    const id = await start(source, 'copy', target)
    await io(nbdUri(source.address), ['write -P 0xee 60M 1M'])
    expect(await waitUntil(async () => (await status(source, id))?.complete === true, PATIENCE)).toBe(true)
    await io(nbdUri(target.address), ['read -P 0x5a 0 64M'])
    expect((await list(source)).map((job) => job.id)).toEqual([id])
    await qmp(source, (it) => dismissJob(it, id))
    await qmp(source, (it) => dismissJob(it, id))
    expect(await list(source)).toEqual([])
    expect(await status(source, id)).toBeUndefined()
    await detachDisk(source.disk)
    await detachDisk(target.disk)
  })

  test('cancelled half way: the source goes on and is unchanged', async () => {
    ownRunDirectory()
    const source = await use('source')
    await fill(source.address)
    const target = await use('target', { limits: SLOW })
    const id = await start(source, 'mirror', target)
    await expect(qmp(source, (it) => dismissJob(it, id))).rejects.toThrow(QmpError)
    await qmp(source, (it) => cancelJob(it, id))
    const cancelled = await status(source, id)
    expect(cancelled?.complete).toBe(false)
    expect(cancelled?.progress).toBeLessThan(1)
    await qmp(source, (it) => cancelJob(it, id))
    await qmp(source, (it) => dismissJob(it, id))
    await io(nbdUri(source.address), ['read -P 0x5a 0 64M', 'write -P 1 0 64k', 'read -P 1 0 64k'])
    await detachDisk(source.disk)
    await detachDisk(target.disk)
  })

  test('a target that dies fails the job with a text, and the source goes on', async () => {
    ownRunDirectory()
    const source = await use('source')
    await fill(source.address)
    const target = await use('target', { limits: SLOW })
    const id = await start(source, 'mirror', target)
    process.kill(runningPid(target.disk.daemon) ?? Number.NaN, 'SIGKILL')
    expect(await waitUntil(async () => (await status(source, id))?.failure !== undefined, PATIENCE)).toBe(true)
    const failed = await status(source, id)
    expect(failed?.failure).not.toBe('')
    expect(failed?.complete).toBe(false)
    await io(nbdUri(source.address), ['read -P 0x5a 0 64M', 'write -P 1 0 64k', 'read -P 1 0 64k'])
    await deactivateDisk(source.disk)
    await detachDisk(source.disk)
    await detachDisk(target.disk)
  })

  test('detach in the middle of a job ends it', async () => {
    ownRunDirectory()
    const source = await use('source')
    await fill(source.address)
    const target = await use('target', { limits: SLOW })
    await start(source, 'copy', target)
    await detachDisk(source.disk)
    expect(runningPid(source.disk.daemon)).toBeUndefined()
    await detachDisk(target.disk)
  })

  test('a target that is not there is an error, and no job', async () => {
    ownRunDirectory()
    const source = await use('source')
    const target = { server: { type: 'unix', path: `${source.path}.sock` }, export: 'x' } as const
    await expect(qmp(source, (it) => startJob(it, source.disk.id, 'mirror', target))).rejects.toThrow(QmpError)
    expect(await list(source)).toEqual([])
    await detachDisk(source.disk)
  })
})

/** A disk in a daemon of its own, activated. */
async function use(group: string, more: Partial<DiskDescription> = {}): Promise<Used> {
  const path = image('raw', SIZE)
  const made = disk(path, group)
  const what = description(path, 'raw', more)
  const address = await attachDisk(made, what, ['nbd'])
  await activateDisk(made, what, ['nbd'], 'read-write')
  return { disk: made, path, address }
}

async function fill(address: DiskAddress): Promise<void> {
  execFileSync('qemu-io', ['-f', 'raw', '-c', 'write -P 0x5a 0 64M', nbdUri(address)])
}

function start(source: Used, kind: JobKind, { disk: { daemon, id } }: Used): Promise<string> {
  const target = { server: { type: 'unix', path: daemon.nbdSocket }, export: id } as const
  return qmp(source, (it) => startJob(it, source.disk.id, kind, target))
}

function status(source: Used, id: string): Promise<JobStatus | undefined> {
  return qmp(source, (it) => jobStatus(it, id))
}

function list(source: Used): Promise<readonly JobStatus[]> {
  return qmp(source, (it) => listJobs(it, source.disk.id))
}

function qmp<T>(source: Used, body: Parameters<typeof withQmp<T>>[1]): Promise<T> {
  return withQmp(source.disk.daemon.qmpSocket, body)
}
