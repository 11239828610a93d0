/** An SMB server: smbd with one share and one user. */

import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { HOST_NEEDS, type ServerHost, serverHost } from './host.ts'
import type { ServerProcess } from './process.ts'
import { succeeds } from './tool.ts'

export const SMB_NEEDS = [...HOST_NEEDS, 'smbd', 'smbpasswd', 'smbclient'] as const

export interface SmbServer {
  readonly host: ServerHost
  readonly share: string
  /** The directory on the server that is shared. */
  readonly directory: string
  readonly user: string
  readonly password: string
  kill(): Promise<void>
  /** Starts it again after kill(). */
  restart(): Promise<void>
  remove(): Promise<void>
}

const SHARE = 'disks'
const USER = 'root'
const PASSWORD = 'pass word%&:@#1'

/** @param directory an existing directory to share; without one, a new one is made */
export async function smbServer(directory?: string): Promise<SmbServer> {
  const host = await serverHost()
  const shared = directory ?? join(host.directory, 'share')
  mkdirSync(shared, { recursive: true, mode: 0o755 })
  const configuration = join(host.directory, 'smb.conf')
  let smbd: ServerProcess

  async function start(): Promise<void> {
    smbd = host.start('smbd', ['-F', '-s', configuration, '--no-process-group'])
    const login = join(host.directory, 'login')
    writeFileSync(login, `username=${USER}\npassword=${PASSWORD}\n`, { mode: 0o600 })
    await smbd.ready(() =>
      succeeds('smbclient', ['-s', configuration, '-A', login, '-c', 'ls', `//${host.address}/${SHARE}`]),
    )
  }

  try {
    writeFileSync(configuration, smbConfiguration(host, shared))
    for (const name of PRIVATE_DIRECTORIES) mkdirSync(join(host.directory, name), { mode: 0o755 })
    const setPassword = promisify(execFile)('smbpasswd', ['-c', configuration, '-s', '-a', USER], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    })
    setPassword.child.stdin?.end(`${PASSWORD}\n${PASSWORD}\n`)
    await setPassword
    await start()
  } catch (error) {
    await host.remove()
    throw error
  }
  return {
    host,
    share: SHARE,
    directory: shared,
    user: USER,
    password: PASSWORD,
    kill: () => smbd.kill(),
    restart: start,
    async remove() {
      await smbd.kill()
      await host.remove()
    },
  }
}

/** What would otherwise be below /var and /run. */
const PRIVATE_DIRECTORIES = ['private', 'lock', 'state', 'cache', 'pid', 'ncalrpc'] as const

function smbConfiguration({ address, directory }: ServerHost, shared: string): string {
  return `
[global]
  server role = standalone server
  interfaces = ${address}/30
  bind interfaces only = yes
  disable netbios = yes
  smb ports = 445
  load printers = no
  disable spoolss = yes
  log file = ${directory}/log/smbd.log
  private dir = ${directory}/private
  lock directory = ${directory}/lock
  state directory = ${directory}/state
  cache directory = ${directory}/cache
  pid directory = ${directory}/pid
  ncalrpc dir = ${directory}/ncalrpc
  passdb backend = smbpasswd:${directory}/private/smbpasswd
[${SHARE}]
  path = ${shared}
  read only = no
  strict sync = yes
`
}
