/** Plugin.diagnostics: what the disks run on, and what is attached on this host. */
import { blockDeviceLine, qemuStorageDaemon } from '../../src/engine/engines.ts'
import { attachedDisks } from '../../src/engine/qsd/datapath-diagnostics.ts'
import { type State, states } from './state.ts'

export function diagnostics(scheme: string): string {
  const attached = states()
  return [
    blockDeviceLine(false),
    qemuStorageDaemon('for formats and options that the kernel does not have'),
    ...(attached.length === 0 ? ['nothing is attached by the kernel'] : attached.flatMap(describe)),
    `in qemu-storage-daemon: ${attachedDisks(scheme)}`,
  ].join('\n')
}

function describe({ path, attachments }: State): readonly string[] {
  return attachments.map(
    ({ domain, options, state, device }) =>
      `${path}${options === '' ? '' : ` (${options})`}: domain ${domain} ${state}${device === undefined ? '' : ` through ${device}`}`,
  )
}
