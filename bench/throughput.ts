/** Calls in one process, as a daemon makes them, beside Node's own spawn and beside what the kernel allows at all. */
import { spawn } from 'node:child_process'
import { Host } from '../src/host/host.ts'
import type { Settings } from '../src/host/settings.ts'
import { type Bench, PARAMS } from './bench.ts'
import { type Figure, milliseconds, ratio } from './figure.ts'
import { ENVIRONMENT, median, run } from './measure.ts'

const CALLERS = [1, 8, 32]
const CALLS = 400
const ROUNDS = 5

interface Rate {
  /** Milliseconds. */
  readonly latency: number
  readonly perSecond: number
}

interface Peer {
  readonly name: string
  rate(callers: number): Promise<Rate>
}

export async function throughput(bench: Bench): Promise<Figure[]> {
  const hosts = { on: hostOf(bench, 1000), off: hostOf(bench, 0) }
  const peers: readonly Peer[] = [
    { name: 'host, with trace', rate: (callers) => rateOf(callers, () => viaHost(hosts.on)) },
    { name: 'host, without trace', rate: (callers) => rateOf(callers, () => viaHost(hosts.off)) },
    { name: 'child_process.spawn', rate: (callers) => rateOf(callers, () => viaNode(bench.script)) },
    { name: 'posix_spawn in C', rate: async (callers) => viaLimit(bench, callers) },
  ]
  const figures: Figure[] = []
  for (const callers of CALLERS) figures.push(...(await compare(callers, peers)))
  hosts.on.close()
  hosts.off.close()
  return figures
}

async function compare(callers: number, peers: readonly Peer[]): Promise<Figure[]> {
  const rates = new Map<Peer, Rate[]>(peers.map((peer) => [peer, []]))
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [peer, rounds] of rates) rounds.push(await peer.rate(callers))
  const perSecond = (peer: Peer | undefined) => median((peer && rates.get(peer))?.map((rate) => rate.perSecond) ?? [])
  const last = peers.at(-1)
  return peers.map((peer) => ({
    what: `${peer.name}, ${callers} ${callers === 1 ? 'caller' : 'callers'}`,
    median: `${perSecond(peer).toFixed(0)} calls/s, ${milliseconds(median((rates.get(peer) ?? []).map((rate) => rate.latency)))}`,
    ratio: ratio(perSecond(peer) / perSecond(last)),
    peer: peer === last ? '—' : (last?.name ?? ''),
  }))
}

async function rateOf(callers: number, call: () => Promise<void>): Promise<Rate> {
  const latencies: number[] = []
  let next = 0
  const caller = async () => {
    while (next < CALLS) {
      next += 1
      const begin = performance.now()
      await call()
      latencies.push(performance.now() - begin)
    }
  }
  const begin = performance.now()
  await Promise.all(Array.from({ length: callers }, caller))
  return { latency: median(latencies), perSecond: (CALLS / (performance.now() - begin)) * 1000 }
}

function hostOf({ root, stateDirectory }: Bench, trace_limit: number): Host {
  const settings: Settings = { deadlines: {}, environment: { pass: [], set: {} }, output_limit: undefined, trace_limit }
  return new Host({ roots: [root], stateDirectory, settings })
}

async function viaHost(host: Host): Promise<void> {
  const { outcome } = await host.call('bench', 'Plugin.diagnostics', { dbg: 'bench' })
  if (!outcome.ok) throw outcome.error
}

function viaNode(script: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(script, ['--json'], { env: ENVIRONMENT })
    let stdout = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.resume()
    child.on('error', reject)
    child.on('close', (status) => {
      if (status === 0 && JSON.parse(stdout) === 'fine') resolve()
      else reject(new Error(`${script} exited with ${status}`))
    })
    child.stdin.end(PARAMS)
  })
}

function viaLimit({ limit, script }: Bench, callers: number): Rate {
  const [latency = Number.NaN, perSecond = Number.NaN] = run([limit, script, `${callers}`, `${CALLS}`])
    .split(' ')
    .map(Number)
  return { latency, perSecond }
}
