/** SRs in directories that a server of the test gives out: looked at behind the server's back, with qemu-img. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import { processesNaming } from '../support/datapath.ts'
import type { TestPlugin } from '../support/plugin.ts'
import { isJobOf } from './coalesce-jobs.ts'
import type { Configuration, Storage, Volume } from './suites/storage.ts'

/** QEMU's names of the formats. */
const DRIVERS = { raw: 'raw', qcow2: 'qcow2' } as const

export type Format = keyof typeof DRIVERS

/** Milliseconds for the job in the background to end. */
const PATIENCE = 60_000

interface Server {
  /** The directory that is given out, on this machine. */
  readonly directory: string
  readonly address: string
  /** What the names of directories begin with. */
  readonly prefix: string
  /** device_config of a directory in it. */
  configure(name: string): Configuration
  remove(): Promise<void>
}

export function serverStorage(plugin: TestPlugin, server: Server, format: Format): Storage {
  const { directory, address, prefix, configure, remove } = server
  const placeOf = ({ serverpath = '' }: Configuration): string => join(directory, serverpath.split('/').at(-1) ?? '')
  const jobs = ({ serverpath = '' }: Configuration) =>
    processesNaming(address).filter((pid) => isJobOf(pid, (handle) => decodeURIComponent(handle).endsWith(serverpath)))
  let places = 0
  return {
    async newPlace() {
      const name = `${prefix}${places++}`
      mkdirSync(join(directory, name))
      return { ...configure(name), format }
    },
    jobs,
    async settle(place) {
      if (!(await waitUntil(() => jobs(place).length === 0, PATIENCE))) throw new Error('the job goes on and on')
    },
    check: async (place, volumes) => checkDirectory(placeOf(place), volumes, format),
    remains: async (place) => (existsSync(placeOf(place)) ? readdirSync(placeOf(place)) : []),
    image(volume, use) {
      const options = `-o driver=${DRIVERS[format]}`
      const name = `${volume.key}.${format}`
      // A server may not see at once what is written behind its back.
      const places = use === 'write' ? mountsOf(plugin) : placesIn(directory)
      return { open: `${options} ${name}`, directory: directoryOf(places, name) }
    },
    remove,
  }
}

/** Fails where an image is damaged, lost, or belongs to no volume. */
function checkDirectory(directory: string, volumes: readonly Volume[], format: Format): void {
  const names = readdirSync(directory)
  const needed = new Set(volumes.map(({ key }) => `${key}.${format}`))
  for (const name of needed) {
    if (format === 'raw') continue
    const backing = checkImage(join(directory, name))
    if (backing !== undefined) needed.add(backing)
  }
  expect(names.filter((name) => /\.(raw|qcow2)/.test(name)).sort()).toEqual([...needed].sort())
  const metadata = names.filter((name) => name.includes('.json') && name !== 'sr.json')
  expect(metadata.sort()).toEqual(volumes.map(({ key }) => `${key}.json`).sort())
}

/** Fails where an image is damaged, and gives the name of the one it stands on. */
function checkImage(image: string): string | undefined {
  execFileSync('qemu-img', ['check', '-q', '-f', 'qcow2', image])
  const info = execFileSync('qemu-img', ['info', '--output=json', '-f', 'qcow2', image], { encoding: 'utf8' })
  return JSON.parse(info)['backing-filename']
}

function directoryOf(places: readonly string[], name: string): string {
  const place = places.find((one) => existsSync(join(one, name)))
  if (place === undefined) throw new Error(`${name} is nowhere on the server`)
  return place
}

function placesIn(directory: string): readonly string[] {
  return readdirSync(directory).map((name) => join(directory, name))
}

/** Where a plugin has its SRs mounted. */
function mountsOf({ runDirectory }: TestPlugin): readonly string[] {
  return readdirSync(join(runDirectory, 'volume')).flatMap((type) => {
    const records = placesIn(join(runDirectory, 'volume', type)).filter((path) => path.endsWith('.json'))
    return records.map((path) => (JSON.parse(readFileSync(path, 'utf8')) as { directory: string }).directory)
  })
}
