/** A Ceph cluster of one monitor and one OSD in memory, for RBD; without a manager, which RBD does not need. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HOST_NEEDS, type ServerHost, serverHost } from './host.ts'
import type { ServerProcess } from './process.ts'
import { succeeds, tool } from './tool.ts'

export const CEPH_NEEDS = [...HOST_NEEDS, 'ceph', 'ceph-authtool', 'ceph-mon', 'ceph-osd', 'monmaptool', 'rbd'] as const

export interface CephCluster {
  readonly host: ServerHost
  /** Path of the ceph.conf for clients. */
  readonly configuration: string
  readonly pool: string
  /** Runs the rbd tool. */
  rbd(...args: string[]): Promise<string>
  ceph(...args: string[]): Promise<string>
  /** Kills the OSD: requests wait until it is back. Its memory, and so all content, is lost with it. */
  killOsd(): Promise<void>
  remove(): Promise<void>
}

const POOL = 'rbd'

/** @param auth whether clients need a keyring; that of client.admin lies beside the ceph.conf */
export async function cephCluster({ auth = false } = {}): Promise<CephCluster> {
  const host = await serverHost()
  const configuration = join(host.directory, 'ceph.conf')
  const keyring = join(host.directory, 'keyring')
  const fsid = randomUUID()
  const ceph = (...args: string[]): Promise<string> =>
    tool('ceph', ['--conf', configuration, '--connect-timeout', '10', ...args])
  const rbd = (...args: string[]): Promise<string> => tool('rbd', ['--conf', configuration, ...args])
  let osd: ServerProcess

  try {
    writeFileSync(configuration, cephConfiguration(host, fsid, auth))
    for (const name of ['mon', 'osd']) mkdirSync(join(host.directory, name))
    await createKeyring(keyring)
    const monmap = join(host.directory, 'monmap')
    const addresses = `[v2:${host.address}:3300,v1:${host.address}:6789]`
    await tool('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', addresses, monmap])
    const monOptions = ['--conf', configuration, '--keyring', keyring, '-i', 'a']
    await tool('ceph-mon', [...monOptions, '--mkfs', '--monmap', monmap])
    const mon = host.start('ceph-mon', [...monOptions, '-f'])
    await mon.ready(() => succeeds('ceph', ['--conf', configuration, '--connect-timeout', '2', 'mon', 'stat']))
    const uuid = randomUUID()
    await ceph('osd', 'new', uuid)
    const osdOptions = ['--conf', configuration, '-i', '0']
    await tool('ceph-osd', [...osdOptions, '--mkfs', '--osd-uuid', uuid])
    osd = host.start('ceph-osd', [...osdOptions, '-f'])
    await osd.ready(async () => / 1 up/.test(await ceph('osd', 'stat')))
    await ceph('osd', 'pool', 'create', POOL, '8', '8')
    await rbd('pool', 'init', POOL)
  } catch (error) {
    await host.remove()
    throw error
  }
  return {
    host,
    configuration,
    pool: POOL,
    rbd,
    ceph,
    killOsd: () => osd.kill(),
    remove: () => host.remove(),
  }
}

/** One keyring for the monitor and the administrator. */
async function createKeyring(path: string): Promise<void> {
  const capabilities = ['mon', 'osd', 'mgr', 'mds'].flatMap((name) => ['--cap', name, 'allow *'])
  await tool('ceph-authtool', ['--create-keyring', path, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *'])
  await tool('ceph-authtool', [path, '--gen-key', '-n', 'client.admin', ...capabilities])
}

function cephConfiguration({ address, directory }: ServerHost, fsid: string, auth: boolean): string {
  const method = auth ? 'cephx' : 'none'
  return `
[global]
  fsid = ${fsid}
  mon host = [v2:${address}:3300,v1:${address}:6789]
  public addr = ${address}
  ms bind ipv6 = false
  auth cluster required = ${method}
  auth service required = ${method}
  auth client required = ${method}
  keyring = ${directory}/keyring
  run dir = ${directory}
  admin socket = ${directory}/$name.$pid.asok
  log file = ${directory}/log/$name.log
  crash dir = ${directory}
  osd pool default size = 1
  osd pool default min size = 1
  osd pool default pg num = 8
  osd pool default pg autoscale mode = off
  osd crush chooseleaf type = 0
  rbd default features = 61
[mon]
  mon data = ${directory}/mon
  mon allow pool size one = true
  mon warn on pool no redundancy = false
  paxos propose interval = 0.05
  paxos min wait = 0.02
  mon tick interval = 1
[osd]
  osd data = ${directory}/osd
  osd objectstore = memstore
  memstore device bytes = 2G
`
}
