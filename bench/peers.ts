/** Ways to make the same calls, by several callers at once, measured in turn: how many calls a second, how long each takes. */
import { spawn } from 'node:child_process'
import { type Figure, milliseconds, ratio } from './figure.ts'
import { ENVIRONMENT, median, run } from './measure.ts'

export interface Rate {
  /** Milliseconds. */
  readonly latency: number
  readonly perSecond: number
}

export interface Peer {
  readonly name: string
  readonly rate: (callers: number) => Promise<Rate>
}

/** Every peer beside the last, which is the limit. */
export async function compare(rounds: number, callers: number, peers: readonly Peer[]): Promise<Figure[]> {
  const rates = new Map<Peer, Rate[]>(peers.map((peer) => [peer, []]))
  for (let round = 0; round < rounds; round += 1)
    for (const [peer, ofPeer] of rates) ofPeer.push(await peer.rate(callers))
  const middle = (peer: Peer | undefined, column: keyof Rate) =>
    median((peer && rates.get(peer))?.map((rate) => rate[column]) ?? [])
  const last = peers.at(-1)
  return peers.map((peer) => ({
    what: `${peer.name}, ${callers} ${callers === 1 ? 'caller' : 'callers'}`,
    median: `${middle(peer, 'perSecond').toFixed(0)} calls/s, ${milliseconds(middle(peer, 'latency'))}`,
    ratio: ratio(middle(peer, 'perSecond') / middle(last, 'perSecond')),
    peer: peer === last ? '—' : (last?.name ?? ''),
  }))
}

/** So many calls in all, by callers who each make the next one when the one before has ended. */
export async function rateOf(calls: number, callers: number, call: () => Promise<void>): Promise<Rate> {
  const latencies: number[] = []
  let next = 0
  const caller = async () => {
    while (next < calls) {
      next += 1
      const begin = performance.now()
      await call()
      latencies.push(performance.now() - begin)
    }
  }
  const begin = performance.now()
  await Promise.all(Array.from({ length: callers }, caller))
  return { latency: median(latencies), perSecond: (calls / (performance.now() - begin)) * 1000 }
}

/** The naive way: a script that answers `"fine"`, by Node's own spawn. */
export function viaNode(script: string, params: string): Promise<void> {
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
      else reject(new Error(`${script} exited with ${status} and printed ${stdout}`))
    })
    child.stdin.end(params)
  })
}

/** What the kernel allows at all: posix-spawn.c, compiled to `limit`. */
export function viaLimit(limit: string, script: string, calls: number, callers: number): Rate {
  const [latency = Number.NaN, perSecond = Number.NaN] = run([limit, script, `${callers}`, `${calls}`])
    .split(' ')
    .map(Number)
  return { latency, perSecond }
}
