/** What many volumes cost: SR.ls beside reading the same files once, and one Volume.stat among few and among many. */
import { spawnSync } from 'node:child_process'
import { linkSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dirSync } from 'tmp-promise'
import { REPOSITORY } from './bench.ts'
import { type Figure, milliseconds, ratio } from './figure.ts'
import { ENVIRONMENT, inTurn, medianOf } from './measure.ts'

const PLUGIN = join(REPOSITORY, 'volume.d', 'org.xen.xapi.storage.file')
const VOLUMES = 10_000
const FEW = 10
const LIST_ROUNDS = 5
const STAT_ROUNDS = 21

/** Reads what SR.ls has to: the names, each volume's metadata, the header and the allocation of each image. */
const READ_ONCE = `
const { readdirSync, readFileSync, openSync, readSync, closeSync, statSync } = require('node:fs')
const directory = process.argv[1]
const buffer = Buffer.alloc(4096)
const found = []
for (const name of readdirSync(directory)) {
  if (name.endsWith('.json')) found.push(JSON.parse(readFileSync(directory + '/' + name, 'utf8')))
  else if (name.endsWith('.qcow2')) {
    const path = directory + '/' + name
    const descriptor = openSync(path, 'r')
    readSync(descriptor, buffer, 0, 4096, 0)
    closeSync(descriptor)
    found.push(statSync(path).blocks)
  }
}
process.stdout.write(JSON.stringify(found))
`

export function volumes(): Figure[] {
  const { name, removeCallback } = dirSync({ prefix: 'smapiv3-bench-', unsafeCleanup: true })
  try {
    return measure(name)
  } finally {
    removeCallback()
  }
}

function measure(path: string): Figure[] {
  const environment = { ...ENVIRONMENT, SMAPIV3_RUN_DIR: join(path, 'run') }
  const call = (method: string, params: object): unknown => {
    const input = `${JSON.stringify({ ...params, dbg: 'bench' })}\n`
    return JSON.parse(run([join(PLUGIN, method), '--json'], environment, input))
  }
  const sr = (name: string, count: number) => fill(call, join(path, name), count)
  const [few, many] = [sr('few', FEW), sr('many', VOLUMES)]
  const list = inTurn(
    LIST_ROUNDS,
    () => call('SR.ls', { sr: many.sr }),
    () => run([process.execPath, '-e', READ_ONCE, many.directory], environment),
  )
  const stat = inTurn(
    STAT_ROUNDS,
    () => call('Volume.stat', many),
    () => call('Volume.stat', few),
  )
  return [
    {
      what: `SR.ls of ${VOLUMES} qcow2 volumes`,
      median: milliseconds(medianOf(list, (ours) => ours)),
      ratio: ratio(medianOf(list, (ours, once) => ours / once)),
      peer: `reading the same files once: ${milliseconds(medianOf(list, (_, once) => once))}`,
    },
    {
      what: `Volume.stat among ${VOLUMES} volumes`,
      median: milliseconds(medianOf(stat, (ours) => ours)),
      ratio: ratio(medianOf(stat, (ours, other) => ours / other)),
      peer: `among ${FEW}: ${milliseconds(medianOf(stat, (_, other) => other))}`,
    },
  ]
}

/** An SR of one real volume and copies of its metadata, whose images are links to the one: they are only looked at. */
function fill(call: (method: string, params: object) => unknown, directory: string, count: number) {
  const request = { uuid: crypto.randomUUID(), name: 'bench', description: '' }
  const configuration = call('SR.create', { ...request, configuration: { uri: `file://${directory}` } })
  const sr = call('SR.attach', { configuration }) as string
  const volume = { sr, name: 'a volume', description: 'one of many', size: 2 ** 30, sharable: false }
  const { key } = call('Volume.create', volume) as { key: string }
  const metadata = readFileSync(join(directory, `${key}.json`), 'utf8')
  for (let made = 1; made < count; made++) {
    const other = crypto.randomUUID()
    writeFileSync(join(directory, `${other}.json`), metadata.replaceAll(key, other))
    linkSync(join(directory, `${key}.qcow2`), join(directory, `${other}.qcow2`))
  }
  return { sr, key, directory }
}

function run([file = '', ...args]: readonly string[], env: NodeJS.ProcessEnv, input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { input, env, encoding: 'utf8', maxBuffer: 2 ** 30 })
  if (status !== 0) throw error ?? new Error(`${file} exited with ${status}: ${stderr}${stdout}`)
  return stdout
}
