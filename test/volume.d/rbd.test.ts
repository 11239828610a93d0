import { describe } from 'vitest'
import { waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import { JOB_ARGUMENT } from '../../volume.d/org.xen.xapi.storage.rbd/job-argument.ts'
import { processesNaming } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { CEPH_NEEDS, type CephCluster, cephCluster } from '../support/servers/ceph.ts'
import { eventually } from '../support/servers/eventually.ts'
import { isJobOf } from './coalesce-jobs.ts'
import { crash } from './suites/crash.ts'
import { growth } from './suites/growth.ts'
import { model } from './suites/model.ts'
import type { Configuration, Storage, StorageDescription } from './suites/storage.ts'
import { story } from './suites/story.ts'

const missing = lacks(...CEPH_NEEDS, 'python3-rbd', 'qemu-storage-daemon', 'qemu-block-extra', 'qemu-io')

/** One cluster for all suites; it ends with the last of them. */
let cluster: Promise<CephCluster> | undefined
let users = 0

/** Milliseconds for the job in the background to end. */
const PATIENCE = 240_000

let places = 0

const description: StorageDescription = {
  volume: 'volume.d/org.xen.xapi.storage.rbd',
  datapath: 'datapath.d/rbd',
  async start(): Promise<Storage> {
    users++
    cluster ??= cephCluster()
    const ceph = await cluster
    const jobs = (place: Configuration) =>
      processesNaming(ceph.configuration).filter((pid) =>
        isJobOf(pid, (handle) => placeOf({ uri: handle }) === placeOf(place), JOB_ARGUMENT),
      )
    return {
      jobs,
      async settle(place) {
        if (!(await waitUntil(() => jobs(place).length === 0, PATIENCE))) throw new Error('the job goes on and on')
      },
      async newPlace() {
        return { uri: `rbd://${ceph.pool}/place${places++}?conf=${ceph.configuration}` }
      },
      image({ uri: [uri = ''] }) {
        const [, image = '', snapshot] =
          /([^/@]+)(?:@([^/]+))?$/.exec(decodeURIComponent(uri.replace(/\?.*/, ''))) ?? []
        const namespace = placeOf({ uri }).split('/')[1] ?? ''
        const options = {
          driver: 'raw',
          'file.driver': 'rbd',
          'file.conf': ceph.configuration,
          'file.pool': ceph.pool,
          'file.namespace': namespace,
          'file.image': image,
          ...(snapshot === undefined ? {} : { 'file.snapshot': snapshot }),
        }
        return {
          open: `-o ${Object.entries(options)
            .map((each) => each.join('='))
            .join(',')}`,
        }
      },
      async check(place, volumes) {
        const found = await imagesIn(ceph, place)
        const trash = await ceph.rbd('trash', 'ls', placeOf(place), '--format', 'json')
        if (trash.trim() !== '[]') throw new Error(`in the trash: ${trash}`)
        const expected = volumes.flatMap(({ uri: [uri = ''] }) => imageIn(uri))
        for (const image of expected) if (!found.has(image)) throw new Error(`rbd ls does not have ${image}`)
        const sizes = new Map(volumes.map(({ uri: [uri = ''], virtual_size }) => [imageIn(uri), Number(virtual_size)]))
        for (const [image, size] of sizes) {
          if (found.get(image) !== size) throw new Error(`${image} has ${found.get(image)} bytes, not ${size}`)
        }
        // What is no volume is there only for those that descend from it.
        for (const image of found.keys()) {
          if (sizes.has(image)) continue
          const kept = expected.some((each) => each.startsWith(`${image}@`)) || (await hasChildren(ceph, place, image))
          if (!kept) throw new Error(`${image} belongs to no volume`)
        }
      },
      async remains(place) {
        const namespaces = JSON.parse(await ceph.rbd('namespace', 'ls', ceph.pool, '--format', 'json')) as {
          name: string
        }[]
        const [pool, namespace = ''] = placeOf(place).split('/')
        let objects: string[] = []
        // The OSD takes its time to remove the objects of snapshots.
        await eventually(async () => {
          const listed = await ceph.rados('--pool', pool ?? '', '--namespace', namespace, 'ls')
          objects = listed.split('\n').filter((name) => name !== '')
          return objects.length === 0
        }, 'no object is left').catch(() => {})
        return [...namespaces.map(({ name }) => name).filter((name) => name === namespace), ...objects]
      },
      async remove() {
        if (--users === 0) {
          cluster = undefined
          await ceph.remove()
        }
      },
    }
  },
}

function placeOf({ uri = '' }: Configuration): string {
  return uri.replace(/^rbd:\/\//, '').replace(/\?.*/, '')
}

function imageIn(uri: string): string {
  return uri.replace(/\?.*/, '').replace(/^.*\//, '')
}

/** Images and snapshots by name, with their sizes. */
async function imagesIn(ceph: CephCluster, place: Configuration): Promise<ReadonlyMap<string, number>> {
  const listed = JSON.parse(await ceph.rbd('ls', '--long', placeOf(place), '--format', 'json')) as {
    image: string
    snapshot?: string
    size: number
  }[]
  return new Map(
    listed.map(({ image, snapshot, size }) => [image + (snapshot === undefined ? '' : `@${snapshot}`), size]),
  )
}

async function hasChildren(ceph: CephCluster, place: Configuration, image: string): Promise<boolean> {
  const children = await ceph.rbd('children', '--all', `${placeOf(place)}/${image}`, '--format', 'json')
  return (JSON.parse(children) as unknown[]).length > 0
}

describe.skipIf(missing)('rbd', () => {
  story(description)
  growth(description)
  crash(description)
  model(description)
})
