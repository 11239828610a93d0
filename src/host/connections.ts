/** Which disks are attached: the choice of a datapath is made once, and remembered until the last domain lets go. */
import { join } from 'node:path'
import { RecordDirectory } from './record-directory.ts'

/** One volume attached to one domain. */
export interface Connection {
  /** Uuid of the SR. */
  readonly sr: string
  /** Key of the volume that the caller named. */
  readonly key: string
  readonly domain: string
  /** Key of the volume whose bytes are used: the same, or its temporary clone. */
  readonly volume: string
  readonly uri: string
  /** Scheme, that is the name, of the datapath plugin. */
  readonly datapath: string
  /** Whether writes are kept. */
  readonly persistence: 'persistent' | 'non-persistent'
}

/** Durable; written before the datapath plugin is called, so that what is attached can always be detached. */
export class Connections {
  readonly #records: RecordDirectory<Connection>

  constructor(stateDirectory: string, onDamage: (message: string) => void) {
    const members = ['sr', 'key', 'domain', 'volume', 'uri', 'datapath', 'persistence'] as const
    this.#records = new RecordDirectory(join(stateDirectory, 'disks'), members, onDamage)
  }

  get(sr: string, key: string, domain: string): Connection | undefined {
    return this.#records.get(nameOf({ sr, key, domain }))
  }

  /** Every connection of an SR, or of one volume of it. */
  of(sr: string, key?: string): Connection[] {
    return this.#records
      .all()
      .filter((connection) => connection.sr === sr && (key === undefined || connection.key === key))
  }

  put(connection: Connection): Promise<void> {
    return this.#records.put(nameOf(connection), connection)
  }

  remove(connection: Pick<Connection, 'sr' | 'key' | 'domain'>): void {
    this.#records.remove(nameOf(connection))
  }
}

function nameOf({ sr, key, domain }: Pick<Connection, 'sr' | 'key' | 'domain'>): string {
  return JSON.stringify([sr, key, domain])
}
