/** Plugin.diagnostics: the state of every SR that is attached on this host. */
import { type Attachment, attachments } from './repository.ts'
import { unitsOf } from './stat.ts'

/** One line for each SR. */
export async function diagnostics(): Promise<string> {
  const lines = await Promise.all(attachments.all().map(describe))
  return lines.length === 0 ? 'no SR is attached' : lines.join('\n')
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
