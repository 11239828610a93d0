/** What a disk costs in memory while it is attached and activated: the engines of many disks beside those of one. */
import { readdirSync, readFileSync } from 'node:fs'
import pLimit from 'p-limit'
import { lacks } from '../test/support/needs.ts'
import { installPlugin } from '../test/support/plugin.ts'
import { image } from './datapath-disks.ts'
import { type Figure, ratio } from './figure.ts'

const DISKS = 256

/** How many are attached or detached at a time. */
const AT_A_TIME = 8

/** Bytes that a disk may cost beyond the first. */
const ALLOWED = 2e6

export async function memory(directory: string): Promise<Figure[]> {
  if (lacks('losetup', 'loop devices', 'qemu-storage-daemon', 'qemu-img')) return []
  const plugin = await installPlugin('datapath.d/file')
  const disks = Array.from({ length: DISKS }, (_, index) => {
    return { uri: `file://${image(directory, `memory-${index}`, 'qcow2')}`, domain: '1' }
  })
  const limit = pLimit(AT_A_TIME)
  const use = async (disk: (typeof disks)[number]): Promise<void> => {
    await plugin.call('Datapath.attach', disk)
    await plugin.call('Datapath.activate', disk)
  }
  try {
    const [first, ...rest] = disks
    if (first === undefined) return []
    await use(first)
    const one = proportionalSize(plugin.runDirectory)
    const begin = performance.now()
    await Promise.all(rest.map((disk) => limit(() => use(disk))))
    const seconds = (performance.now() - begin) / 1000
    const each = (proportionalSize(plugin.runDirectory) - one) / rest.length
    return [
      {
        what: `${DISKS} qcow2 disks at once: memory of each beyond the first`,
        median: `${(each / 1e6).toFixed(2)} MB`,
        ratio: ratio(each / ALLOWED),
        peer: `2 MB; the first: ${(one / 1e6).toFixed(0)} MB; all attached in ${seconds.toFixed(0)} s`,
      },
    ]
  } finally {
    await Promise.all(disks.map((disk) => limit(() => plugin.call('Datapath.detach', disk))))
    await plugin.remove()
  }
}

/** Bytes of every process that names a directory on its command line; what processes share is divided among them. */
function proportionalSize(directory: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  return pids
    .map((pid) => (read(`/proc/${pid}/cmdline`).includes(directory) ? read(`/proc/${pid}/smaps_rollup`) : ''))
    .reduce((sum, rollup) => sum + 1024 * Number(/^Pss: +(\d+) kB$/m.exec(rollup)?.[1] ?? 0), 0)
}

/** Empty where the process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
