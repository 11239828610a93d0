import { METHODS, type Result } from '../contract/methods.ts'
import { redactUri } from '../contract/redact.ts'
import type { Connection } from './connections.ts'
import { type AttachedDisk, type DiskParts, DiskSession, datapathCallee } from './disk-session.ts'
import { OWN_DOMAIN } from './domain.ts'
import type { Overlap } from './locks.ts'
import type { CallOptions, OwnParams } from './plugin-caller.ts'
import { lockOf } from './srs.ts'
import { type UndoStep, undoneOnFailure } from './undo.ts'
import { volumeLock } from './volumes.ts'

export type { AttachedDisk } from './disk-session.ts'

/** Whose use of a disk it is. */
export interface DiskUse extends CallOptions {
  /** Domain string (see domainOf); a use of the control domain's own by default. */
  readonly domain?: string | undefined
}

export interface ActivateRequest extends DiskUse {
  /** Activate for reading only; a volume that cannot be written always is. */
  readonly readOnly?: boolean | undefined
  /** Run exactly the script that `readOnly` says, whatever volume and plugin are: the caller has decided. */
  readonly exactly?: boolean | undefined
}

export interface ConnectRequest extends DiskUse {
  /** Activate for reading only; a volume that cannot be written always is. */
  readonly readOnly?: boolean | undefined
  /** False: writes go where they are thrown away at the end. */
  readonly persistent?: boolean | undefined
}

/** Methods of a datapath plugin that are no step of attaching a disk. */
export type DatapathMethod = 'Datapath.import_activate' | 'Data.copy' | 'Data.mirror' | 'Data.stat'

/** How a disk is used, for the params of a {@link DatapathMethod}. */
export interface DatapathUse {
  readonly uri: string
  readonly domain: string
  /** Name of the datapath plugin. */
  readonly datapath: string
  /** Features of the datapath plugin with their versions. */
  readonly features: ReadonlyMap<string, number>
}

export class Disks {
  readonly #parts: DiskParts

  constructor(parts: DiskParts) {
    this.#parts = parts
  }

  /**
   * Makes a disk usable by a domain: open (unless another domain has it open), attach, activate. What was done is undone
   * where a step fails. Repeating it is harmless and answers the same.
   */
  async connect(reference: string, key: string, request: ConnectRequest = {}): Promise<AttachedDisk> {
    const { domain = OWN_DOMAIN, persistent = true } = request
    return this.#alone(reference, key, request, (disk) =>
      undoneOnFailure(async (onFailure) => {
        disk.refuseOtherPersistence(persistent)
        const users = disk.users()
        const volume = await disk.stat()
        const undo = (step: UndoStep) => {
          if (!users.some((user) => user.domain === domain)) onFailure(step)
        }
        if (users.length === 0) await disk.open(volume, persistent, undo)
        const attached = await disk.attach(domain, persistent, undo)
        undo(() => disk.undoing().step('Datapath.deactivate', attached.found, domain))
        await disk.activate(attached.found, domain, request.readOnly === true || !volume.read_write)
        return attached.result
      }),
    )
  }

  /**
   * Ends a domain's use: deactivate, detach, and close after the last one. Each step is tried even where an earlier one
   * failed. A disk that is not attached is no error.
   */
  async disconnect(reference: string, key: string, use: DiskUse = {}): Promise<void> {
    const { domain = OWN_DOMAIN } = use
    await this.#alone(reference, key, use, async (disk) => {
      const found = await disk.release(domain)
      if (disk.users().length === 0) await disk.close(await disk.stat(), found)
    })
  }

  /** Deactivates and detaches, each tried even where the other failed; the epoch goes on. */
  async release(reference: string, key: string, use: DiskUse = {}): Promise<void> {
    await this.#alone(reference, key, use, (disk) => disk.release(use.domain ?? OWN_DOMAIN))
  }

  /** Begins an epoch: decides whether writes are kept until close. */
  async open(reference: string, key: string, request: CallOptions & { readonly persistent: boolean }): Promise<void> {
    await this.#alone(reference, key, request, (disk) =>
      undoneOnFailure(async (onFailure) => disk.open(await disk.stat(), request.persistent, onFailure)),
    )
  }

  /** Ends an epoch: throws non-persistent writes away. */
  async close(reference: string, key: string, options: CallOptions = {}): Promise<void> {
    await this.#alone(reference, key, options, async (disk) => {
      const volume = await disk.stat()
      await disk.close(volume, await disk.choose(volume))
    })
  }

  /** Datapath.attach alone; repeating it answers the same. */
  async attach(reference: string, key: string, use: DiskUse = {}): Promise<AttachedDisk> {
    const { domain = OWN_DOMAIN } = use
    return this.#alone(reference, key, use, (disk) =>
      undoneOnFailure(async (onFailure) => {
        const isAttached = disk.users().some((user) => user.domain === domain)
        return (await disk.attach(domain, true, isAttached ? () => {} : onFailure)).result
      }),
    )
  }

  /** Datapath.activate, or activate_readonly. */
  async activate(reference: string, key: string, use: ActivateRequest = {}): Promise<void> {
    const { domain = OWN_DOMAIN, readOnly = false, exactly = false } = use
    await this.#alone(reference, key, use, async (disk) => {
      if (exactly) {
        const method = readOnly ? 'Datapath.activate_readonly' : 'Datapath.activate'
        await disk.step(method, await disk.inUse(domain), domain)
      } else {
        const volume = await disk.stat()
        await disk.activate(await disk.inUse(domain), domain, readOnly || !volume.read_write)
      }
    })
  }

  async deactivate(reference: string, key: string, use: DiskUse = {}): Promise<void> {
    const { domain = OWN_DOMAIN } = use
    await this.#alone(reference, key, use, async (disk) => {
      await disk.step('Datapath.deactivate', await disk.inUse(domain), domain)
    })
  }

  async detach(reference: string, key: string, use: DiskUse = {}): Promise<void> {
    const { domain = OWN_DOMAIN } = use
    await this.#alone(reference, key, use, async (disk) => {
      await disk.step('Datapath.detach', await disk.inUse(domain), domain)
      disk.forget(domain)
    })
  }

  /**
   * Any other method of the datapath plugin that a disk is used through.
   * @param params makes the params from how the disk is used; what it throws is the error of the call
   */
  async call<M extends DatapathMethod>(
    method: M,
    reference: string,
    key: string,
    params: (use: DatapathUse) => OwnParams<M>,
    use: DiskUse = {},
  ): Promise<Result<M>> {
    const { domain = OWN_DOMAIN } = use
    return this.#holding(METHODS[method].overlap, reference, key, use, async (disk) => {
      const found = await disk.inUse(domain)
      const { name, features } = found.datapath
      const own = params({ uri: found.uri, domain, datapath: name, features })
      return this.#parts.caller.call(datapathCallee(found), method, own, use)
    })
  }

  /** Which disks of an SR are attached, to which domains, through which URI (without its credentials). */
  attached(reference: string): Connection[] {
    const { uuid } = this.#parts.table.resolve(reference)
    return this.#parts.connections.of(uuid).map((connection) => ({ ...connection, uri: redactUri(connection.uri) }))
  }

  #alone<T>(reference: string, key: string, options: CallOptions, body: (disk: DiskSession) => Promise<T>): Promise<T> {
    return this.#holding('exclusive', reference, key, options, body)
  }

  #holding<T>(
    overlap: Overlap,
    reference: string,
    key: string,
    options: CallOptions,
    body: (disk: DiskSession) => Promise<T>,
  ): Promise<T> {
    const attached = this.#parts.table.resolve(reference)
    const disk = new DiskSession(this.#parts, attached, key, options)
    const sharedSr = { name: lockOf(attached.uuid), overlap: 'shared' } as const
    const volume = { name: volumeLock(attached, key), overlap }
    return this.#parts.locks.hold([sharedSr, volume], () => body(disk), options.signal)
  }
}
