/** RBD volumes that stand on images of destroyed volumes, and the job in the background that flattens them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { type CephSession, openSession } from '../../src/engine/ceph/session.ts'
import { findProcess } from '../../src/engine/qsd/daemon-process.ts'
import { fileNameFor } from '../../src/engine/run-directory.ts'
import { JOB_ARGUMENT } from '../../volume.d/org.xen.xapi.storage.rbd/job-argument.ts'
import { IMAGES, type Image, OBJECT, parseImage } from '../../volume.d/org.xen.xapi.storage.rbd/records.ts'
import type { TestPlugin } from '../support/plugin.ts'
import type { CephCluster } from '../support/servers/ceph.ts'
import { eventually } from '../support/servers/eventually.ts'
import { imageOf, MIB, placeOf, type underCeph } from './rbd-fixture.ts'
import type { Volume } from './suites/storage.ts'

/** Bytes of an object, in which Ceph keeps and copies the blocks of images. */
const OBJECT_SIZE = 4 * MIB

/** Milliseconds to wait for what must come to an end. */
const PATIENCE = 120_000

/** An SR in which images are flattened. */
export type FlattenedSr = Awaited<ReturnType<typeof flattenedSr>>

/** Makes an SR, and a connection to it that has to be closed. */
export async function flattenedSr(it: ReturnType<typeof underCeph>, objects: number) {
  const sr = await it.newSr()
  const [pool = '', namespace = ''] = placeOf(sr).split('/')
  const { configuration: conf, keyring } = it.ceph
  const place = { pool, namespace, conf, keyring }
  const session: CephSession = await openSession(join(it.plugin.directory, 'cluster'), place)
  const files = join(it.plugin.runDirectory, 'volume/rbd', fileNameFor(sr))
  const create = () => it.create(sr, OBJECT_SIZE * objects)
  const commands = (verb: 'read' | 'write', slot: number, value: number) =>
    Array.from({ length: objects }, (_, object) => `${verb} -P ${value} ${object * OBJECT_SIZE + slot * 65536} 64k`)

  /** Writes a value into each object of a volume, in a slot of 64 KiB. */
  const put = (volume: Volume, slot: number, value: number) => it.io(volume, ...commands('write', slot, value))
  /** Fails where the slots of a volume do not hold these values. */
  const expectHeld = (volume: Volume, values: readonly number[]) =>
    it.io(volume, ...values.flatMap((value, slot) => commands('read', slot, value)))

  return {
    ...{ sr, place, session, put, expectHeld, create },
    /** As long as it is held, no job begins. */
    lockFile: `${files}.lock`,
    requestFile: `${files}.request`,
    /** A volume that stands on the image of a destroyed one, which nothing else needs. */
    async left(template: Volume): Promise<Volume> {
      const source = await it.call('Volume.copy', { sr, key: template.key, dest_sr: sr })
      const volume = await it.call('Volume.clone', { sr, key: source.key })
      put(volume, 1, 0x33)
      await it.call('Volume.destroy', { sr, key: source.key })
      return volume
    },
    /** The record of an image. */
    async recordOf(image: string): Promise<Image> {
      const { [IMAGES + image]: text = '' } = await session.request('read', { object: OBJECT, keys: [IMAGES + image] })
      return parseImage(image, text)
    },
    async images(): Promise<readonly string[]> {
      return [...(await session.request('images', {}))].sort()
    },
    /** Whether two volumes hold the same bytes. */
    async isSame(one: Volume, other: Volume): Promise<boolean> {
      const points = { image: nameOf(one), snapshot: null, other: nameOf(other), other_snapshot: null, blocks: null }
      return !Buffer.from(await session.request('differing', points), 'base64').some((byte) => byte !== 0)
    },
    noJob: () => eventually(() => findProcess(JOB_ARGUMENT, sr) === undefined, 'the job has ended', PATIENCE),
    attach: () => it.call('SR.attach', { configuration: { uri: sr } }),
    async destroy(): Promise<void> {
      session.close()
      await it.call('SR.destroy', { sr })
    },
  }
}

/** Makes the OSD wait for so many seconds before it takes a message. */
export async function slowOsd({ ceph }: CephCluster, seconds: number): Promise<void> {
  const inject = 'osd_debug_inject_dispatch_delay'
  await ceph('tell', 'osd.0', 'config', 'set', `${inject}_duration`, String(seconds))
  await ceph('tell', 'osd.0', 'config', 'set', `${inject}_probability`, seconds > 0 ? '1' : '0')
}

/** The image of a volume. */
export function nameOf(volume: Volume): string {
  return imageOf(volume).split('/').at(-1) ?? ''
}

/** Starts the job as a call does, in a process group of its own. */
export function startJob({ directory, runDirectory }: TestPlugin, sr: string): ChildProcess {
  const env = { PATH: process.env.PATH, SMAPIV3_RUN_DIR: runDirectory }
  const args = [join(directory, 'Volume.destroy'), JOB_ARGUMENT, sr]
  return spawn(process.execPath, args, { cwd: '/', env, stdio: ['ignore', 'ignore', 'inherit'], detached: true })
}
