import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dir } from 'tmp-promise'
import { describe, expect } from 'vitest'
import { lacks } from '../support/needs.ts'
import { crash } from './suites/crash.ts'
import { model } from './suites/model.ts'
import type { StorageDescription } from './suites/storage.ts'
import { story } from './suites/story.ts'

const description: StorageDescription = {
  volume: 'volume.d/org.xen.xapi.storage.file',
  datapath: 'datapath.d/file',
  async start() {
    const { path, cleanup } = await dir({ unsafeCleanup: true, prefix: 'smapiv3-file-' })
    let places = 0
    return {
      async newPlace() {
        const directory = join(path, `sr ${places++}`)
        mkdirSync(directory)
        return { uri: `file://${encodeURI(directory)}` }
      },
      async check({ uri = '' }, volumes) {
        const names = readdirSync(fileURLToPath(uri)).filter((name) => !/^sr\.|\.lock$/.test(name))
        const expected = volumes.flatMap(({ key }) => [`${key}.json`, `${key}.raw`])
        expect(names.sort()).toEqual(expected.sort())
      },
      async remains({ uri = '' }) {
        const directory = fileURLToPath(uri)
        return existsSync(directory) ? readdirSync(directory) : []
      },
      remove: cleanup,
    }
  },
}

describe.skipIf(lacks('qemu-io'))('org.xen.xapi.storage.file', () => {
  story(description)
  crash(description)
  model(description)
})
