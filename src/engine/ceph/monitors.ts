/** The monitors of a Ceph cluster, and whether one of them answers: Ceph's own library would wait for minutes. */
import { readFileSync } from 'node:fs'
import { reachServer, type Server, ServerUnreachableError } from '../server.ts'
import { errnoOf } from '../storage-error.ts'

/** Where Ceph's clients look, unless told otherwise. */
export const DEFAULT_CONFIGURATION = '/etc/ceph/ceph.conf'

/** Ports of monitors by the version of their protocol. */
const PORTS = { v1: 6789, v2: 3300 } as const

/** How a cluster is found: by the monitors given, otherwise by those that a ceph.conf names. */
export interface ClusterAddress {
  /** Path of a ceph.conf; Ceph's own one where undefined. */
  readonly conf?: string | undefined
  /** Monitors as `mon host` has them; those of the ceph.conf where undefined. */
  readonly monitors?: string | undefined
}

/** Neither monitors nor a ceph.conf say where a cluster is. */
export class ClusterUnknownError extends Error {
  override readonly name = 'ClusterUnknownError'
}

/**
 * Connects to the monitors, all at once, and is content with one. Where a ceph.conf names none (Ceph then looks into the
 * DNS), nothing is known and nothing done.
 * @throws ServerUnreachableError within seconds where none answers, naming them all
 * @throws ClusterUnknownError where there is no ceph.conf
 */
export async function reachMonitors(address: ClusterAddress): Promise<void> {
  const monitors = monitorsOf(address)
  if (monitors.length === 0) return
  try {
    await Promise.any(monitors.map((monitor) => reachServer(monitor)))
  } catch (error) {
    const reasons = error instanceof AggregateError ? error.errors : [error]
    throw new ServerUnreachableError(
      `no monitor of the Ceph cluster answers: ${reasons.map((reason) => (reason as Error).message).join('; ')}`,
    )
  }
}

/** The monitors of a cluster, for messages: `host:port` each. */
export function monitorNames(address: ClusterAddress): string {
  const names = monitorsOf(address).map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
  return names.length === 0 ? 'those that the DNS names' : names.join(', ')
}

function monitorsOf({ conf = DEFAULT_CONFIGURATION, monitors }: ClusterAddress): readonly Server[] {
  return monitors === undefined ? monitorsIn(readConfiguration(conf)) : parseMonitors(monitors)
}

function readConfiguration(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error
    throw new ClusterUnknownError(
      `there is no ${path}: give the option conf, the path of the cluster's ceph.conf, or monitors, their addresses`,
    )
  }
}

/** The monitors that `mon host` of a ceph.conf names. */
export function monitorsIn(configuration: string): readonly Server[] {
  const [, value = ''] = /^[ \t]*mon[ _-]host[ \t]*=[ \t]*([^\n;#]*)/m.exec(configuration) ?? []
  return parseMonitors(value)
}

/** Monitors such as `[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0],10.0.0.2 mon3`; what is none is left out. */
export function parseMonitors(value: string): readonly Server[] {
  return value.split(/[\s,]+/).flatMap((text) => monitorAt(text) ?? [])
}

/** The brackets are those of a list of one monitor's addresses, or of an IPv6 address. */
const ADDRESS = /^\[?(?:(v[12]|any):)?(?:\[([0-9a-f:.]+)\]|([^:[\]/]+))(?::(\d+))?(?:\/\d+)?\]?$/i

function monitorAt(text: string): Server | undefined {
  const [, version, address, name, port] = ADDRESS.exec(text) ?? []
  const host = address ?? name
  if (host === undefined) return undefined
  return { host, port: Number(port ?? (version === 'v1' ? PORTS.v1 : PORTS.v2)) }
}
