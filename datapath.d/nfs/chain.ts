/**
 * What there is to know of an image before QEMU opens it: whether anybody may write it, and the images below it, which QEMU
 * cannot find by itself: its NFS driver takes the path of an image for that of its directory.
 */
import { basename, dirname } from 'node:path'
import type { Int64 } from '../../src/contract/json.ts'
import { type ImageFormat, imageFormatOf } from '../../src/engine/image-format.ts'
import { HEADER_AREA, parseQcow2Header } from '../../src/engine/images/qcow2.ts'
import { connectAgain } from '../../src/engine/nfs/known-exports.ts'
import { ROUNDED } from '../../src/engine/qsd/size-in-file.ts'

/** Milliseconds that the server has for an answer. */
const PATIENCE = 5_000

/** Images on each other at most: a header that names one above it must not be followed for ever. */
const LONGEST_CHAIN = 1_000

/** The bits of a mode that let anybody write. */
const WRITABLE = 0o222

interface Image {
  readonly host: string
  readonly path: string
  readonly format: ImageFormat
  /** As whom the file is used; the user that the plugin runs as unless given. */
  readonly uid?: number | undefined
  readonly gid?: number | undefined
}

export interface ImageFacts {
  /** Nobody may write it: so a snapshot says what it is. A server lets root write all the same. */
  readonly readOnly: boolean
  /** The names of the images below a qcow2 image, in its directory, the topmost first. */
  readonly below: readonly string[]
  /** Bytes of the disk, where its format says them in its header, or has none. */
  readonly size?: Int64 | undefined
}

/** @throws ServerUnreachableError, ExportError, NfsError, DamagedFileError */
export async function factsOf({ host, path, format, uid, gid }: Image): Promise<ImageFacts> {
  const user = { uid: uid ?? process.geteuid?.() ?? 0, gid: gid ?? process.getegid?.() ?? 0 }
  const client = await connectAgain(host, dirname(path), user, PATIENCE)
  try {
    let file = await client.lookup(client.root, basename(path))
    const readOnly = (file.attributes.mode & WRITABLE) === 0
    let size = format === 'raw' ? ROUNDED.raw(file.attributes.size) : undefined
    const below: string[] = []
    let [name, isChained] = [basename(path), format === 'qcow2']
    while (isChained && below.length < LONGEST_CHAIN) {
      const header = parseQcow2Header(name, await client.read(file.handle, 0n, HEADER_AREA))
      const { backing } = header
      size ??= ROUNDED.qcow2(header.size)
      // Elsewhere than in the directory: QEMU may try.
      if (backing === undefined || /[/:]/.test(backing)) break
      below.push(backing)
      name = backing
      isChained = imageFormatOf(name) === 'qcow2'
      if (isChained) file = await client.lookup(client.root, name)
    }
    return { readOnly, below, size }
  } finally {
    client.close()
  }
}
