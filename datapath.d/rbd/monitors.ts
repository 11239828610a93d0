/** Whether a Ceph cluster is there: one of the monitors that its configuration names answers. */
import { readFileSync } from 'node:fs'
import { reachServer, type Server } from '../../src/engine/server.ts'

/** Ports of monitors by the version of their protocol. */
const PORTS = { v1: 6789, v2: 3300 } as const

/**
 * Connects to the monitors, all at once, and is content with one. Where the configuration names none (Ceph then looks
 * into the DNS), nothing is known and nothing done.
 * @param configuration path of a ceph.conf
 * @throws ServerUnreachableError where none answers
 * @throws Error where the file cannot be read
 */
export async function reachMonitors(configuration: string): Promise<void> {
  const monitors = monitorsIn(readFileSync(configuration, 'utf8'))
  if (monitors.length === 0) return
  try {
    await Promise.any(monitors.map(reachServer))
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error
  }
}

/**
 * The monitors that `mon host` names, such as `[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0],10.0.0.2 mon3`.
 * Exported for its test.
 */
export function monitorsIn(configuration: string): readonly Server[] {
  const [, value = ''] = /^[ \t]*mon[ _-]host[ \t]*=[ \t]*([^\n;#]*)/m.exec(configuration) ?? []
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
