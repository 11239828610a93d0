/** Plugin.diagnostics of a scheme whose disks live in a qemu-storage-daemon. */
import { canMakeBlockDevices } from './datapath-front.ts'
import { type DiskRecord, records } from './datapath-record.ts'

/** What is attached on this host, one line each. */
export function qsdDiagnostics(scheme: string): string {
  const attached = records(scheme)
  return [
    `block devices: ${canMakeBlockDevices() ? 'usable' : 'not usable by this user, so that disks are offered over NBD only'}`,
    ...(attached.length === 0 ? ['nothing is attached'] : attached.flatMap(describe)),
  ].join('\n')
}

function describe({ uri, domains }: DiskRecord): readonly string[] {
  return [...domains].map(([domain, state]) => `${uri}: domain ${domain} ${state}`)
}
