/** The RBD plugin for tests of what only it has: a Ceph cluster of their own, SRs in it, and the bytes of their volumes. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { lacks } from '../support/needs.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'
import { CEPH_NEEDS, type CephCluster, cephCluster } from '../support/servers/ceph.ts'
import type { Volume } from './suites/storage.ts'

export const MIB = 2 ** 20
export const UUID = '11111111-1111-4111-8111-111111111111'

/** Whether something is missing that the tests need. */
export const missing = lacks(...CEPH_NEEDS, 'python3-rbd', 'qemu-block-extra', 'qemu-io', 'qemu-img')

/** Milliseconds for a tool to end. */
const PATIENCE = 120_000

/** Sets a cluster that asks who somebody is, and the plugin, up around the tests of a file; to be called once, outside of them. */
export function underCeph() {
  let it: { readonly plugin: TestPlugin; readonly ceph: CephCluster } | undefined
  let places = 0
  const present = () => {
    if (it === undefined) throw new Error('not before the tests run')
    return it
  }
  const call: TestPlugin['call'] = (method, params) => present().plugin.call(method, params)
  const fail: TestPlugin['fail'] = (method, params) => present().plugin.fail(method, params)
  const start: TestPlugin['start'] = (method, params) => present().plugin.start(method, params)

  beforeAll(async () => {
    if (missing) return
    const plugin = await installPlugin('volume.d/org.xen.xapi.storage.rbd')
    it = { plugin, ceph: await cephCluster({ auth: true }) }
  }, 120_000)
  afterEach(async () => {
    for (const sr of missing ? [] : await call('Plugin.ls', {})) await call('SR.destroy', { sr })
  })
  afterAll(async () => {
    await it?.ceph.remove()
    await it?.plugin.remove()
  })

  const access = (): string => `?conf=${present().ceph.configuration}&keyring=${present().ceph.keyring}`
  const uriOf = (place: string): string => `rbd://${place}${access()}`
  const newUri = (): string => uriOf(`${present().ceph.pool}/place${places++}`)

  async function newSr(uri = newUri()): Promise<string> {
    const request = { uuid: UUID, name: 'n', description: 'd', configuration: { uri } }
    const configuration = await call('SR.create', request)
    return call('SR.attach', { configuration })
  }
  const create = (sr: string, size: number | bigint, name = '') =>
    call('Volume.create', { sr, name, description: '', size, sharable: false })

  /** The image of a volume as QEMU takes it. */
  function target(volume: Pick<Volume, 'uri'>): string {
    const { configuration, keyring } = present().ceph
    return `rbd:${imageOf(volume)}:conf=${configuration}:keyring=${keyring}`
  }
  function io(volume: Pick<Volume, 'uri'>, ...commands: string[]): void {
    const words = commands.flatMap((command) => ['-c', command])
    const output = execFileSync('qemu-io', ['-f', 'raw', ...words, target(volume)], {
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: PATIENCE,
    })
    if (/verification failed/.test(output)) throw new Error(output)
  }
  function bytesOf(volume: Volume): Buffer {
    const file = join(present().ceph.host.directory, 'bytes')
    const convert = ['convert', '-f', 'raw', '-O', 'raw', target(volume), file]
    execFileSync('qemu-img', convert, { stdio: 'pipe', timeout: PATIENCE })
    return readFileSync(file)
  }

  /** The image that the image of a volume is a child of. */
  async function parentOf(volume: Volume): Promise<string | undefined> {
    const info = JSON.parse(await present().ceph.rbd('info', imageOf(volume), '--format', 'json')) as {
      parent?: { image: string }
    }
    return info.parent?.image
  }
  /** Runs the rados tool in the namespace of an SR. */
  function radosIn(sr: string, ...args: string[]): Promise<string> {
    const [pool = '', namespace = ''] = placeOf(sr).split('/')
    return present().ceph.rados('--pool', pool, '--namespace', namespace, ...args)
  }

  return {
    get plugin() {
      return present().plugin
    },
    get ceph() {
      return present().ceph
    },
    ...{ call, fail, start, access, uriOf, newUri, newSr, create, io, bytesOf, parentOf, radosIn },
  }
}

/** `POOL/NAMESPACE` of an SR. */
export function placeOf(sr: string): string {
  return /^rbd:\/\/([^?]*)/.exec(sr)?.[1] ?? ''
}

/** `POOL/NAMESPACE/IMAGE` of a volume. */
export function imageOf({ uri: [uri = ''] }: Pick<Volume, 'uri'>): string {
  return placeOf(uri)
}
