/** SRs in directories that a server of the test gives out: looked at behind the server's back, with qemu-img. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import { processesNaming } from '../support/datapath.ts'
import type { TestPlugin } from '../support/plugin.ts'
import { checkImage } from './check-image.ts'
import { isJobOf } from './coalesce-jobs.ts'
import { directoryOf } from './suites/directory.ts'
import type { Configuration, Storage, Volume } from './suites/storage.ts'

/** QEMU's names of the formats. */
const DRIVERS = { raw: 'raw', qcow2: 'qcow2' } as const

export type Format = keyof typeof DRIVERS

/** Milliseconds for the job in the background to end. */
const JOB_PATIENCE = 200_000

/** Milliseconds for which something of a killed call may be left. */
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
      if (!(await waitUntil(() => jobs(place).length === 0, JOB_PATIENCE))) throw new Error('the job goes on and on')
    },
    patience: PATIENCE,
    check: (place, volumes) => checkDirectory(placeOf(place), volumes, format),
    remains: async (place) => (existsSync(placeOf(place)) ? readdirSync(placeOf(place)) : []),
    image({ uri: [uri = ''] }, use) {
      // By the URI and not by the name alone: SRs of one test may hold volumes of the same keys.
      const [, sr = '', place = '', name = ''] = /^(.*\/([^/]+))\/([^/?]+)/.exec(uri) ?? []
      // A server may not see at once what is written behind its back.
      const at = use === 'write' ? directoryOf(plugin, sr) : join(directory, decodeURIComponent(place))
      return { open: `-o driver=${DRIVERS[format]} ${name}`, directory: at }
    },
    remove,
  }
}

/** Fails where an image is damaged, lost, or belongs to no volume. */
async function checkDirectory(directory: string, volumes: readonly Volume[], format: Format): Promise<void> {
  const names = readdirSync(directory)
  const needed = new Set(volumes.map(({ key }) => `${key}.${format}`))
  for (const name of needed) {
    if (format === 'raw') continue
    const backing = await checkImage(join(directory, name), 'qcow2')
    if (backing !== undefined) needed.add(backing)
  }
  expect(names.filter((name) => /\.(raw|qcow2)/.test(name)).sort()).toEqual([...needed].sort())
  const metadata = names.filter((name) => name.includes('.json') && name !== 'sr.json')
  expect(metadata.sort()).toEqual(volumes.map(({ key }) => `${key}.json`).sort())
}
