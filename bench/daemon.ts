/**
 * `npx tsx bench/daemon.ts`: calls through a switch and the daemon, on a trivial plugin in sh and on one in Python, beside
 * the limit (posix_spawn in C) and the naive way (Node's spawn), both without any switch. Needs cc and a built dist/.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withDir } from 'tmp-promise'
import { MessageSwitch } from '../test/support/message-switch/message-switch.ts'
import { COMMAND, PARAMS } from './bench.ts'
import { type Figure, milliseconds, ratio, tableOf } from './figure.ts'
import { ENVIRONMENT, median, run } from './measure.ts'

const CALLERS = [1, 8, 32]
const CALLS = 200
const ROUNDS = 3
const PLUGINS = {
  sh: '#!/bin/sh\nread -r params\necho \'"fine"\'\n',
  python: '#!/usr/bin/python3\nimport sys, json\njson.load(sys.stdin)\nprint(\'"fine"\')\n',
} as const

interface Rate {
  /** Milliseconds. */
  readonly latency: number
  readonly perSecond: number
}

interface Peer {
  readonly name: string
  readonly rate: (callers: number) => Promise<Rate>
}

/** Every figure beside posix_spawn, measured in turn with it. */
export function daemon(): Promise<Figure[]> {
  return withDir(({ path }) => measured(path), { prefix: 'smapiv3-bench-', unsafeCleanup: true })
}

async function measured(path: string): Promise<Figure[]> {
  const limit = join(path, 'posix-spawn')
  execFileSync('cc', ['-O2', '-pthread', '-o', limit, join(import.meta.dirname, 'posix-spawn.c')])
  mkdirSync(join(path, 'datapath.d'), { recursive: true, mode: 0o755 })
  for (const [name, script] of Object.entries(PLUGINS)) {
    mkdirSync(directoryOf(path, name), { recursive: true, mode: 0o755 })
    for (const method of ['Plugin.query', 'Plugin.diagnostics'])
      writeFileSync(join(directoryOf(path, name), method), script, { mode: 0o755 })
  }
  const messageSwitch = await MessageSwitch.start({ record: false })
  const words = ['serve', '--switch', messageSwitch.socketPath, '--root', path, '--log-level', 'error']
  const served = spawn(COMMAND, [...words, '--state-dir', join(path, 'state')], { env: ENVIRONMENT, stdio: 'ignore' })
  try {
    const figures: Figure[] = []
    for (const name of Object.keys(PLUGINS)) {
      const script = join(directoryOf(path, name), 'Plugin.diagnostics')
      const peers: readonly Peer[] = [
        { name: `daemon, ${name}`, rate: (callers) => rateOf(callers, () => viaSwitch(messageSwitch, name)) },
        { name: `child_process.spawn, ${name}`, rate: (callers) => rateOf(callers, () => viaNode(script)) },
        { name: `posix_spawn in C, ${name}`, rate: async (callers) => viaLimit(limit, script, callers) },
      ]
      await viaSwitch(messageSwitch, name)
      for (const callers of CALLERS) figures.push(...(await compare(callers, peers)))
    }
    return figures
  } finally {
    const ended = once(served, 'exit')
    served.kill('SIGTERM')
    await ended
    await messageSwitch.stop()
  }
}

function directoryOf(root: string, name: string): string {
  return join(root, 'volume.d', queueOf(name))
}

function queueOf(name: string): string {
  return `org.xen.xapi.storage.${name}`
}

async function compare(callers: number, peers: readonly Peer[]): Promise<Figure[]> {
  const rates = new Map<Peer, Rate[]>(peers.map((peer) => [peer, []]))
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [peer, rounds] of rates) rounds.push(await peer.rate(callers))
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

async function viaSwitch(messageSwitch: MessageSwitch, name: string): Promise<void> {
  const request = '{"method":"Query.diagnostics","params":[{"dbg":"bench"}],"id":1}'
  const { result, error } = JSON.parse(await messageSwitch.call(queueOf(name), request, 60))
  if (result !== 'fine') throw new Error(JSON.stringify(error))
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
    child.on('close', () => (stdout === '"fine"\n' ? resolve() : reject(new Error(`${script} printed ${stdout}`))))
    child.stdin.end(PARAMS)
  })
}

function viaLimit(limit: string, script: string, callers: number): Rate {
  const [latency = Number.NaN, perSecond = Number.NaN] = run([limit, script, `${callers}`, `${CALLS}`])
    .split(' ')
    .map(Number)
  return { latency, perSecond }
}

if (import.meta.filename === process.argv[1]) console.log(tableOf(await daemon()))
