/** The process that serves the mount of an export outside the kernel: this plugin's own file with other arguments. */
import { realpathSync } from 'node:fs'
import { serveMount } from '../fuse/session.ts'
import { NfsClient } from './client.ts'
import { NfsFileSystem } from './file-system.ts'
import type { RpcUser } from './rpc.ts'

/** The first argument, by which the file knows that it is not called for a method. */
const ARGUMENT = '--serve-nfs'

/** Milliseconds that the server has for a request, also to come back after a restart; then the request fails. */
const PATIENCE = 15_000

/** The arguments for Node.js that serve a mount; `isServing` must be asked first by the plugin's own file. */
export function servingArguments(host: string, path: string, { uid, gid }: RpcUser, mountpoint: string): string[] {
  return [realpathSync(process.argv[1] ?? ''), ARGUMENT, host, path, String(uid), String(gid), mountpoint]
}

/** Whether this process was started to serve a mount. */
export function isServing(): boolean {
  return process.argv[2] === ARGUMENT
}

/** Serves the mount until it is gone. */
export async function serve(): Promise<void> {
  const [host = '', path = '', uid, gid, mountpoint = ''] = process.argv.slice(3)
  try {
    const client = await NfsClient.connect(host, path, { uid: Number(uid), gid: Number(gid) }, PATIENCE)
    await serveMount(new NfsFileSystem(client), `${host}:${path}`, mountpoint)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
