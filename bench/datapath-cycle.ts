/** What each call on a disk's way to a domain and back costs, beside the start of the plugin's process alone. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import type { MethodName } from '../src/contract/methods.ts'
import { lacks } from '../test/support/needs.ts'
import { installPlugin } from '../test/support/plugin.ts'
import type { Scheme } from './datapath-disks.ts'
import { type Figure, milliseconds, ratio } from './figure.ts'
import { median } from './measure.ts'

const ROUNDS = 15

/** A file system in memory. */
const MEMORY = '/dev/shm'

/** Milliseconds that an engine may take for attach beside one and a half starts, and for activate and deactivate. */
const ALLOWED = 20

const CALLS = ['attach', 'activate', 'deactivate', 'detach'] as const

type Call = (typeof CALLS)[number] | 'start'

export async function cycles(schemes: readonly Scheme[], directory: string): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [index, scheme] of schemes.entries()) {
    if (lacks(...scheme.needs)) continue
    const own = join(directory, `scheme-${index}`)
    mkdirSync(own)
    figures.push(...(await cycle(scheme, own)))
  }
  return figures
}

async function cycle({ name, plugin: path, start }: Scheme, directory: string): Promise<Figure[]> {
  // In memory, as /run is on a host: on a disk, to rename a file takes from nothing to ten milliseconds.
  const run = await dir({ ...(existsSync(MEMORY) ? { tmpdir: MEMORY } : {}), prefix: 'sm3-', unsafeCleanup: true })
  const plugin = await installPlugin(path, { runDirectory: run.path })
  const source = await start(directory)
  const times: Record<Call, number[]> = { start: [], attach: [], activate: [], deactivate: [], detach: [] }
  const timed = async (of: Call, method: MethodName, params: object): Promise<void> => {
    const begin = performance.now()
    await plugin.call(method, params as never)
    times[of].push(performance.now() - begin)
  }
  // The first disk of a server pays for its daemon; what is measured is any other.
  const first = { uri: await source.newDisk(), domain: '1' }
  const disk = { uri: await source.newDisk(), domain: '1' }
  try {
    await plugin.call('Datapath.attach', first)
    for (let round = 0; round <= ROUNDS; round += 1) {
      // What is warmed up does not count.
      if (round === 1) for (const column of Object.values(times)) column.length = 0
      await timed('start', 'Plugin.query', {})
      for (const call of CALLS) await timed(call, `Datapath.${call}`, disk)
    }
  } finally {
    for (const params of [disk, first]) await plugin.call('Datapath.detach', params)
    await source.remove()
    await plugin.remove()
    await run.cleanup()
  }
  return figuresOf(name, times)
}

function figuresOf(name: string, times: Readonly<Record<Call, readonly number[]>>): Figure[] {
  const start = median(times.start)
  return CALLS.map((call) => {
    const allowed = call === 'attach' ? 1.5 * start + ALLOWED : start + ALLOWED
    const formula = call === 'attach' ? '1.5 starts + 20 ms' : 'a start + 20 ms'
    return {
      what: `${name}: ${call}`,
      // The least is what a quiet machine takes.
      median: `${milliseconds(median(times[call]))}, least ${milliseconds(Math.min(...times[call]))}`,
      ratio: ratio(median(times[call]) / allowed),
      peer: `${formula}: ${milliseconds(allowed)}`,
    }
  })
}
