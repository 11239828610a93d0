/** Plugin.diagnostics: what the disks run on, and what is attached on this host. */
import { kernelLine, programLine } from '../../src/engine/engines.ts'
import { qsdDiagnostics } from '../../src/engine/qsd/datapath-diagnostics.ts'
import { cifs } from '../../src/engine/smb/cifs.ts'
import { clientOf } from '../../src/engine/smb/clients.ts'

export function diagnostics(): string {
  const client = clientOf(undefined)
  const versionArgument = client === cifs ? '-V' : null
  const program = programLine({ program: client.program, package: client.package, versionArgument })
  const engines = client === cifs ? [kernelLine('cifs, the kernel’s client'), program] : [program]
  return qsdDiagnostics('smb', engines)
}
