/** Plugin.diagnostics: the state of every SR that is attached on this host. */
import { programLine } from '../../src/engine/engines.ts'
import { type Attachment, attachments } from './repository.ts'
import { unitsOf } from './stat.ts'

/** What the plugin runs on, and one line for each SR. */
export async function diagnostics(): Promise<string> {
  const lines = await Promise.all(attachments.all().map(describe))
  return [engineLine(), ...(lines.length === 0 ? ['no SR is attached'] : lines)].join('\n')
}

/** One of three tools from the same package; none of them tells its version. */
function engineLine(): string {
  return programLine({ program: 'iscsi-ls', package: 'libiscsi-bin', versionArgument: null })
}

async function describe(attachment: Attachment): Promise<string> {
  const { sr, uuid } = attachment
  try {
    const units = await unitsOf(attachment)
    return `${sr}: SR ${uuid}, logical units ${units.map(({ lun }) => lun).join(', ') || 'none'}`
  } catch (error) {
    return `${sr}: SR ${uuid}: ${error instanceof Error ? error.message : String(error)}`
  }
}
