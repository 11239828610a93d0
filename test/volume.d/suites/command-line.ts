/** The command line `smapiv3` on the plugins of a suite. */
import { cpSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { Place } from '../../cli/smapiv3.ts'
import type { Configuration, StorageDescription, UnderTest } from './storage.ts'

/** Runs a command and gives what it answered; fails where it does. */
export type CommandLine = <T>(...words: readonly string[]) => Promise<T>

/** Sets a place with the plugins up around the tests of a describe block; to be called in it. */
export function commandLine(it: UnderTest, { volume, datapath }: StorageDescription): CommandLine {
  let place: Place
  beforeAll(async () => {
    place = await Place.make()
    // Links to the plugins would be followed, and lead out of the root.
    cpSync(it.plugin.directory, join(place.root, 'volume.d', basename(volume)), COPY)
    cpSync(it.datapath.directory, join(place.root, 'datapath.d', basename(datapath)), COPY)
  }, 60_000)
  afterAll(() => place.remove())
  return async <T>(...words: readonly string[]): Promise<T> => {
    const environment = { SMAPIV3_RUN_DIR: it.plugin.runDirectory }
    const { status, stdout, stderr } = await place.run(['--json', ...words], { environment })
    if (status !== 0) throw new Error(`smapiv3 ${words.join(' ')}: ${stdout}${stderr}`)
    return JSON.parse(stdout) as T
  }
}

/** The plugin's name on the command line. */
export function typeOf({ volume }: StorageDescription): string {
  return basename(volume).split('.').at(-1) ?? ''
}

/** A device_config as words. */
export function settings(configuration: Configuration): readonly string[] {
  return Object.entries(configuration).map(([name, value]) => `${name}=${value}`)
}

const COPY = { recursive: true, verbatimSymlinks: true }
