/** Reading and writing a disk through one of the implementations that a datapath plugin answers. */
import { constants } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import type { Result } from '../../contract/methods.ts'
import type { ClauseId } from '../clauses.ts'
import { Violation } from '../violation.ts'
import { NbdClient } from './nbd.ts'
import { parseNbdUri } from './nbd-uri.ts'

export type Backend = Result<'Datapath.attach'>
export type Implementation = Backend['implementations'][number]

/** An open disk. What goes wrong is a Violation: the plugin answered something that cannot be used. */
export interface Access {
  /** Bytes. */
  readonly size: bigint
  readonly isReadOnly: boolean
  read(offset: number, length: number): Promise<Buffer>
  write(offset: number, bytes: Buffer): Promise<void>
  flush(): Promise<void>
  close(): Promise<void>
}

/** The order in which tools of dom0 choose. */
const PREFERENCE = ['BlockDevice', 'File', 'Nbd'] as const

/** Implementations that dom0 can use, the one that it would choose first. */
export function usable({ implementations }: Backend): Implementation[] {
  return PREFERENCE.flatMap((tag) => implementations.filter(([name]) => name === tag))
}

/** Opens the implementation that dom0 would choose. */
export async function openBackend(backend: Backend, writable = true): Promise<Access> {
  const [first] = usable(backend)
  if (first === undefined)
    throw new Violation(
      'an implementation that dom0 can use: BlockDevice, File or Nbd',
      backend.implementations,
      undefined,
      'DP-ATTACH-003',
    )
  return openImplementation(first, writable)
}

/** Opens one implementation. */
export async function openImplementation(implementation: Implementation, writable = true): Promise<Access> {
  const access = await explained(
    `${describe(implementation)} opens`,
    () => opened(implementation, writable),
    'DP-ATTACH-005',
  )
  const what = describe(implementation)
  const smaller = (end: number): ClauseId | undefined => (BigInt(end) > access.size ? 'DP-ATTACH-006' : undefined)
  return {
    size: access.size,
    isReadOnly: access.isReadOnly,
    read(offset, length) {
      const expected = `${what} can be read at ${offset}`
      return explained(expected, () => access.read(offset, length), smaller(offset + length))
    },
    write(offset, bytes) {
      const expected = `${what} can be written at ${offset}`
      return explained(expected, () => access.write(offset, bytes), smaller(offset + bytes.length))
    },
    flush: () => explained(`${what} can be flushed`, () => access.flush()),
    close: () => explained(`${what} can be closed`, () => access.close()),
  }
}

export function describe([tag, payload]: Implementation): string {
  return `${tag} ${'path' in payload ? payload.path : 'uri' in payload ? payload.uri : payload.params}`
}

async function opened([tag, payload]: Implementation, writable: boolean): Promise<Access> {
  if ('uri' in payload) {
    const address = parseNbdUri(payload.uri)
    if (address === undefined) throw new Error('it is no NBD URI')
    return NbdClient.open(address)
  }
  if ('path' in payload) return fileAccess(payload.path, writable)
  throw new Error(`${tag} is for guests only`)
}

async function fileAccess(path: string, writable: boolean): Promise<Access> {
  const file = await open(path, writable ? constants.O_RDWR : constants.O_RDONLY)
  try {
    return { ...(await accessOf(file)), isReadOnly: !writable }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function accessOf(file: FileHandle): Promise<Omit<Access, 'isReadOnly'>> {
  return {
    size: await sizeOf(file),
    async read(offset, length) {
      const bytes = Buffer.alloc(length)
      const { bytesRead } = await file.read(bytes, 0, length, offset)
      if (bytesRead !== length) throw new Error(`it ends after ${offset + bytesRead} bytes`)
      return bytes
    },
    async write(offset, bytes) {
      const { bytesWritten } = await file.write(bytes, 0, bytes.length, offset)
      if (bytesWritten !== bytes.length) throw new Error(`it ends after ${offset + bytesWritten} bytes`)
    },
    flush: () => file.sync(),
    close: () => file.close(),
  }
}

/** Of a block device the kernel tells the size in sectors of 512 bytes, under its numbers. */
async function sizeOf(file: FileHandle): Promise<bigint> {
  const stats = await file.stat({ bigint: true })
  if (stats.isFile()) return stats.size
  if (!stats.isBlockDevice()) throw new Error('it is neither a file nor a block device')
  // The numbers as glibc packs them.
  const major = ((stats.rdev >> 8n) & 0xfffn) | ((stats.rdev >> 32n) & ~0xfffn)
  const minor = (stats.rdev & 0xffn) | ((stats.rdev >> 12n) & ~0xffn)
  const sectors = await readFile(`/sys/dev/block/${major}:${minor}/size`, 'utf8')
  return BigInt(sectors.trim()) * 512n
}

async function explained<T>(expected: string, body: () => Promise<T>, because?: ClauseId): Promise<T> {
  try {
    return await body()
  } catch (error) {
    throw new Violation(expected, error instanceof Error ? error.message : String(error), undefined, because)
  }
}
