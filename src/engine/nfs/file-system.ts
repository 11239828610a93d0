/** An NFS export as a file system for FUSE: numbers of files here, file handles there. */
import { constants } from 'node:fs'
import { constants as systemErrors } from 'node:os'
import type {
  FuseAttributes,
  FuseChange,
  FuseDirectoryEntry,
  FuseEntry,
  FuseFileSystem,
  FuseSpace,
} from '../fuse/file-system.ts'
import { ROOT } from '../fuse/wire.ts'
import type { NfsAttributes } from './attributes.ts'
import type { NfsClient, NfsFile } from './client.ts'

/** What the kernel and this process are ready to carry in one request. */
const LARGEST_TRANSFER = 256 << 10

/** Types of files: those of NFS, which count from 1, as the bits of a mode. */
const { S_IFREG, S_IFDIR, S_IFBLK, S_IFCHR, S_IFLNK, S_IFSOCK, S_IFIFO } = constants
const TYPES: readonly number[] = [0, S_IFREG, S_IFDIR, S_IFBLK, S_IFCHR, S_IFLNK, S_IFSOCK, S_IFIFO]

/**
 * Seconds for which the directories on the way to the one that is used are not looked up again: every request on a path would
 * cost as many as it has directories. Where another host replaces one, the server says that it is gone, and the kernel asks.
 */
const WAY_SECONDS = 1

/** Before the first part of a listing. */
const NO_VERIFIER = Buffer.alloc(8)

/** A file that the kernel knows. */
interface Known {
  readonly handle: Buffer
  /** How often the kernel was told its number. */
  uses: bigint
  /** Of the writes that are not committed; they have to agree. */
  verifiers: Set<string>
}

/** What was written may be lost: the server has restarted before it was made durable. */
class LostWriteError extends Error {
  readonly errno: number = systemErrors.errno.EIO
}

export class NfsFileSystem implements FuseFileSystem {
  readonly transferSize: number
  readonly #client: NfsClient
  readonly #known = new Map<bigint, Known>()
  readonly #numbers = new Map<string, bigint>()
  /** Verifiers of the listings that are being read, by directory. */
  readonly #listings = new Map<bigint, Buffer>()
  /** Names from a directory to the one that is used, by the directories on the way. */
  readonly #way: Map<bigint, readonly string[]>
  #next = ROOT

  /** @param used the path of a directory in the export */
  constructor(client: NfsClient, used = '') {
    const { read, write } = client.limits
    this.#client = client
    this.transferSize = Math.min(LARGEST_TRANSFER, read, write)
    this.#way = new Map([[ROOT, used.split('/').filter((name) => name !== '')]])
    this.#know(client.root)
  }

  async lookup(directory: bigint, name: string): Promise<FuseEntry> {
    const entry = this.#entry(await this.#client.lookup(this.#handle(directory), name))
    const [next, ...rest] = this.#way.get(directory) ?? []
    if (name !== next) return entry
    this.#way.set(entry.node, rest)
    return { ...entry, seconds: WAY_SECONDS }
  }

  forget(node: bigint, uses: bigint): void {
    const known = this.#known.get(node)
    if (known === undefined || node === ROOT) return
    known.uses -= uses
    if (known.uses > 0n) return
    this.#known.delete(node)
    this.#numbers.delete(known.handle.toString('latin1'))
    this.#listings.delete(node)
    this.#way.delete(node)
  }

  async getAttributes(node: bigint): Promise<FuseAttributes> {
    return attributesOf(await this.#client.getAttributes(this.#handle(node)))
  }

  async setAttributes(node: bigint, change: FuseChange): Promise<FuseAttributes> {
    const { accessed, modified, ...rest } = change
    await this.#client.setAttributes(this.#handle(node), {
      ...rest,
      ...(accessed === undefined ? {} : { accessed: accessed === 'now' ? 'server' : accessed }),
      ...(modified === undefined ? {} : { modified: modified === 'now' ? 'server' : modified }),
    })
    return this.getAttributes(node)
  }

  async makeDirectory(directory: bigint, name: string, mode: number): Promise<FuseEntry> {
    return this.#entry(await this.#client.makeDirectory(this.#handle(directory), name, { mode: mode & 0o7777 }))
  }

  async create(directory: bigint, name: string, mode: number, exclusive: boolean): Promise<FuseEntry> {
    return this.#entry(await this.#client.create(this.#handle(directory), name, { mode: mode & 0o7777 }, exclusive))
  }

  unlink(directory: bigint, name: string): Promise<void> {
    return this.#client.remove(this.#handle(directory), name)
  }

  removeDirectory(directory: bigint, name: string): Promise<void> {
    return this.#client.removeDirectory(this.#handle(directory), name)
  }

  rename(directory: bigint, name: string, newDirectory: bigint, newName: string): Promise<void> {
    return this.#client.rename(this.#handle(directory), name, this.#handle(newDirectory), newName)
  }

  async link(node: bigint, directory: bigint, name: string): Promise<FuseEntry> {
    const handle = this.#handle(node)
    await this.#client.link(handle, this.#handle(directory), name)
    return this.#entry({ handle, attributes: await this.#client.getAttributes(handle) })
  }

  async read(node: bigint, offset: bigint, size: number): Promise<Buffer> {
    const handle = this.#handle(node)
    const parts: Buffer[] = []
    // A server may give less than was asked for; nothing is the end of the file.
    for (let done = 0; done < size; ) {
      const count = Math.min(size - done, this.transferSize)
      const part = await this.#client.read(handle, offset + BigInt(done), count)
      if (part.length === 0) break
      parts.push(part)
      done += part.length
    }
    const [first] = parts
    return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)
  }

  async write(node: bigint, offset: bigint, data: Buffer): Promise<number> {
    const { handle, verifiers } = this.#get(node)
    for (let done = 0; done < data.length; ) {
      const { count, verifier } = await this.#client.write(handle, offset + BigInt(done), data.subarray(done))
      if (count === 0) throw new LostWriteError('the server wrote nothing')
      verifiers.add(verifier.toString('hex'))
      done += count
    }
    return data.length
  }

  async sync(node: bigint): Promise<void> {
    const known = this.#get(node)
    const { handle, verifiers } = known
    if (verifiers.size === 0) return
    known.verifiers = new Set()
    try {
      const verifier = await this.#client.commit(handle)
      verifiers.delete(verifier.toString('hex'))
    } catch (error) {
      for (const verifier of verifiers) known.verifiers.add(verifier)
      throw error
    }
    if (verifiers.size > 0) throw new LostWriteError('the server restarted and lost what was written')
  }

  async list(directory: bigint, position: bigint): Promise<readonly FuseDirectoryEntry[]> {
    const verifier = position === 0n ? NO_VERIFIER : (this.#listings.get(directory) ?? NO_VERIFIER)
    const { entries, verifier: next } = await this.#client.list(this.#handle(directory), position, verifier)
    this.#listings.set(directory, next)
    return entries.map(({ name, fileId, cookie, attributes }) => ({
      name,
      inode: fileId,
      type: TYPES[attributes?.type ?? 0] ?? 0,
      next: cookie,
    }))
  }

  space(): Promise<FuseSpace> {
    return this.#client.space(this.#client.root)
  }

  #entry({ handle, attributes }: NfsFile): FuseEntry {
    return { node: this.#know(handle), attributes: attributesOf(attributes) }
  }

  /** The number of a file, which counts as told once more. */
  #know(handle: Buffer): bigint {
    const text = handle.toString('latin1')
    const number = this.#numbers.get(text) ?? this.#next++
    const known = this.#known.get(number)
    if (known === undefined) this.#known.set(number, { handle: Buffer.from(handle), uses: 1n, verifiers: new Set() })
    else known.uses++
    this.#numbers.set(text, number)
    return number
  }

  #get(node: bigint): Known {
    const known = this.#known.get(node)
    if (known === undefined) throw Object.assign(new Error(`no file ${node}`), { errno: systemErrors.errno.ESTALE })
    return known
  }

  #handle(node: bigint): Buffer {
    return this.#get(node).handle
  }
}

function attributesOf(attributes: NfsAttributes): FuseAttributes {
  const { fileId, type, mode, ...rest } = attributes
  return { ...rest, inode: fileId, mode: (TYPES[type] ?? 0) | (mode & 0o7777) }
}
