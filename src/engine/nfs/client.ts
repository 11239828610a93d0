/** A client of NFS version 3 (RFC 1813): its procedures on file handles. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type NfsAttributes, type NfsChange, readAttributes, skipChanges, writeChange } from './attributes.ts'
import { JUKEBOX, NfsError } from './nfs-error.ts'
import { RpcClient, type RpcUser } from './rpc.ts'
import { type ExportPlace, findExport, NFS } from './services.ts'
import { type XdrReader, XdrWriter } from './xdr.ts'

const PROCEDURES = {
  getattr: 1,
  setattr: 2,
  lookup: 3,
  read: 6,
  write: 7,
  create: 8,
  mkdir: 9,
  remove: 12,
  rmdir: 13,
  rename: 14,
  link: 15,
  readdirplus: 17,
  fsstat: 18,
  fsinfo: 19,
  commit: 21,
} as const

const UNSTABLE = 0
const UNCHECKED = 0
const GUARDED = 1

/** Milliseconds between two attempts where the server is busy, and the number of attempts. */
const BUSY_PAUSE = 500
const BUSY_ATTEMPTS = 20

/** Bytes of names in a reply of READDIRPLUS, and of the reply. */
const NAMES_SIZE = 16 << 10
const LISTING_SIZE = 64 << 10

/** A file by the handle that the server gave it. */
export interface NfsFile {
  readonly handle: Buffer
  readonly attributes: NfsAttributes
}

export interface NfsEntry {
  readonly name: string
  readonly fileId: bigint
  /** Where to go on behind it. */
  readonly cookie: bigint
  readonly attributes?: NfsAttributes | undefined
}

/** Part of a directory. */
export interface NfsListing {
  readonly entries: readonly NfsEntry[]
  /** Tells the server whether cookies are still good. */
  readonly verifier: Buffer
  readonly isLast: boolean
}

export class NfsClient {
  readonly root: Buffer
  /** Bytes that one request can read and write. */
  readonly limits: { readonly read: number; readonly write: number }
  readonly #rpc: RpcClient

  private constructor(rpc: RpcClient, root: Buffer, limits: NfsClient['limits']) {
    this.#rpc = rpc
    this.root = root
    this.limits = limits
  }

  /**
   * @param path of the exported directory
   * @param patience milliseconds that a request waits for its answer
   * @throws ServerUnreachableError, ExportError, RpcError
   */
  static async connect(host: string, path: string, user: RpcUser, patience: number): Promise<NfsClient> {
    return await NfsClient.at(host, await findExport(host, path, user), user, patience)
  }

  /**
   * The same where it is known where the directory is.
   * @throws ServerUnreachableError, RpcError; NfsError where the handle is not that of a directory any more
   */
  static async at(host: string, { root, port }: ExportPlace, user: RpcUser, patience: number): Promise<NfsClient> {
    const rpc = new RpcClient({ host, port }, NFS, user, patience)
    try {
      const reply = await rpc.call(PROCEDURES.fsinfo, new XdrWriter().opaque(root))
      const status = reply.uint32()
      if (status !== 0) throw new NfsError(status)
      reply.optional(() => readAttributes(reply))
      const read = reply.uint32()
      reply.fixed(8)
      return new NfsClient(rpc, root, { read, write: reply.uint32() })
    } catch (error) {
      rpc.close()
      throw error
    }
  }

  close(): void {
    this.#rpc.close()
  }

  getAttributes(file: Buffer): Promise<NfsAttributes> {
    return this.#call('getattr', () => new XdrWriter().opaque(file), readAttributes)
  }

  async setAttributes(file: Buffer, change: NfsChange): Promise<void> {
    // Without a guard: whatever the file was before.
    await this.#call('setattr', () => writeChange(new XdrWriter().opaque(file), change).boolean(false))
  }

  async lookup(directory: Buffer, name: string): Promise<NfsFile> {
    const found = await this.#call('lookup', named(directory, name), (reply) => ({
      handle: reply.opaque(),
      attributes: reply.optional(() => readAttributes(reply)),
    }))
    return this.#complete(found.handle, found.attributes)
  }

  read(file: Buffer, offset: bigint, count: number): Promise<Buffer> {
    return this.#call(
      'read',
      () => new XdrWriter().opaque(file).uint64(offset).uint32(count),
      (reply) => {
        reply.optional(() => readAttributes(reply))
        // The number of bytes, which the data say as well, and whether they are the last.
        reply.fixed(8)
        return reply.opaque()
      },
    )
  }

  /**
   * Writes, so that the data are safe after commit().
   * @returns how much was written, and what changes when the server forgets what is not committed
   */
  write(file: Buffer, offset: bigint, data: Buffer): Promise<{ readonly count: number; readonly verifier: Buffer }> {
    return this.#call(
      'write',
      () => new XdrWriter().opaque(file).uint64(offset).uint32(data.length).uint32(UNSTABLE).opaque(data),
      (reply) => {
        skipChanges(reply)
        const count = reply.uint32()
        reply.uint32()
        return { count, verifier: reply.fixed(8) }
      },
    )
  }

  /** Makes what was written durable, and gives the verifier that all of those writes must have had. */
  commit(file: Buffer): Promise<Buffer> {
    return this.#call(
      'commit',
      () => new XdrWriter().opaque(file).uint64(0n).uint32(0),
      (reply) => {
        skipChanges(reply)
        return reply.fixed(8)
      },
    )
  }

  /** @param exclusive whether it is an error that the file exists */
  create(directory: Buffer, name: string, change: NfsChange, exclusive: boolean): Promise<NfsFile> {
    const mode = exclusive ? GUARDED : UNCHECKED
    return this.#make('create', directory, name, () => writeChange(named(directory, name)().uint32(mode), change))
  }

  makeDirectory(directory: Buffer, name: string, change: NfsChange): Promise<NfsFile> {
    return this.#make('mkdir', directory, name, () => writeChange(named(directory, name)(), change))
  }

  async remove(directory: Buffer, name: string): Promise<void> {
    await this.#call('remove', named(directory, name))
  }

  async removeDirectory(directory: Buffer, name: string): Promise<void> {
    await this.#call('rmdir', named(directory, name))
  }

  async rename(directory: Buffer, name: string, newDirectory: Buffer, newName: string): Promise<void> {
    await this.#call('rename', () => named(directory, name)().opaque(newDirectory).string(newName))
  }

  async link(file: Buffer, directory: Buffer, name: string): Promise<void> {
    await this.#call('link', () => new XdrWriter().opaque(file).opaque(directory).string(name))
  }

  list(directory: Buffer, cookie: bigint, verifier: Buffer): Promise<NfsListing> {
    return this.#call(
      'readdirplus',
      () => new XdrWriter().opaque(directory).uint64(cookie).fixed(verifier).uint32(NAMES_SIZE).uint32(LISTING_SIZE),
      (reply) => {
        reply.optional(() => readAttributes(reply))
        const next = reply.fixed(8)
        const entries = reply.list(() => {
          const entry = { fileId: reply.uint64(), name: reply.string(), cookie: reply.uint64() }
          const attributes = reply.optional(() => readAttributes(reply))
          reply.optional(() => reply.opaque())
          return { ...entry, attributes }
        })
        return { entries, verifier: next, isLast: reply.boolean() }
      },
    )
  }

  /** Bytes, and numbers of files, of the file system that holds a file. */
  space(file: Buffer): Promise<Record<'total' | 'free' | 'available' | 'files' | 'freeFiles', bigint>> {
    return this.#call(
      'fsstat',
      () => new XdrWriter().opaque(file),
      (reply) => {
        reply.optional(() => readAttributes(reply))
        const [total, free, available] = [reply.uint64(), reply.uint64(), reply.uint64()]
        return { total, free, available, files: reply.uint64(), freeFiles: reply.uint64() }
      },
    )
  }

  async #make(procedure: 'create' | 'mkdir', directory: Buffer, name: string, args: () => XdrWriter): Promise<NfsFile> {
    const made = await this.#call(procedure, args, (reply) => ({
      handle: reply.optional(() => reply.opaque()),
      attributes: reply.optional(() => readAttributes(reply)),
    }))
    // A server need not say it.
    return made.handle === undefined ? this.lookup(directory, name) : this.#complete(made.handle, made.attributes)
  }

  async #complete(handle: Buffer, attributes: NfsAttributes | undefined): Promise<NfsFile> {
    return { handle, attributes: attributes ?? (await this.getAttributes(handle)) }
  }

  async #call(procedure: keyof typeof PROCEDURES, args: () => XdrWriter): Promise<void>
  async #call<T>(procedure: keyof typeof PROCEDURES, args: () => XdrWriter, read: (reply: XdrReader) => T): Promise<T>
  async #call<T>(
    procedure: keyof typeof PROCEDURES,
    args: () => XdrWriter,
    read?: (reply: XdrReader) => T,
  ): Promise<T | undefined> {
    for (let attempt = 1; ; attempt++) {
      const reply = await this.#rpc.call(PROCEDURES[procedure], args())
      const status = reply.uint32()
      if (status === 0) return read?.(reply)
      if (status !== JUKEBOX || attempt === BUSY_ATTEMPTS) throw new NfsError(status)
      await sleep(BUSY_PAUSE)
    }
  }
}

function named(directory: Buffer, name: string): () => XdrWriter {
  return () => new XdrWriter().opaque(directory).string(name)
}
