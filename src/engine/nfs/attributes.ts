/** Attributes of files as NFS version 3 tells and takes them (RFC 1813, section 2.5). */
import type { XdrReader, XdrWriter } from './xdr.ts'

/** Seconds and nanoseconds since 1970. */
export interface NfsTime {
  readonly seconds: number
  readonly nanoseconds: number
}

/** What a file is. */
export interface NfsAttributes {
  /** 1 file, 2 directory, 3 block device, 4 character device, 5 symbolic link, 6 socket, 7 pipe. */
  readonly type: number
  readonly mode: number
  readonly links: number
  readonly uid: number
  readonly gid: number
  readonly size: bigint
  /** Bytes on the server's disk. */
  readonly used: bigint
  /** The inode number. */
  readonly fileId: bigint
  readonly accessed: NfsTime
  readonly modified: NfsTime
  readonly changed: NfsTime
}

/** What is to be changed; `server` for a time is the server's clock. */
export interface NfsChange {
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly size?: bigint
  readonly accessed?: NfsTime | 'server'
  readonly modified?: NfsTime | 'server'
}

export function readAttributes(reader: XdrReader): NfsAttributes {
  const [type, mode, links, uid, gid] = [
    reader.uint32(),
    reader.uint32(),
    reader.uint32(),
    reader.uint32(),
    reader.uint32(),
  ]
  const [size, used] = [reader.uint64(), reader.uint64()]
  // The numbers of a device, and of the file system.
  reader.fixed(16)
  const fileId = reader.uint64()
  const [accessed, modified, changed] = [readTime(reader), readTime(reader), readTime(reader)]
  return { type, mode, links, uid, gid, size, used, fileId, accessed, modified, changed }
}

/** Skips what a directory or file was before and after (wcc_data). */
export function skipChanges(reader: XdrReader): void {
  reader.optional(() => reader.fixed(24))
  reader.optional(() => readAttributes(reader))
}

export function writeChange(writer: XdrWriter, change: NfsChange): XdrWriter {
  for (const value of [change.mode, change.uid, change.gid]) writer.optional(value, (number) => writer.uint32(number))
  writer.optional(change.size, (size) => writer.uint64(size))
  writeTime(writer, change.accessed)
  writeTime(writer, change.modified)
  return writer
}

function readTime(reader: XdrReader): NfsTime {
  return { seconds: reader.uint32(), nanoseconds: reader.uint32() }
}

function writeTime(writer: XdrWriter, time: NfsTime | 'server' | undefined): void {
  if (time === undefined) writer.uint32(0)
  else if (time === 'server') writer.uint32(1)
  else writer.uint32(2).uint32(time.seconds).uint32(time.nanoseconds)
}
