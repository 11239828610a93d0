/** Plugin.diagnostics: the state of every SR that is attached on this host. */
import { hasDeviceMapper } from '../../src/engine/lvm/device-mapper.ts'
import { type Attachment, attachments, headOf, identityOfAttached, pathsOf } from './repository.ts'
import { describeVolumes } from './stat.ts'

/** One paragraph for each SR. Names that users gave are left out: they may be personal. */
export function diagnostics(): string {
  const kernel = `device-mapper: ${hasDeviceMapper() ? 'yes' : 'no, volumes are parts of their physical volumes'}`
  const paragraphs = attachments.all().map(describe)
  return [kernel, ...(paragraphs.length === 0 ? ['no SR is attached'] : paragraphs)].join('\n')
}

function describe(attachment: Attachment): string {
  const { vg, uuid } = attachment
  const title = `${vg} on ${pathsOf(attachment).join(', ')}: SR ${uuid}`
  try {
    const { destroying, allocation } = identityOfAttached(attachment, headOf(attachment))
    const { volumes, damaged, others } = describeVolumes(attachment)
    return [
      `${title}, ${allocation}${destroying ? ', being destroyed' : ''}`,
      `  volumes ${volumes.length}, damaged ${damaged.length}`,
      ...damaged.map(({ message }) => `  ${message}`),
      ...(others.length === 0
        ? []
        : [`  ${others.length} being made, or left by killed calls: SR.attach removes those`]),
    ].join('\n')
  } catch (error) {
    return `${title}: ${error instanceof Error ? error.message : String(error)}`
  }
}
