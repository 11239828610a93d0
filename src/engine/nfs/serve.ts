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

/** What is mounted, and as whom. */
export interface Served {
  readonly host: string
  /** Of the exported directory. */
  readonly path: string
  /** The directory below it that is used, as `/sub/directory`; empty where that is the exported one. */
  readonly below: string
  readonly user: RpcUser
}

/** The arguments for Node.js that serve a mount; `isServing` must be asked first by the plugin's own file. */
export function servingArguments({ host, path, below, user: { uid, gid } }: Served, mountpoint: string): string[] {
  return [realpathSync(process.argv[1] ?? ''), ARGUMENT, host, path, below, String(uid), String(gid), mountpoint]
}

/** Whether this process was started to serve a mount. */
export function isServing(): boolean {
  return process.argv[2] === ARGUMENT
}

/** Serves the mount until it is gone. */
export async function serve(): Promise<void> {
  const [host = '', path = '', below = '', uid, gid, mountpoint = ''] = process.argv.slice(3)
  try {
    const client = await NfsClient.connect(host, path, { uid: Number(uid), gid: Number(gid) }, PATIENCE)
    await serveMount(new NfsFileSystem(client, below), `${host}:${path}`, mountpoint)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
