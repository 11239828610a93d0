/** Calls in one process, as a daemon makes them, beside Node's own spawn and beside what the kernel allows at all. */
import { Host } from '../src/host/host.ts'
import type { Settings } from '../src/host/settings.ts'
import { type Bench, PARAMS } from './bench.ts'
import type { Figure } from './figure.ts'
import { compare, type Peer, rateOf, viaLimit, viaNode } from './peers.ts'

const CALLERS = [1, 8, 32]
const CALLS = 400
const ROUNDS = 5

export async function throughput(bench: Bench): Promise<Figure[]> {
  const hosts = { on: hostOf(bench, 1000), off: hostOf(bench, 0) }
  const peers: readonly Peer[] = [
    { name: 'host, with trace', rate: (callers) => rateOf(CALLS, callers, () => viaHost(hosts.on)) },
    { name: 'host, without trace', rate: (callers) => rateOf(CALLS, callers, () => viaHost(hosts.off)) },
    { name: 'child_process.spawn', rate: (callers) => rateOf(CALLS, callers, () => viaNode(bench.script, PARAMS)) },
    { name: 'posix_spawn in C', rate: async (callers) => viaLimit(bench.limit, bench.script, CALLS, callers) },
  ]
  const figures: Figure[] = []
  for (const callers of CALLERS) figures.push(...(await compare(ROUNDS, callers, peers)))
  hosts.on.close()
  hosts.off.close()
  return figures
}

function hostOf({ root, stateDirectory }: Bench, trace_limit: number): Host {
  const settings: Settings = { deadlines: {}, environment: { pass: [], set: {} }, output_limit: undefined, trace_limit }
  return new Host({ roots: [root], stateDirectory, settings })
}

async function viaHost(host: Host): Promise<void> {
  const { outcome } = await host.call('bench', 'Plugin.diagnostics', { dbg: 'bench' })
  if (!outcome.ok) throw outcome.error
}
