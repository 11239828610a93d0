/** Plugin.diagnostics: what the disks run on, and what is attached on this host. */
import { blockDeviceLine, programLine, qemuStorageDaemon } from '../../src/engine/engines.ts'
import { attachedDisks } from '../../src/engine/qsd/datapath-diagnostics.ts'
import { hasTapCtl } from '../../src/engine/tap-ctl.ts'
import { type State, states } from './state.ts'

const TAP_CTL = { program: 'tap-ctl', package: 'blktap', versionArgument: null, purpose: 'for VHD images' } as const

export function diagnostics(scheme: string): string {
  const attached = states()
  return [
    blockDeviceLine(false),
    qemuStorageDaemon('for formats and options that the kernel does not have'),
    // It is not missing where it is not there: only hosts of Xen have it.
    ...(hasTapCtl() ? [programLine(TAP_CTL)] : []),
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
