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
  /** Path of a ceph.conf for clients; it names no keyring. */
  readonly configuration: string
  /** Path of the keyring of client.admin, of mode 600; needed where the cluster asks who somebody is. */
  readonly keyring: string
  readonly pool: string
  /** Runs the rbd tool as the administrator. */
  rbd(...args: string[]): Promise<string>
  ceph(...args: string[]): Promise<string>
  rados(...args: string[]): Promise<string>
  /** Ends the OSD: requests wait until it is started again, with all it had. */
  stopOsd(): Promise<void>
  startOsd(): Promise<void>
  remove(): Promise<void>
}

const POOL = 'rbd'

/** @param auth whether clients have to prove who they are */
export async function cephCluster({ auth = false } = {}): Promise<CephCluster> {
  const host = await serverHost()
  const serverConfiguration = join(host.directory, 'server.conf')
  const configuration = join(host.directory, 'ceph.conf')
  const keyring = join(host.directory, 'keyring')
  const fsid = randomUUID()
  const asAdministrator = ['--conf', serverConfiguration]
  const ceph = (...args: string[]): Promise<string> =>
    tool('ceph', [...asAdministrator, '--connect-timeout', '10', ...args])
  const rbd = (...args: string[]): Promise<string> => tool('rbd', [...asAdministrator, ...args])
  const rados = (...args: string[]): Promise<string> => tool('rados', [...asAdministrator, ...args])
  let osd: ServerProcess

  async function startOsd(): Promise<void> {
    osd = host.start('ceph-osd', [...asAdministrator, '-i', '0', '-f'])
    await osd.ready(async () => / 1 up/.test(await ceph('osd', 'stat')))
  }

  try {
    writeFileSync(configuration, clientConfiguration(host, auth))
    writeFileSync(serverConfiguration, cephConfiguration(host, fsid, auth))
    for (const name of ['mon', 'osd']) mkdirSync(join(host.directory, name))
    await createKeyring(keyring)
    const monmap = join(host.directory, 'monmap')
    await tool('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', monitorOf(host), monmap])
    const monOptions = [...asAdministrator, '--keyring', keyring, '-i', 'a']
    await tool('ceph-mon', [...monOptions, '--mkfs', '--monmap', monmap])
    const mon = host.start('ceph-mon', [...monOptions, '-f'])
    await mon.ready(() => succeeds('ceph', [...asAdministrator, '--connect-timeout', '2', 'mon', 'stat']))
    const uuid = randomUUID()
    await ceph('osd', 'new', uuid, '-i', await osdSecret(host))
    await tool('ceph-osd', [...asAdministrator, '-i', '0', '--mkfs', '--osd-uuid', uuid])
    await startOsd()
    await ceph('osd', 'pool', 'create', POOL, '8', '8')
    await rbd('pool', 'init', POOL)
  } catch (error) {
    await host.remove()
    throw error
  }
  return {
    host,
    configuration,
    keyring,
    pool: POOL,
    rbd,
    ceph,
    rados,
    // It keeps what it has in memory, and writes it down when it ends.
    stopOsd: () => osd.end(),
    startOsd,
    remove: () => host.remove(),
  }
}

/** The key of the OSD, as the monitor and the OSD want to be told of it. */
async function osdSecret({ directory }: ServerHost): Promise<string> {
  const key = (await tool('ceph-authtool', ['--gen-print-key'])).trim()
  writeFileSync(join(directory, 'osd', 'keyring'), `[osd.0]\n  key = ${key}\n`, { mode: 0o600 })
  const path = join(directory, 'osd-secret.json')
  writeFileSync(path, JSON.stringify({ cephx_secret: key }), { mode: 0o600 })
  return path
}

function monitorOf({ address }: ServerHost): string {
  return `[v2:${address}:3300,v1:${address}:6789]`
}

/** One keyring for the monitor and the administrator. */
async function createKeyring(path: string): Promise<void> {
  const capabilities = ['mon', 'osd', 'mgr', 'mds'].flatMap((name) => ['--cap', name, 'allow *'])
  await tool('ceph-authtool', ['--create-keyring', path, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *'])
  await tool('ceph-authtool', [path, '--gen-key', '-n', 'client.admin', ...capabilities])
}

function clientConfiguration(host: ServerHost, auth: boolean): string {
  return `
[global]
  mon host = ${monitorOf(host)}
  auth client required = ${auth ? 'cephx' : 'none'}
`
}

function cephConfiguration(host: ServerHost, fsid: string, auth: boolean): string {
  const { address, directory } = host
  const method = auth ? 'cephx' : 'none'
  return `
[global]
  fsid = ${fsid}
  mon host = ${monitorOf(host)}
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
  keyring = ${directory}/osd/keyring
  osd fast shutdown = false
  osd client watch timeout = 5
  osd snap trim sleep hdd = 0
  osd data = ${directory}/osd
  osd objectstore = memstore
  memstore device bytes = 2G
`
}
