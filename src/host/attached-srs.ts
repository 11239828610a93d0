/** The table of attached SRs: what a later process needs to know of an SR.attach. */
import { join } from 'node:path'
import { Smapiv3Error } from '../contract/errors.ts'
import { RecordDirectory } from './record-directory.ts'

/** An SR that is attached on this host. */
export interface AttachedSr {
  /** The uuid it was attached by. */
  readonly uuid: string
  /** Queue name of its volume plugin. */
  readonly plugin: string
  /** Handle that SR.attach returned. */
  readonly sr: string
  /** Name for people, as SR.stat said it. */
  readonly name: string
  /** What the plugin said of itself at that time, so that a call need not ask again. */
  readonly required_api_version: string
  readonly features: readonly string[]
  /** URIs of its metrics, as SR.stat said them when it was attached. */
  readonly datasources: readonly string[]
}

/** Durable; survives a crash of the host or the machine at any instant. */
export class AttachedSrs {
  readonly #records: RecordDirectory<AttachedSr>

  constructor(stateDirectory: string, onDamage: (message: string) => void) {
    const members = ['uuid', 'plugin', 'sr', 'name', 'required_api_version', 'features', 'datasources'] as const
    this.#records = new RecordDirectory(join(stateDirectory, 'srs'), members, onDamage)
  }

  all(): AttachedSr[] {
    return this.#records.all()
  }

  get(uuid: string): AttachedSr | undefined {
    return this.#records.get(uuid)
  }

  /**
   * The SR of that uuid, or of that name or handle if only one has it.
   * @throws Smapiv3Error NO_SUCH_SR
   */
  resolve(reference: string): AttachedSr {
    const exact = this.get(reference)
    if (exact !== undefined) return exact
    const all = this.all()
    const named = all.filter(({ name, sr }) => name === reference || sr === reference)
    const [only] = named
    if (named.length === 1 && only !== undefined) return only
    const seen = JSON.stringify(reference)
    if (named.length > 1) {
      const uuids = named.map(({ uuid }) => uuid).join(', ')
      throw new Smapiv3Error('NO_SUCH_SR', `several SRs are called ${seen}`, {
        recovery: `Name one by its uuid: ${uuids}.`,
      })
    }
    const known = all.map(({ uuid, name }) => `${uuid} (${name})`).join(', ')
    throw new Smapiv3Error(
      'NO_SUCH_SR',
      `no attached SR is ${seen}: ${known ? `there are ${known}` : 'none is attached'}`,
    )
  }

  put(sr: AttachedSr): Promise<void> {
    return this.#records.put(sr.uuid, sr)
  }

  remove(uuid: string): void {
    this.#records.remove(uuid)
  }
}
