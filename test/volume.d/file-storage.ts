/** SRs of the file plugin for the suites: directories, looked at with qemu-img. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dir } from 'tmp-promise'
import { expect } from 'vitest'
import { waitUntil } from '../../src/engine/qsd/daemon-process.ts'
import { processesNaming } from '../support/datapath.ts'
import { checkImage } from './check-image.ts'
import { isJobOf } from './coalesce-jobs.ts'
import type { Configuration, StorageDescription } from './suites/storage.ts'

/** QEMU's names of the formats. */
const DRIVERS = { raw: 'raw', qcow2: 'qcow2', vhd: 'vpc' } as const

/** Milliseconds for the job in the background to end. */
const PATIENCE = 200_000

/** The plugin with volumes of one format. */
export function fileStorage(format: keyof typeof DRIVERS): StorageDescription {
  return {
    volume: 'volume.d/org.xen.xapi.storage.file',
    datapath: 'datapath.d/file',
    async start() {
      const { path, cleanup } = await dir({ unsafeCleanup: true, prefix: 'smapiv3-file-' })
      let places = 0
      const directoryOf = ({ uri = '' }: Readonly<Record<string, string>>) => fileURLToPath(uri)
      const jobs = ({ uri = '' }: Configuration) =>
        processesNaming(uri).filter((pid) => isJobOf(pid, (handle) => handle === uri))
      return {
        async newPlace() {
          const directory = join(path, `sr ${places++}`)
          mkdirSync(directory)
          return { uri: `file://${encodeURI(directory)}`, format }
        },
        jobs,
        async settle(place) {
          if (!(await waitUntil(() => jobs(place).length === 0, PATIENCE))) throw new Error('the job goes on and on')
        },
        async check(place, volumes) {
          const directory = directoryOf(place)
          const names = readdirSync(directory)
          const needed = new Set(volumes.map(({ key }) => `${key}.${format}`))
          for (const name of needed) {
            const image = join(directory, name)
            if (format === 'raw') continue
            const backing = await checkImage(image, DRIVERS[format])
            if (backing !== undefined) needed.add(backing)
          }
          const images = names.filter((name) => /\.(raw|qcow2|vhd)/.test(name))
          expect(images.sort()).toEqual([...needed].sort())
          const metadata = names.filter((name) => name.endsWith('.json') && name !== 'sr.json')
          expect(metadata.sort()).toEqual(volumes.map(({ key }) => `${key}.json`).sort())
        },
        async remains(place) {
          const directory = directoryOf(place)
          return existsSync(directory) ? readdirSync(directory) : []
        },
        image({ uri: [uri = ''] }) {
          const path = fileURLToPath(uri)
          return { open: `-o driver=${DRIVERS[format]} ${basename(path)}`, directory: dirname(path) }
        },
        remove: cleanup,
      }
    },
  }
}
