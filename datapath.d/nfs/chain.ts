/**
 * The images below an image. QEMU cannot find them by itself: its NFS driver takes the path of an image for that of its
 * directory.
 */
import { basename, dirname } from 'node:path'
import { imageFormatOf } from '../../src/engine/image-format.ts'
import { HEADER_AREA, parseQcow2Header } from '../../src/engine/images/qcow2.ts'
import { NfsClient } from '../../src/engine/nfs/client.ts'

/** Milliseconds that the server has for an answer. */
const PATIENCE = 5_000

/** Images on each other at most: a header that names one above it must not be followed for ever. */
const LONGEST_CHAIN = 1_000

interface Image {
  readonly host: string
  readonly path: string
  /** As whom the file is used; the user that the plugin runs as unless given. */
  readonly uid?: number | undefined
  readonly gid?: number | undefined
}

/**
 * The names of the images below a qcow2 image, in its directory, the topmost first.
 * @throws ServerUnreachableError, ExportError, NfsError, DamagedFileError
 */
export async function namesBelow({ host, path, uid, gid }: Image): Promise<readonly string[]> {
  const user = { uid: uid ?? process.geteuid?.() ?? 0, gid: gid ?? process.getegid?.() ?? 0 }
  const client = await NfsClient.connect(host, dirname(path), user, PATIENCE)
  try {
    const names: string[] = []
    let name: string | undefined = basename(path)
    while (name !== undefined && names.length < LONGEST_CHAIN) {
      const { handle } = await client.lookup(client.root, name)
      const header = parseQcow2Header(name, await client.read(handle, 0n, HEADER_AREA))
      name = header.backing
      // Elsewhere than in the directory: QEMU may try.
      if (name === undefined || /[/:]/.test(name)) break
      names.push(name)
      if (imageFormatOf(name) !== 'qcow2') break
    }
    return names
  } finally {
    client.close()
  }
}
