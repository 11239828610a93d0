/** What the program in Python does at a cluster: the operations, what they are given, and what they answer. */

/** A bitmap of blocks of 64 KiB in base64, the most significant bit of a byte first. */
export type BlockBitmap = string

interface Operation<Arguments extends object, Result = null> {
  readonly arguments: Arguments
  readonly result: Result
}

type Records = Readonly<Record<string, string>>

export interface Operations {
  /** Of the libraries, by name; needs no cluster. */
  versions: Operation<object, Records>
  connect: Operation<
    {
      pool: string | undefined
      namespace: string | undefined
      conf: string | undefined
      user: string | undefined
      keyring: string | undefined
      monitors: string | undefined
      /** Seconds. */
      patience: number
    },
    {
      /** Identifies the cluster. */
      readonly fsid: string
      /** Where the cluster sees this connection. */
      readonly addresses: string
    }
  >

  pools: Operation<object, readonly string[]>
  /** What a pool is for, such as `rbd`. */
  pool_applications: Operation<object, readonly string[]>
  pool_init: Operation<object>
  namespaces: Operation<object, readonly string[]>
  namespace_create: Operation<{ name: string }>
  namespace_remove: Operation<{ name: string }>
  /** Bytes; null where the cluster does not tell. */
  space: Operation<{ pool: string }, { readonly free: number; readonly total: number } | null>

  /** The values of some keys; those that are not there are left out. */
  read: Operation<{ object: string; keys: readonly string[] }, Records>
  list_records: Operation<{ object: string; prefix: string }, Records>
  /**
   * Changes records in one step if those to compare are as given, empty for one that is not there; says whether it did.
   * The object has to exist, or not to exist where it is to be created.
   */
  write: Operation<
    { object: string; compare: Records; values: Records; remove: readonly string[]; create?: boolean },
    boolean
  >
  remove_object: Operation<{ object: string }>

  images: Operation<object, readonly string[]>
  /** Makes an image of zeroes and tells its id. */
  create: Operation<{ image: string; size: number }, string>
  /** Makes an image at least as large and tells its size. */
  grow: Operation<{ image: string; size: number }, number>
  /** Frees what only the image has, and not its snapshots. */
  empty: Operation<{ image: string }>
  snapshot: Operation<{ image: string; name: string }, { readonly id: number; readonly size: number }>
  snapshot_remove: Operation<{ image: string; name: string }>
  /** Makes a child of a snapshot and tells its id. */
  clone: Operation<{ parent: string; snapshot: string; image: string }, string>
  copy: Operation<
    { image: string; snapshot: string; pool: string; namespace: string; copy: string },
    { readonly id: string; readonly size: number }
  >
  /**
   * Gives an image the blocks that it has of its parent, and takes it off that. EBUSY where the snapshot that it is a child
   * of is kept by its children only: that is not safe.
   */
  flatten: Operation<{ image: string }>
  /** Addresses of those who have the image open to write it. */
  watchers: Operation<{ image: string }, readonly string[]>
  remove: Operation<{ image: string }>
  /** Has the cluster drop a client that has died. */
  sever: Operation<{ address: string }>

  /** Bytes that points, [id of an image, number of a snapshot or null, size], do not share with the snapshot before. */
  usage: Operation<{ points: readonly (readonly [string, number | null, number])[] }, readonly number[]>
  /** Blocks that changed between two snapshots of an image; null for the image itself. */
  changed: Operation<{ image: string; older: string; newer: string | null; whole: boolean }, BlockBitmap>
  /** Blocks that an image has itself, and not from its parent. */
  own: Operation<{ image: string; snapshot: string | null }, BlockBitmap>
  /** Those of some blocks, or of all, in which two images differ. */
  differing: Operation<
    {
      image: string
      snapshot: string | null
      other: string
      other_snapshot: string | null
      blocks: BlockBitmap | null
    },
    BlockBitmap
  >
}
