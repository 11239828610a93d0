/**
 * The toolstack's file of attached SRs, kept beside the host's own table: read at the start, so that an upgrade keeps its
 * SRs, and written after each change, so that a downgrade does.
 */
import { lstatSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { Smapiv3Error } from '../../contract/errors.ts'
import type { AttachedSr } from '../../host/attached-srs.ts'
import type { Host } from '../../host/host.ts'
import type { Log } from '../log.ts'
import { datasourceOf, uidsOf } from '../rrd/uids.ts'
import { readEntries, type StateEntry, writeEntries } from './entries.ts'
import { bootId, digestOf, readMarker, writeMarker } from './marker.ts'

/** Seconds until a write that failed is tried again. */
const RETRY = 10

export interface StateFileOptions {
  /** Path of the toolstack's file. */
  readonly path: string
  /** The host's own state directory. */
  readonly stateDirectory: string
  readonly host: Host
  readonly log: Log
}

export class StateFile {
  readonly #options: StateFileOptions
  readonly #marker: string
  readonly #boot = bootId()
  /** Uuids of SRs of which the file does not say whose they are. */
  readonly #ownerless = new Set<string>()
  /** Writes run one after the other; one that follows another change writes that too. */
  #writing: Promise<void> = Promise.resolve()
  #isChanged = false
  #isWritable = true
  #retryTimer: NodeJS.Timeout | undefined

  constructor(options: StateFileOptions) {
    this.#options = options
    this.#marker = join(options.stateDirectory, 'toolstack-state.json')
  }

  /**
   * Brings the host's table and the file together; never rejects for what is in the file. Where this daemon wrote the
   * file last, the host's table counts. Where another toolstack did, the file counts. No plugin is called.
   */
  async load(): Promise<void> {
    const { path, host, log } = this.#options
    const marker = readMarker(this.#marker)
    if (marker !== undefined && marker.boot !== this.#boot) await this.#forget(host.srs.attached(), 'before the boot')
    const bytes = this.#read()
    if (bytes !== undefined && digestOf(bytes) !== marker?.digest) {
      const { entries, problem } = readEntries(bytes)
      for (const entry of entries) await this.#adopt(entry)
      if (problem !== undefined) this.#setAside(problem, entries.length)
      else if (marker !== undefined) {
        const uuids = new Set(entries.map(({ uuid }) => uuid))
        await this.#forget(
          host.srs.attached().filter(({ uuid }) => !uuids.has(uuid)),
          'by another daemon',
        )
      }
      log('info', { path, srs: entries.length }, 'took over the SRs of the state file')
    }
    for (const { uuid, plugin } of host.srs.attached()) if (plugin === '') this.#ownerless.add(uuid)
    await this.save()
  }

  /**
   * Gives an SR from the file to the plugin of the queue through which it is used first: the toolstack never asks
   * another. Does nothing for an SR whose plugin is known.
   * @throws Smapiv3Error where the plugin cannot be used
   */
  async claim(uuid: string, plugin: string): Promise<void> {
    if (!this.#ownerless.has(uuid)) return
    const { host, log } = this.#options
    const { query, name } = await host.plugin(plugin, 'volume')
    const known = host.srs.get(uuid)
    if (known?.plugin === '') {
      const { required_api_version, features } = query
      await host.srs.adopt({ ...known, plugin: name, required_api_version, features })
      log(
        'info',
        { sr: uuid, plugin: name },
        'the SR from the state file belongs to the plugin that it is used through',
      )
    }
    this.#ownerless.delete(uuid)
  }

  /**
   * Writes the host's table into the file. Never rejects: a write that fails is logged and tried again, and the host's
   * own table has the SRs meanwhile.
   */
  save(): Promise<void> {
    this.#isChanged = true
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  /** Ends the attempts to write. */
  async close(): Promise<void> {
    await this.#writing
    clearTimeout(this.#retryTimer)
    this.#isWritable = false
  }

  async #write(): Promise<void> {
    if (!this.#isChanged || !this.#isWritable) return
    const { path, host, log } = this.#options
    clearTimeout(this.#retryTimer)
    this.#isChanged = false
    try {
      const text = writeEntries(host.srs.attached().map(entryOf))
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
      await writeFileAtomic(path, text, { mode: 0o644 })
      await writeMarker(this.#marker, { boot: this.#boot, digest: digestOf(text) })
    } catch (error) {
      log('error', { path, error: messageOf(error), retry: RETRY }, 'the state file cannot be written: trying again')
      this.#retryTimer = setTimeout(() => void this.save(), RETRY * 1000).unref()
    }
  }

  /** Undefined where there is nothing to read. */
  #read(): Buffer | undefined {
    const { path, log } = this.#options
    try {
      if (!lstatSync(path).isFile()) {
        this.#isWritable = false
        log('warn', { path }, 'the state file is no regular file: it is neither read nor written')
        return undefined
      }
      return readFileSync(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log('error', { path, error: messageOf(error) }, 'the state file cannot be read: going on without it')
      return undefined
    }
  }

  #setAside(problem: string, salvaged: number): void {
    const { path, log } = this.#options
    const aside = `${path}.damaged-${new Date().toISOString().replaceAll(':', '')}`
    try {
      renameSync(path, aside)
      log('error', { path, problem, salvaged, aside }, 'the state file is damaged: what can be read of it is used')
    } catch (error) {
      log('error', { path, problem, salvaged, error: messageOf(error) }, 'the state file is damaged, and stays there')
    }
  }

  async #adopt({ uuid, handle, uids }: StateEntry): Promise<void> {
    const { host, log } = this.#options
    const known = host.srs.get(uuid)
    if (known?.sr === handle) return
    const unknown = { plugin: '', required_api_version: '', features: [] }
    const datasources = uids.map(datasourceOf)
    try {
      await host.srs.adopt({ ...unknown, uuid, name: uuid, ...known, sr: handle, datasources })
    } catch (error) {
      log('error', { sr: uuid, error: messageOf(error) }, 'an SR of the state file cannot be taken over')
    }
  }

  async #forget(srs: readonly AttachedSr[], when: string): Promise<void> {
    const { host, log } = this.#options
    for (const { uuid, plugin } of srs) {
      await host.srs.forget(uuid)
      log('info', { sr: uuid, plugin }, `the SR was detached ${when}: it is forgotten`)
    }
  }
}

function entryOf({ uuid, sr, datasources }: AttachedSr): StateEntry {
  return { uuid, handle: sr, uids: uidsOf(datasources) }
}

function messageOf(error: unknown): string {
  return error instanceof Smapiv3Error || error instanceof Error ? error.message : String(error)
}
