/** What a file system outside the kernel has to do. Files are known by numbers, of which the root has {@link ROOT}. */

/** Attributes of a file, as the kernel takes them. */
export interface FuseAttributes {
  readonly inode: bigint
  readonly size: bigint
  /** Bytes that it occupies. */
  readonly used: bigint
  /** Type and permission bits, as in stat(2). */
  readonly mode: number
  readonly links: number
  readonly uid: number
  readonly gid: number
  readonly accessed: FuseTime
  readonly modified: FuseTime
  readonly changed: FuseTime
}

export interface FuseTime {
  readonly seconds: number
  readonly nanoseconds: number
}

/** A file that was found or made; the kernel counts each as a use of its number, and tells when it forgets them. */
export interface FuseEntry {
  readonly node: bigint
  readonly attributes: FuseAttributes
  /** Whole seconds for which the kernel need not ask for the name again; none unless given. */
  readonly seconds?: number
}

export interface FuseChange {
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly size?: bigint
  readonly accessed?: FuseTime | 'now'
  readonly modified?: FuseTime | 'now'
}

export interface FuseDirectoryEntry {
  readonly name: string
  readonly inode: bigint
  /** As in the mode, without the permissions. */
  readonly type: number
  /** Where to go on behind it; never 0. */
  readonly next: bigint
}

export interface FuseSpace {
  readonly total: bigint
  readonly free: bigint
  readonly available: bigint
  readonly files: bigint
  readonly freeFiles: bigint
}

/** A failure that the system has a number for. */
export interface FuseFailure extends Error {
  readonly errno: number
}

/** Each method may throw a {@link FuseFailure}; anything else becomes EIO. */
export interface FuseFileSystem {
  /** Bytes that a request reads or writes at most. */
  readonly transferSize: number
  lookup(directory: bigint, name: string): Promise<FuseEntry>
  forget(node: bigint, uses: bigint): void
  getAttributes(node: bigint): Promise<FuseAttributes>
  setAttributes(node: bigint, change: FuseChange): Promise<FuseAttributes>
  makeDirectory(directory: bigint, name: string, mode: number): Promise<FuseEntry>
  create(directory: bigint, name: string, mode: number, exclusive: boolean): Promise<FuseEntry>
  unlink(directory: bigint, name: string): Promise<void>
  removeDirectory(directory: bigint, name: string): Promise<void>
  rename(directory: bigint, name: string, newDirectory: bigint, newName: string): Promise<void>
  link(node: bigint, directory: bigint, name: string): Promise<FuseEntry>
  read(node: bigint, offset: bigint, size: number): Promise<Buffer>
  write(node: bigint, offset: bigint, data: Buffer): Promise<number>
  /** Makes what was written durable. */
  sync(node: bigint): Promise<void>
  /** The entries behind a position, which is 0 at the beginning; none at the end. */
  list(directory: bigint, position: bigint): Promise<readonly FuseDirectoryEntry[]>
  space(): Promise<FuseSpace>
}
