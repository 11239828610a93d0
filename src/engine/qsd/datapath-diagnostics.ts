/** Plugin.diagnostics of a scheme whose disks live in a qemu-storage-daemon. */
import { blockDeviceLine, qemuStorageDaemon } from '../engines.ts'
import { type DiskRecord, records } from './datapath-record.ts'

/**
 * What it runs on, and what is attached on this host, one line each.
 * @param engines lines of engines.ts for what the scheme needs beside the daemon
 */
export function qsdDiagnostics(scheme: string, engines: readonly string[] = []): string {
  return [qemuStorageDaemon(), ...engines, blockDeviceLine(true), attachedDisks(scheme)].join('\n')
}

/** What is attached on this host. */
export function attachedDisks(scheme: string): string {
  const attached = records(scheme)
  return attached.length === 0 ? 'nothing is attached' : attached.flatMap(describe).join('\n')
}

function describe({ uri, domains }: DiskRecord): readonly string[] {
  return [...domains].map(([domain, state]) => `${uri}: domain ${domain} ${state}`)
}
