/** SRs of qcow2 images: in a directory, on an NFS server and on an SMB share. */
import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NFS_NEEDS, nfsServer } from '../../test/support/servers/nfs.ts'
import { SMB_NEEDS, smbServer } from '../../test/support/servers/smb.ts'
import { ENVIRONMENT } from '../measure.ts'
import { makeSr, runChecked, type StockDescription } from './stock.ts'

/** Reads what SR.ls has to: the names, each volume's metadata, the header and the allocation of each image. */
const READ_ONCE = `
const { readdirSync, readFileSync, openSync, readSync, closeSync, statSync } = require('node:fs')
const directory = process.argv[1]
const buffer = Buffer.alloc(4096)
const found = []
for (const name of readdirSync(directory)) {
  if (name.endsWith('.json')) found.push(JSON.parse(readFileSync(directory + '/' + name, 'utf8')))
  else if (name.endsWith('.qcow2')) {
    const path = directory + '/' + name
    const descriptor = openSync(path, 'r')
    readSync(descriptor, buffer, 0, 4096, 0)
    closeSync(descriptor)
    found.push(statSync(path).blocks)
  }
}
process.stdout.write(JSON.stringify(found))
`

/** Where directories are on this machine, and how a plugin names one. */
interface Directories {
  readonly path: string
  configure(name: string): Readonly<Record<string, string>>
  remove(): Promise<void>
}

function stocks(
  type: string,
  needs: StockDescription['needs'],
  volumes: number | undefined,
  open: (scratch: string) => Promise<Directories>,
): StockDescription {
  return {
    type,
    needs: [...needs, 'qemu-img'],
    ...(volumes === undefined ? {} : { volumes }),
    peer: 'reading the same files once, on the same mount',
    async start(plugin, scratch) {
      const { path, configure, remove } = await open(scratch)
      return {
        async fill(count) {
          const name = `${count} volumes`
          const directory = join(path, name)
          mkdirSync(directory)
          const { sr, key } = await makeSr(plugin, configure(name), 2 ** 30)
          copy(directory, key, count)
          const mounted = attachedDirectory(plugin.runDirectory, type, sr)
          return {
            sr,
            key,
            readOnce: () => void runChecked([process.execPath, '-e', READ_ONCE, mounted], ENVIRONMENT),
          }
        },
        async remove() {
          for (const sr of await plugin.call('Plugin.ls', {})) await plugin.call('SR.detach', { sr })
          await remove()
        },
      }
    },
  }
}

/** Copies a volume's metadata; the images are links to the one, since they are only looked at. */
function copy(directory: string, key: string, count: number): void {
  const metadata = readFileSync(join(directory, `${key}.json`), 'utf8')
  for (let made = 1; made < count; made++) {
    const other = crypto.randomUUID()
    writeFileSync(join(directory, `${other}.json`), metadata.replaceAll(key, other))
    linkSync(join(directory, `${key}.qcow2`), join(directory, `${other}.qcow2`))
  }
}

/** The directory as the plugin reaches it: for servers, its mount. */
function attachedDirectory(runDirectory: string, type: string, sr: string): string {
  const records = join(runDirectory, 'volume', type)
  const texts = readdirSync(records).filter((name) => name.endsWith('.json'))
  for (const name of texts) {
    const record = JSON.parse(readFileSync(join(records, name), 'utf8')) as { sr: string; directory: string }
    if (record.sr === sr) return record.directory
  }
  throw new Error(`${sr} is not attached`)
}

export const directoryStocks: readonly StockDescription[] = [
  stocks('file', [], undefined, async (scratch) => ({
    path: scratch,
    configure: (name) => ({ uri: `file://${encodeURI(join(scratch, name))}` }),
    remove: async () => {},
  })),
  stocks('nfs', [...NFS_NEEDS, 'fusermount3'], 1000, async () => {
    const { host, exportPath, remove } = await nfsServer()
    return {
      path: exportPath,
      configure: (name) => ({ server: host.address, serverpath: join(exportPath, name) }),
      remove,
    }
  }),
  stocks('smb', [...SMB_NEEDS, 'smbnetfs', 'fusermount3'], 200, async () => {
    const { host, directory, share, user, password, remove } = await smbServer()
    const login = { username: user, password }
    return {
      path: directory,
      configure: (name) => ({ server: host.address, serverpath: `/${share}/${name}`, ...login }),
      remove,
    }
  }),
]
