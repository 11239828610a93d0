/** A daemon that serves for long holds nothing of the calls that are over. */
import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lacks } from '../../support/needs.ts'
import { DaemonProcess, type Place, place, until } from './support.ts'

const QUEUE = 'org.xen.xapi.storage.soak'
const CALLS = 10_000
const SETTLED = 4_000
const CALLERS = 8
/** Descriptors of pipes that may be in stock: batches of 48 are made when few are left. A leak in a call in a hundred is more. */
const STOCK = 80
/** Kilobytes: calls that each kept a few lines would keep more. */
const GROWTH = 32 * 1024
/** Wishes of the plugin, one of which is no success. */
const WISHES = ['result', 'result', 'error', 'bad-json', 'result']

describe.skipIf(lacks('cc'))('ten thousand calls through the switch', () => {
  test('descriptors, processes and memory stay flat', async () => {
    const at = await place()
    install(at)
    const daemon = await new DaemonProcess(at).ready()
    const pid = daemon.child.pid ?? 0
    await load(at, SETTLED)
    await until(() => childrenOf(pid) === 0)
    const settled = { descriptors: descriptorsOf(pid), resident: residentOf(pid) }
    await load(at, CALLS - SETTLED)
    await until(() => childrenOf(pid) === 0 && at.switch.contents(QUEUE).length === 0)
    expect(descriptorsOf(pid)).toBeLessThanOrEqual(settled.descriptors + STOCK)
    expect(residentOf(pid) - settled.resident).toBeLessThan(GROWTH)
  }, 900_000)
})

/** A plugin whose processes cost next to nothing. */
function install({ root }: Place): void {
  const plugin = join(root, 'volume.d', QUEUE)
  mkdirSync(plugin, { mode: 0o755 })
  const source = join(import.meta.dirname, '../../soak/plugin.c')
  execFileSync('cc', ['-O2', '-o', join(plugin, 'Plugin.query'), source])
  chmodSync(join(plugin, 'Plugin.query'), 0o755)
  linkSync(join(plugin, 'Plugin.query'), join(plugin, 'Plugin.diagnostics'))
}

/** Every call is answered as it was wished for. */
async function load(at: Place, calls: number): Promise<void> {
  let next = 0
  const caller = async () => {
    while (next < calls) {
      const wish = WISHES[next % WISHES.length] ?? ''
      next += 1
      const { result } = await at.call('Query.diagnostics', { dbg: wish }, QUEUE)
      expect(result).toBe(wish === 'result' ? 'fine' : null)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

function childrenOf(pid: number): number {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).length
}

function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
