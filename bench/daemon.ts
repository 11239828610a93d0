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
import { type Figure, tableOf } from './figure.ts'
import { ENVIRONMENT } from './measure.ts'
import { compare, type Peer, rateOf, viaLimit, viaNode } from './peers.ts'

const CALLERS = [1, 8, 32]
const CALLS = 200
const ROUNDS = 3
const PLUGINS = {
  sh: '#!/bin/sh\nread -r params\necho \'"fine"\'\n',
  python: '#!/usr/bin/python3\nimport sys, json\njson.load(sys.stdin)\nprint(\'"fine"\')\n',
} as const

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
        { name: `daemon, ${name}`, rate: (callers) => rateOf(CALLS, callers, () => viaSwitch(messageSwitch, name)) },
        {
          name: `child_process.spawn, ${name}`,
          rate: (callers) => rateOf(CALLS, callers, () => viaNode(script, PARAMS)),
        },
        { name: `posix_spawn in C, ${name}`, rate: async (callers) => viaLimit(limit, script, CALLS, callers) },
      ]
      await viaSwitch(messageSwitch, name)
      for (const callers of CALLERS) figures.push(...(await compare(ROUNDS, callers, peers)))
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

async function viaSwitch(messageSwitch: MessageSwitch, name: string): Promise<void> {
  const request = '{"method":"Query.diagnostics","params":[{"dbg":"bench"}],"id":1}'
  const { result, error } = JSON.parse(await messageSwitch.call(queueOf(name), request, 60))
  if (result !== 'fine') throw new Error(JSON.stringify(error))
}

if (import.meta.filename === process.argv[1]) console.log(tableOf(await daemon()))
