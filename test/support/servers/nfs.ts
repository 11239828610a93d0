/** An NFS server: nfs-ganesha and rpcbind, which NFS version 3 needs. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { libraryOf } from '../needs.ts'
import { HOST_NEEDS, type ServerHost, serverHost } from './host.ts'
import type { ServerProcess } from './process.ts'
import { succeeds } from './tool.ts'

export const NFS_NEEDS = [...HOST_NEEDS, 'ganesha.nfsd', 'nfs-ganesha-vfs', 'rpcbind', 'nfs-ls'] as const

export interface NfsServer {
  readonly host: ServerHost
  /** The exported directory, the same path on the server and for clients. */
  readonly exportPath: string
  /** Kills the server as a crash does, keeping its files; clients see the connection reset. */
  kill(): Promise<void>
  /** Starts it again after kill(). */
  restart(): Promise<void>
  remove(): Promise<void>
}

/** @param exportPath an existing directory to export; without one, a new one is made */
export async function nfsServer(exportPath?: string): Promise<NfsServer> {
  const host = await serverHost()
  const exported = exportPath ?? join(host.directory, 'export')
  mkdirSync(exported, { recursive: true, mode: 0o755 })
  const recovery = join(host.directory, 'recovery')
  mkdirSync(recovery)
  const configuration = join(host.directory, 'ganesha.conf')
  writeFileSync(configuration, ganeshaConfiguration(exported, recovery))
  let ganesha: ServerProcess

  async function start(): Promise<void> {
    ganesha = host.start('ganesha.nfsd', [
      '-F',
      ...['-f', configuration],
      ...['-L', join(host.directory, 'ganesha.log')],
      ...['-p', join(host.directory, 'ganesha.pid')],
    ])
    await ganesha.ready(() => succeeds('timeout', ['2', 'nfs-ls', `nfs://${host.address}${exported}`]))
  }

  try {
    const rpcbind = host.start('rpcbind', ['-f', '-w'])
    await rpcbind.ready(() => succeeds('/usr/bin/python3', ['-c', CONNECT, host.address, '111']))
    await start()
  } catch (error) {
    await host.remove()
    throw error
  }
  return {
    host,
    exportPath: exported,
    kill: () => ganesha.kill(),
    restart: start,
    remove: () => host.remove(),
  }
}

const CONNECT = 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)'

function ganeshaConfiguration(exported: string, recovery: string): string {
  return `
NFS_CORE_PARAM {
  Protocols = 3, 4;
  MNT_Port = 20048;
  Enable_NLM = false;
  Enable_RQUOTA = false;
  Plugins_Dir = ${libraryOf('ganesha')};
}
NFSv4 { Graceless = true; RecoveryBackend = fs; RecoveryRoot = "${recovery}"; }
EXPORT {
  Export_Id = 1;
  Path = "${exported}";
  Pseudo = /export;
  Access_Type = RW;
  Squash = No_Root_Squash;
  SecType = sys;
  FSAL { Name = VFS; }
}
`
}
