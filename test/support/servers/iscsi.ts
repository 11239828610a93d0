/** An iSCSI target: tgtd with one target whose logical units are files. */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { HOST_NEEDS, type ServerHost, serverHost } from './host.ts'
import type { ServerProcess } from './process.ts'
import { succeeds, tool } from './tool.ts'

export const ISCSI_NEEDS = [...HOST_NEEDS, 'tgtd', 'tgtadm'] as const

/** The login that a target demands of its initiators. */
export interface ChapLogin {
  readonly user: string
  /** 12 to 16 characters. */
  readonly password: string
}

export interface IscsiServer {
  readonly host: ServerHost
  /** The target's iSCSI qualified name. */
  readonly target: string
  /** Adds a logical unit of a size in bytes, thinly provisioned. */
  addUnit(lun: number, bytes: number): Promise<void>
  /** Makes a unit larger, as an array does. */
  growUnit(lun: number, bytes: number): Promise<void>
  /** Gives a unit another identity, as if the array had given its number to another disk. */
  replaceUnit(lun: number): Promise<void>
  /** Adds another target, without units, and with a login of its own. */
  addTarget(name: string, login: ChapLogin): Promise<void>
  /** The size in millions of bytes that the server itself says each disk of the target has, by number. */
  unitSizes(): Promise<Readonly<Record<string, number>>>
  kill(): Promise<void>
  /** Starts it again after kill(), with the units it had. */
  restart(): Promise<void>
  remove(): Promise<void>
}

const TARGET = 'iqn.2024-01.org.example:disks'

export async function iscsiServer(chap?: ChapLogin): Promise<IscsiServer> {
  const host = await serverHost()
  const environment = { TGT_IPC_SOCKET: join(host.directory, 'tgtd') }
  const units = new Map<number, string>()
  let tgtd: ServerProcess

  const admin = (...args: readonly string[]): Promise<string> =>
    tool('tgtadm', ['--lld', 'iscsi', ...args], environment)

  async function start(): Promise<void> {
    tgtd = host.start('tgtd', ['-f', '-C', '0', '--iscsi', `portal=${host.address}:3260`], environment)
    await tgtd.ready(() => succeeds('tgtadm', ['--lld', 'iscsi', '--op', 'show', '--mode', 'target'], environment))
    await admin('--op', 'new', '--mode', 'target', '--tid', '1', '-T', TARGET)
    for (const [lun, file] of units) await present(lun, file)
    if (chap !== undefined) {
      const account = ['--mode', 'account', '--user', chap.user]
      await admin('--op', 'new', ...account, '--password', chap.password)
      await admin('--op', 'bind', ...account, '--tid', '1')
    }
    // Last, so that nobody gets in before the target is complete.
    await admin('--op', 'bind', '--mode', 'target', '--tid', '1', '-I', 'ALL')
  }

  async function present(lun: number, file: string): Promise<void> {
    const unit = ['--mode', 'logicalunit', '--tid', '1', '--lun', String(lun)]
    await admin('--op', 'new', ...unit, '-b', file)
    await admin('--op', 'update', ...unit, '--params', `scsi_id=unit-${lun},scsi_sn=${lun},thin_provisioning=1`)
  }

  try {
    mkdirSync(join(host.directory, 'units'))
    await start()
  } catch (error) {
    await host.remove()
    throw error
  }
  return {
    host,
    target: TARGET,
    async addUnit(lun, bytes) {
      const file = join(host.directory, 'units', String(lun))
      writeFileSync(file, '')
      truncateSync(file, bytes)
      units.set(lun, file)
      await present(lun, file)
    },
    async growUnit(lun, bytes) {
      const file = units.get(lun)
      if (file === undefined) throw new Error(`there is no unit ${lun}`)
      truncateSync(file, bytes)
      // The server looks at the size of a file only when it is given out.
      const unit = ['--mode', 'logicalunit', '--tid', '1', '--lun', String(lun)]
      // Nor does it take a unit away under a request: who looks at all block devices of this machine reads this one too.
      await eventually(async () => (await admin('--op', 'delete', ...unit)) !== undefined, `unit ${lun} is taken away`)
      await present(lun, file)
    },
    async replaceUnit(lun) {
      const unit = ['--mode', 'logicalunit', '--tid', '1', '--lun', String(lun)]
      await admin('--op', 'update', ...unit, '--params', `scsi_id=other-${lun},scsi_sn=other`)
    },
    async addTarget(name, { user, password }) {
      await admin('--op', 'new', '--mode', 'target', '--tid', '2', '-T', name)
      await admin('--op', 'new', '--mode', 'account', '--user', user, '--password', password)
      await admin('--op', 'bind', '--mode', 'account', '--user', user, '--tid', '2')
      await admin('--op', 'bind', '--mode', 'target', '--tid', '2', '-I', 'ALL')
    },
    async unitSizes() {
      const shown = await admin('--op', 'show', '--mode', 'target')
      const [first = ''] = shown.split(/^Target 2:/m)
      const disks = first.matchAll(/LUN: (\d+)\n\s+Type: disk\n.*?Size: (\d+) MB/gs)
      return Object.fromEntries([...disks].map(([, lun, size]) => [lun, Number(size)]))
    },
    kill: () => tgtd.kill(),
    restart: start,
    async remove() {
      // It does not end by SIGTERM as long as it has a target.
      await tgtd.kill()
      await host.remove()
    },
  }
}
