/**
 * A volume plugin and its storage, as the suites of this directory see it. A test file of a plugin describes it once
 * and calls the suites: `story` (what a user does, through the command line), `crash` (kill -9 at any instant) and
 * `model` (many processes at once). What a plugin does not have, by its Plugin.query, is left out.
 */
import { afterAll, beforeAll } from 'vitest'
import type { Result } from '../../../src/contract/methods.ts'
import { installDatapath } from '../../support/datapath.ts'
import { installPlugin, type TestPlugin } from '../../support/plugin.ts'
import type { Image } from '../../support/qemu-io.ts'

export type Volume = Result<'Volume.stat'>
export type Configuration = Readonly<Record<string, string>>

/** A plugin and how its storage is set up. */
export interface StorageDescription {
  /** The volume plugin in the repository, such as `volume.d/org.xen.xapi.storage.file`. */
  readonly volume: string
  /** The datapath plugin of its URIs, such as `datapath.d/file`. */
  readonly datapath: string
  /** Bytes of the smallest volume of a test, and of which every size is a multiple; 1 MiB unless given. */
  readonly unit?: number
  /** Starts what the storage needs for the plugin: a server, loop devices, nothing. */
  start(plugin: TestPlugin): Promise<Storage>
}

/** Storage that is up. */
export interface Storage {
  /** device_config of a place without an SR; another one each time. */
  newPlace(): Promise<Configuration>
  /**
   * Compares what the engine's own tools say about an SR with what SR.ls said: an image that is damaged, lost or
   * belongs to no volume is thrown. Nothing is attached, no call is running, and SR.attach was the last call before.
   */
  check(place: Configuration, volumes: readonly Volume[]): Promise<void>
  /** What is there at a place, in words; called after SR.destroy, when nothing of the SR may be. */
  remains(place: Configuration): Promise<readonly string[]>
  /**
   * How qemu-io reaches the bytes of a volume that nobody uses, on the storage itself to read them and on the way of the
   * datapath to write: an attachment for each look takes long. Without it the datapath is used.
   */
  image?(volume: Volume, use: 'read' | 'write'): Image
  /**
   * Milliseconds for which something of a killed call may be left, where several hosts share the storage: one that was killed
   * while it took a lock, or gave it back, looks for some seconds like one of another host. Elsewhere nothing is left at once.
   */
  readonly patience?: number
  /** Waits until no background job of an SR runs; for plugins that have such. */
  settle?(place: Configuration): Promise<void>
  /** Pids of the background jobs of an SR that run, for a test that kills them. */
  jobs?(place: Configuration): readonly number[]
  remove(): Promise<void>
}

/** What the tests of one describe block share. */
export interface UnderTest {
  readonly plugin: TestPlugin
  readonly datapath: TestPlugin
  readonly storage: Storage
  readonly unit: number
  /** Whether Plugin.query lists a feature. */
  has(feature: string): boolean
  /** Makes and attaches an SR at a new place. */
  newSr(): Promise<{ readonly sr: string; readonly place: Configuration }>
}

/** Sets plugins and storage up around the tests of a describe block; to be called in it. */
export function underTest(description: StorageDescription): UnderTest {
  let it: Omit<UnderTest, 'has' | 'newSr' | 'unit'> | undefined
  let features: readonly string[] = []
  const present = () => {
    if (it === undefined) throw new Error('not before the tests run')
    return it
  }
  beforeAll(async () => {
    const plugin = await installPlugin(description.volume)
    const datapath = await installDatapath(description.datapath, {}, plugin)
    it = { plugin, datapath, storage: await description.start(plugin) }
    features = (await plugin.call('Plugin.query', {})).features.map((feature) => feature.replace(/\/.*$/, ''))
  }, 120_000)
  afterAll(async () => {
    await it?.storage.remove()
    await it?.datapath.remove()
    await it?.plugin.remove()
  }, 120_000)
  return {
    get plugin() {
      return present().plugin
    },
    get datapath() {
      return present().datapath
    },
    get storage() {
      return present().storage
    },
    unit: description.unit ?? 2 ** 20,
    has: (feature) => features.includes(feature),
    async newSr() {
      const { plugin, storage } = present()
      const request = { uuid: crypto.randomUUID(), name: 'test', description: '' }
      const configuration = { ...(await storage.newPlace()) }
      const place = await plugin.call('SR.create', { ...request, configuration })
      return { sr: await plugin.call('SR.attach', { configuration: place }), place }
    },
  }
}
