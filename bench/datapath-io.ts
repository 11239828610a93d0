/**
 * I/O of 4 KiB through each implementation of a disk, beside the same engine used directly with the same options, by fio in
 * turn. Each pair has two images, alike and written once, so that nothing is allocated while it is measured. As one of them
 * may lie better on its disk than the other, by a tenth, each is measured both ways; and as a machine has faster and slower
 * seconds, what counts is the ratio of two runs that follow each other.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from '../src/contract/methods.ts'
import { attachLoop, detachLoop } from '../src/engine/loop.ts'
import { lacks } from '../test/support/needs.ts'
import { installPlugin, type TestPlugin } from '../test/support/plugin.ts'
import { eventually } from '../test/support/servers/eventually.ts'
import { DISK_SIZE, image } from './datapath-disks.ts'
import { type Figure, ratio } from './figure.ts'
import { median } from './measure.ts'

/** Rounds for each way that the images are used. */
const ROUNDS = 6

/** Seconds of one run. */
const RUNTIME = 1

/** What is measured → fio's name for it. */
const PATTERNS = { sequential: 'rw', random: 'randrw' } as const

type Pattern = keyof typeof PATTERNS

const patterns = Object.keys(PATTERNS) as Pattern[]

const SIDES = ['through', 'directly'] as const

/** IOPS of each run. */
type Rates = Record<Pattern, Record<(typeof SIDES)[number], number[]>>

type Implementation = Result<'Datapath.attach'>['implementations'][number][0]

/** Where fio reads and writes: a file or block device, or an NBD URI. */
type Target = { readonly path: string } | { readonly nbd: string }

interface Pair {
  readonly name: string
  readonly format: 'raw' | 'qcow2'
  /** Options of the URI. */
  readonly query: string
  readonly implementation: Implementation
  /** Opens an image as the plugin does, without the plugin. */
  direct(file: string, directory: string): Promise<Direct>
  /** What that is. */
  readonly peer: string
}

export const PAIRS: readonly Pair[] = [
  pair('raw, File', 'raw', '', 'File', async (file) => ({ target: { path: file }, end: async () => {} })),
  pair('raw, BlockDevice by the kernel', 'raw', '', 'BlockDevice', loopDevice),
  pair('raw, Nbd', 'raw', '?engine=qsd', 'Nbd', (file, directory) => daemon(file, 'raw', 'nbd', directory)),
  pair('qcow2, Nbd', 'qcow2', '', 'Nbd', (file, directory) => daemon(file, 'qcow2', 'nbd', directory)),
  pair(
    'qcow2, BlockDevice',
    'qcow2',
    '',
    'BlockDevice',
    (file, directory) => twoDaemons(file, 'qcow2', directory),
    'the same two daemons without the plugin',
  ),
  // What it costs that the disk can be written over NBD, and mirrored, as well.
  pair(
    'qcow2, BlockDevice alone',
    'qcow2',
    '',
    'BlockDevice',
    (file, directory) => daemon(file, 'qcow2', 'fuse', directory),
    'one daemon, whose disk has no NBD export',
  ),
]

export async function throughputOfDisks(pairs: readonly Pair[], directory: string): Promise<Figure[]> {
  if (pairs.length === 0 || lacks('fio', 'losetup', 'loop devices', 'qemu-storage-daemon', 'qemu-img')) return []
  const plugin = await installPlugin('datapath.d/file')
  try {
    const figures: Figure[] = []
    for (const [index, each] of pairs.entries())
      figures.push(...(await measured(each, plugin, directory, String(index))))
    return figures
  } finally {
    await plugin.remove()
  }
}

async function measured(each: Pair, plugin: TestPlugin, directory: string, number: string): Promise<Figure[]> {
  const images = [
    image(directory, `io-${number}`, each.format),
    image(directory, `direct-${number}`, each.format),
  ] as const
  const rates = [
    await ratesOf(each, plugin, directory, images),
    await ratesOf(each, plugin, directory, [images[1], images[0]]),
  ]
  return patterns.map((pattern) => {
    const [through, directly] = SIDES.map((side) => median(rates.flatMap((of) => of[pattern][side])).toFixed(0))
    const [oneWay = 0, otherWay = 0] = rates.map((of) => median(ratiosOf(of[pattern])))
    return {
      what: `${each.name}: ${pattern} 4 KiB`,
      median: `${through} IOPS`,
      ratio: ratio(Math.sqrt(oneWay * otherWay)),
      peer: `${each.peer}: ${directly} IOPS`,
    }
  })
}

/** The ratios of the runs of each round. */
function ratiosOf({ through, directly }: Rates[Pattern]): number[] {
  return through.map((rate, round) => rate / (directly[round] ?? rate))
}

/** Reads and writes in a second, of the plugin's disk on the one image, and of the engine itself on the other. */
async function ratesOf(
  { query, implementation, direct }: Pair,
  plugin: TestPlugin,
  directory: string,
  [own, other]: readonly [string, string],
): Promise<Rates> {
  const disk = { uri: `file://${own}${query}`, domain: '1' }
  const backend = await plugin.call('Datapath.attach', disk)
  await plugin.call('Datapath.activate', disk)
  const peer = await direct(other, directory)
  try {
    const targets = { through: targetOf(backend, implementation), directly: peer.target }
    for (const side of SIDES) fio(targets[side], ['--rw=write', '--bs=1M', `--size=${DISK_SIZE}`])
    const rates: Rates = { sequential: { through: [], directly: [] }, random: { through: [], directly: [] } }
    for (const pattern of patterns)
      for (let round = 0; round <= ROUNDS; round += 1)
        // In turn, and every second time the other way round; the first round does not count.
        for (const side of round % 2 === 0 ? SIDES : SIDES.toReversed()) {
          const options = [
            `--rw=${PATTERNS[pattern]}`,
            '--bs=4k',
            '--iodepth=16',
            '--time_based',
            `--runtime=${RUNTIME}`,
          ]
          const rate = fio(targets[side], [...options, `--size=${DISK_SIZE}`])
          if (round > 0) rates[pattern][side].push(rate)
        }
    return rates
  } finally {
    await peer.end()
    await plugin.call('Datapath.detach', disk)
  }
}

/** Runs fio, and gives reads and writes in a second. */
function fio(target: Target, options: readonly string[]): number {
  const on =
    'nbd' in target
      ? ['--ioengine=nbd', `--uri=${target.nbd}`]
      : ['--ioengine=libaio', '--direct=1', `--filename=${target.path}`]
  const output = execFileSync('fio', ['--name=x', '--output-format=json', ...on, ...options], { encoding: 'utf8' })
  const { jobs } = JSON.parse(output.slice(output.indexOf('{')))
  const [{ read, write, error }] = jobs
  if (error !== 0) throw new Error(`fio failed with error ${error}: ${output}`)
  return read.iops + write.iops
}

function targetOf({ implementations }: Result<'Datapath.attach'>, wanted: Implementation): Target {
  for (const [kind, value] of implementations) {
    if (kind !== wanted) continue
    if (kind === 'Nbd') return { nbd: nbdUri(value.uri) }
    if (kind !== 'XenDisk') return { path: value.path }
  }
  throw new Error(`the disk has no ${wanted}`)
}

/** The toolstack's form of the address of an export as a URI. */
function nbdUri(text: string): string {
  const [, socket = '', name = ''] = /^nbd:unix:(.*):exportname=(.*)$/.exec(text) ?? []
  return `nbd+unix:///${name}?socket=${socket}`
}

async function loopDevice(file: string): Promise<Direct> {
  const path = execFileSync('losetup', ['--find', '--show', '--direct-io=on', file], { encoding: 'utf8' }).trim()
  return {
    target: { path },
    async end() {
      execFileSync('losetup', ['--detach', path])
    },
  }
}

type Kind = 'nbd' | 'fuse'

interface Direct {
  readonly target: Target
  end(): Promise<void>
}

/** A daemon for one image, with the options that the plugin gives it. */
function daemon(file: string, format: 'raw' | 'qcow2', kind: Kind, directory: string): Promise<Direct> {
  const protocol = { driver: 'file', filename: file, discard: 'unmap', cache: { direct: true } }
  const node = { driver: format, discard: 'unmap', cache: { direct: true }, file: protocol }
  return exported(node, kind, join(directory, `${format}-${kind}`))
}

/**
 * A daemon for an image that others can write over NBD, and a second one, its client, for the block device: QEMU 7.2 gives
 * a writable FUSE export the right to resize, which an NBD export of the same node does not allow.
 */
async function twoDaemons(file: string, format: 'raw' | 'qcow2', directory: string): Promise<Direct> {
  const image = await daemon(file, format, 'nbd', directory)
  const server = { type: 'unix', path: join(directory, `${format}-nbd`) }
  const client = { driver: 'nbd', server, export: 'disk', discard: 'unmap' }
  const front = await exported(client, 'fuse', join(directory, `${format}-front`))
  return {
    target: front.target,
    async end() {
      await front.end()
      await image.end()
    },
  }
}

/** A daemon with one node and one export of it. */
async function exported(node: object, kind: Kind, place: string): Promise<Direct> {
  const mountpoint = `${place}.image`
  if (kind === 'fuse') execFileSync('truncate', ['--size=0', mountpoint])
  const server = kind === 'nbd' ? ['--nbd-server', `addr.type=unix,addr.path=${place}`] : []
  const how = { nbd: 'name=disk', fuse: `mountpoint=${mountpoint}` }[kind]
  const pidFile = `${place}.pid`
  const args = [
    ...['--blockdev', JSON.stringify({ ...node, 'node-name': 'disk' })],
    ...server,
    ...['--export', `${kind},id=e,node-name=disk,writable=on,${how}`],
    ...['--pidfile', pidFile],
  ]
  const child = spawn('qemu-storage-daemon', args, { stdio: 'inherit' })
  const ended = once(child, 'exit')
  await eventually(() => existsSync(pidFile), 'the daemon is ready')
  // As the plugin does: a FUSE export mixes up the data of writes that come together.
  const loop = kind === 'fuse' ? attachLoop(mountpoint, { readOnly: false, direct: true }, 'one').device : undefined
  return {
    target: loop === undefined ? { nbd: `nbd+unix:///disk?socket=${place}` } : { path: loop },
    async end() {
      if (loop !== undefined) detachLoop(loop)
      child.kill()
      await ended
    },
  }
}

function pair(
  name: string,
  format: Pair['format'],
  query: string,
  implementation: Implementation,
  direct: Pair['direct'],
  peer = 'the engine itself',
): Pair {
  return { name, format, query, implementation, direct, peer }
}
